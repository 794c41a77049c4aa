package dev.sluice.model;

import dev.sluice.model.Match.Context;
import dev.sluice.model.Match.Endpoint;
import dev.sluice.model.Match.Family;
import dev.sluice.model.Match.HashBuckets;
import dev.sluice.wire.IpPrefix;
import dev.sluice.wire.MacAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** Reads {@link Match} and refuses matches that no packet can satisfy. */
final class MatchReader {
    private static final int TCP = 6;
    private static final int UDP = 17;
    private static final int SCTP = 132;
    private static final int ICMP = 1;
    private static final int ICMPV6 = 58;
    private static final int ETHERTYPE_IPV4 = 0x0800;
    private static final int ETHERTYPE_IPV6 = 0x86dd;

    /** IANA protocol numbers of the words. */
    private static final Map<String, Integer> PROTOCOLS = new LinkedHashMap<>();

    static {
        PROTOCOLS.put("tcp", TCP);
        PROTOCOLS.put("udp", UDP);
        PROTOCOLS.put("icmp", ICMP);
        PROTOCOLS.put("icmpv6", ICMPV6);
        PROTOCOLS.put("sctp", SCTP);
        PROTOCOLS.put("gre", 47);
        PROTOCOLS.put("esp", 50);
    }

    private static final ValueType<Integer> PROTOCOL_TYPE = new ValueType<>() {
        private final ValueType<Integer> number = Types.integer(0, 255);

        @Override
        public @Nullable Integer read(FieldReader at) {
            YamlNode.Scalar scalar = at.scalar(allowed());
            if (scalar == null) {
                return null;
            }
            Integer known = PROTOCOLS.get(scalar.text());
            if (known != null) {
                return known;
            }
            if (Literals.integer(scalar.text()).isPresent()) {
                return number.read(at);
            }
            return at.refuse("is not a known protocol" + Spelling.hint(scalar.text(), PROTOCOLS.keySet()), allowed());
        }

        @Override
        public String allowed() {
            return String.join(", ", PROTOCOLS.keySet()) + ", 0..255";
        }

        @Override
        public Map<String, Object> schema() {
            return JsonSchema.either(JsonSchema.words(List.copyOf(PROTOCOLS.keySet())), number.schema());
        }
    };

    private static final Field<List<IpPrefix>> PREFIXES = Field.defaulted(
            "prefixes", Lists.of(Types.PREFIX, 1, 4096), List.of(), "every address", "Address blocks; one has to fit.");
    private static final Field<List<IntRange>> PORTS = Field.defaulted(
            "ports",
            Lists.of(Types.range(0, 65_535), 1, 4096),
            List.of(),
            "every port",
            "Port numbers; one has to fit. Needs protocol tcp, udp or sctp.");
    private static final ObjectType<Endpoint> ENDPOINT =
            ObjectType.of(v -> new Endpoint(v.get(PREFIXES), v.get(PORTS)), PREFIXES, PORTS);

    private static final Field<Integer> BUCKETS =
            Field.required("buckets", Types.integer(2, 4096), "Into how many shares flows are divided.");
    private static final Field<List<IntRange>> IN = Field.required(
            "in", Lists.of(Types.range(0, 4095), 1, 4096), "Which shares, counted from 0; below buckets.");

    private static final Field<Optional<Family>> FAMILY =
            Field.optional("family", Types.word(Family.class), "IP version.");
    private static final Field<Optional<Integer>> ETHER_TYPE = Field.optional(
            "etherType", Types.integer(0, 65_535), "Protocol number after all VLAN tags; 0x0806 is accepted too.");
    private static final Field<Optional<MacAddress>> SOURCE_MAC =
            Field.optional("sourceMac", Types.ANY_MAC, "Source MAC address.");
    private static final Field<Optional<MacAddress>> DESTINATION_MAC =
            Field.optional("destinationMac", Types.ANY_MAC, "Destination MAC address.");
    private static final Field<List<IntRange>> VLAN = vlan("vlan", "The only VLAN tag, or the outer one.");
    private static final Field<List<IntRange>> INNER_VLAN = vlan("innerVlan", "The inner VLAN tag.");
    private static final Field<Optional<Integer>> PROTOCOL =
            Field.optional("protocol", PROTOCOL_TYPE, "IP protocol, by name or number.");
    private static final Field<Optional<Integer>> DSCP =
            Field.optional("dscp", Types.integer(0, 63), "Differentiated services code point.");
    private static final Field<Endpoint> SOURCE =
            Field.defaulted("source", ENDPOINT, Endpoint.ANY, "", "Where the packet comes from.");
    private static final Field<Endpoint> DESTINATION =
            Field.defaulted("destination", ENDPOINT, Endpoint.ANY, "", "Where the packet goes.");
    private static final Field<Optional<HashBuckets>> HASH = Field.optional(
            "hash",
            ObjectType.of(MatchReader::hash, BUCKETS, IN),
            "A share of all flows; both directions of a flow are in the same share.");

    private static final ValueType<String> ATTRIBUTE = Types.checked(
            Context.allowed(),
            "is not the value of an attribute",
            JsonSchema.text(1, Context.VALUE_LENGTH_MAX),
            text -> Context.isValue(text) ? Optional.of(text) : Optional.empty());
    private static final Field<List<String>> APPLICATION = attribute("application", "The application");
    private static final Field<List<String>> GROUP = attribute("group", "The group");
    private static final Field<List<String>> USER = attribute("user", "The user");

    static final ObjectType<Match> MATCH = ObjectType.of(
            MatchReader::match,
            FAMILY,
            ETHER_TYPE,
            SOURCE_MAC,
            DESTINATION_MAC,
            VLAN,
            INNER_VLAN,
            PROTOCOL,
            DSCP,
            SOURCE,
            DESTINATION,
            HASH,
            APPLICATION,
            GROUP,
            USER);

    private MatchReader() {}

    private static Field<List<IntRange>> vlan(String name, String text) {
        return Field.defaulted(name, Lists.orOne(Types.range(1, 4094), 1, 4094), List.of(), "any or none", text);
    }

    private static Field<List<String>> attribute(String name, String subject) {
        String text = subject
                + " that `sluice attributes set` names for the flow, or for the port where it comes in; one has to fit.";
        return Field.defaulted(name, Lists.orOne(ATTRIBUTE, 1, 1024), List.of(), "any or none", text);
    }

    private static @Nullable HashBuckets hash(Values v) {
        int buckets = v.get(BUCKETS);
        List<IntRange> in = v.get(IN);
        boolean sound = true;
        for (int i = 0; i < in.size(); i++) {
            if (in.get(i).high() >= buckets) {
                v.refuse("in[" + i + "]", "is a share that does not exist", "0.." + (buckets - 1));
                sound = false;
            }
        }
        return sound ? new HashBuckets(buckets, in) : null;
    }

    private static @Nullable Match match(Values v) {
        boolean portsSound = portsHaveProtocol(v, "source", v.get(SOURCE));
        portsSound &= portsHaveProtocol(v, "destination", v.get(DESTINATION));
        if (!familiesAgree(v) || !portsSound) {
            return null;
        }
        return new Match(
                v.get(FAMILY),
                v.number(ETHER_TYPE),
                v.get(SOURCE_MAC),
                v.get(DESTINATION_MAC),
                v.get(VLAN),
                v.get(INNER_VLAN),
                v.number(PROTOCOL),
                v.number(DSCP),
                v.get(SOURCE),
                v.get(DESTINATION),
                v.get(HASH),
                new Context(v.get(APPLICATION), v.get(GROUP), v.get(USER)));
    }

    private static boolean portsHaveProtocol(Values v, String side, Endpoint endpoint) {
        OptionalInt protocol = v.number(PROTOCOL);
        boolean hasPorts = protocol.isPresent() && List.of(TCP, UDP, SCTP).contains(protocol.getAsInt());
        if (endpoint.ports().isEmpty() || hasPorts) {
            return true;
        }
        v.refuse(
                side + ".ports",
                "needs a protocol that has ports; add protocol to the match",
                "protocol tcp, udp, sctp");
        return false;
    }

    /**
     * A field that leaves room for one IP version only, or for both.
     *
     * @param prefixes the values, if the field is a list of address blocks
     */
    private record Claim(String field, String reason, boolean ipv4, boolean ipv6, List<IpPrefix> prefixes) {
        /** Whether this one has room for a version that the other has not. */
        boolean exceeds(Claim other) {
            return (ipv4 && !other.ipv4) || (ipv6 && !other.ipv6);
        }

        /** The field, or the first of its blocks that the other one excludes. */
        String culprit(Claim other) {
            for (int i = 0; i < prefixes.size(); i++) {
                if (prefixes.get(i).address().isIpv4() ? !other.ipv4 : !other.ipv6) {
                    return field + "[" + i + "]";
                }
            }
            return field;
        }
    }

    /** Whether every field leaves room for the IP versions of the fields before it. */
    private static boolean familiesAgree(Values v) {
        List<Claim> claims = claims(v);
        for (int i = 1; i < claims.size(); i++) {
            for (int j = 0; j < i; j++) {
                Claim earlier = claims.get(j);
                Claim later = claims.get(i);
                if (!agree(earlier, later)) {
                    String message = "no packet matches this, because " + earlier.reason;
                    v.refuse(later.culprit(earlier), message, "the same IP version");
                    return false;
                }
            }
        }
        return true;
    }

    private static List<Claim> claims(Values v) {
        List<Claim> claims = new ArrayList<>();
        if (v.get(FAMILY).isPresent()) {
            Family family = v.get(FAMILY).get();
            String reason = "family is " + family.word();
            claims.add(new Claim("family", reason, family == Family.IPV4, family == Family.IPV6, List.of()));
        }
        if (v.number(ETHER_TYPE).isPresent()) {
            int type = v.number(ETHER_TYPE).getAsInt();
            String reason = String.format("etherType is 0x%04x", type);
            claims.add(new Claim("etherType", reason, type == ETHERTYPE_IPV4, type == ETHERTYPE_IPV6, List.of()));
        }
        if (v.number(PROTOCOL).isPresent()) {
            int protocol = v.number(PROTOCOL).getAsInt();
            String reason = "protocol is " + protocol;
            claims.add(new Claim("protocol", reason, protocol != ICMPV6, protocol != ICMP, List.of()));
        }
        addClaim(claims, "source.prefixes", v.get(SOURCE).prefixes());
        addClaim(claims, "destination.prefixes", v.get(DESTINATION).prefixes());
        return claims;
    }

    private static void addClaim(List<Claim> claims, String field, List<IpPrefix> prefixes) {
        if (!prefixes.isEmpty()) {
            boolean ipv4 = prefixes.stream().anyMatch(prefix -> prefix.address().isIpv4());
            boolean ipv6 =
                    prefixes.stream().anyMatch(prefix -> !prefix.address().isIpv4());
            String versions = ipv4 && ipv6 ? "IPv4 and IPv6" : ipv4 ? "IPv4" : "IPv6";
            claims.add(new Claim(field, field + " are " + versions, ipv4, ipv6, prefixes));
        }
    }

    /** Two fields need a version in common; in a list, moreover, no block may be in vain. */
    private static boolean agree(Claim earlier, Claim later) {
        boolean common = (earlier.ipv4 && later.ipv4) || (earlier.ipv6 && later.ipv6);
        boolean laterInVain = !later.prefixes.isEmpty() && later.exceeds(earlier);
        boolean earlierInVain = !earlier.prefixes.isEmpty() && !later.prefixes.isEmpty() && earlier.exceeds(later);
        return common && !laterInVain && !earlierInVain;
    }
}
