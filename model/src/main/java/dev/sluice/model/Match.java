package dev.sluice.model;

import dev.sluice.wire.IpPrefix;
import dev.sluice.wire.MacAddress;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Which packets a rule means: those that satisfy every field that is given; none given means every packet.
 *
 * @param family IP version
 * @param etherType protocol number after all VLAN tags, 0..65535
 * @param sourceMac source MAC address
 * @param destinationMac destination MAC address
 * @param vlan identifiers of the only or outer VLAN tag, 1..4094; empty list: any, also untagged
 * @param innerVlan identifiers of the inner VLAN tag; empty list: any
 * @param protocol IP protocol, 0..255
 * @param dscp differentiated services code point, 0..63 (RFC 2474)
 * @param source source addresses and ports
 * @param destination destination addresses and ports
 * @param hash a share of all flows
 * @param context contextual attributes
 */
public record Match(
        Optional<Family> family,
        OptionalInt etherType,
        Optional<MacAddress> sourceMac,
        Optional<MacAddress> destinationMac,
        List<IntRange> vlan,
        List<IntRange> innerVlan,
        OptionalInt protocol,
        OptionalInt dscp,
        Endpoint source,
        Endpoint destination,
        Optional<HashBuckets> hash,
        Context context) {
    /** Every packet. */
    public static final Match ANY = new Match(
            Optional.empty(),
            OptionalInt.empty(),
            Optional.empty(),
            Optional.empty(),
            List.of(),
            List.of(),
            OptionalInt.empty(),
            OptionalInt.empty(),
            Endpoint.ANY,
            Endpoint.ANY,
            Optional.empty(),
            Context.ANY);

    /** Checks the ranges and copies the lists. */
    public Match {
        Checks.requireRange("etherType", etherType.orElse(0), 0, 65_535);
        Checks.requireRange("protocol", protocol.orElse(0), 0, 255);
        Checks.requireRange("dscp", dscp.orElse(0), 0, 63);
        vlan = List.copyOf(vlan);
        innerVlan = List.copyOf(innerVlan);
    }

    /**
     * One end of a flow.
     *
     * @param prefixes address blocks, any of them; empty: every address
     * @param ports port ranges in 0..65535, any of them; empty: every port
     */
    public record Endpoint(List<IpPrefix> prefixes, List<IntRange> ports) {
        /** Every address and port. */
        public static final Endpoint ANY = new Endpoint(List.of(), List.of());

        /** Copies the lists. */
        public Endpoint {
            prefixes = List.copyOf(prefixes);
            ports = List.copyOf(ports);
        }
    }

    /**
     * What an attribute source says of a flow or of the port where it comes in; of each list one value has to fit, an empty one means any or none.
     *
     * @param applications names of applications
     * @param groups names of groups
     * @param users names of users
     */
    public record Context(List<String> applications, List<String> groups, List<String> users) {
        /** Any attributes or none. */
        public static final Context ANY = new Context(List.of(), List.of(), List.of());

        /** Most characters of a value. */
        public static final int VALUE_LENGTH_MAX = 253;

        /** Checks the values and copies the lists. */
        public Context {
            applications = checked("application", applications);
            groups = checked("group", groups);
            users = checked("user", users);
        }

        private static List<String> checked(String field, List<String> values) {
            for (String value : values) {
                if (!isValue(value)) {
                    throw new IllegalArgumentException(field + ": not " + allowed());
                }
            }
            return List.copyOf(values);
        }

        /** Whether a text can be the value of an attribute. */
        public static boolean isValue(String text) {
            return !text.isBlank()
                    && text.length() <= VALUE_LENGTH_MAX
                    && text.strip().equals(text)
                    && text.chars().noneMatch(Character::isISOControl);
        }

        /** What {@link #isValue} asks for, in words. */
        public static String allowed() {
            return "text of 1.." + VALUE_LENGTH_MAX
                    + " characters without control characters and without spaces at its ends";
        }
    }

    /**
     * A share of all flows: those whose symmetric hash modulo buckets is in one of the ranges.
     *
     * @param buckets 2..4096
     * @param in bucket numbers, 0..buckets-1
     */
    public record HashBuckets(int buckets, List<IntRange> in) {
        /** Checks the ranges and copies the list. */
        public HashBuckets {
            Checks.requireRange("buckets", buckets, 2, 4096);
            for (IntRange range : in) {
                Checks.requireRange("bucket", range.low(), 0, buckets - 1);
                Checks.requireRange("bucket", range.high(), 0, buckets - 1);
            }
            in = List.copyOf(in);
        }
    }

    /** IP version. */
    public enum Family implements Word {
        /** IPv4. */
        IPV4("ipv4"),

        /** IPv6. */
        IPV6("ipv6");

        private final String word;

        Family(String word) {
            this.word = word;
        }

        @Override
        public String word() {
            return word;
        }
    }
}
