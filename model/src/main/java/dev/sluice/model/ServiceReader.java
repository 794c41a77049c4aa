package dev.sluice.model;

import dev.sluice.model.Node.BfdKey;
import dev.sluice.model.Service.AmbiguousReturn;
import dev.sluice.model.Service.Bfd;
import dev.sluice.model.Service.Forwarding;
import dev.sluice.model.Service.Health;
import dev.sluice.model.Service.MtuAudit;
import dev.sluice.model.Service.OnReturn;
import dev.sluice.model.Service.Probe;
import dev.sluice.model.Service.Spec;
import dev.sluice.model.Service.Translation;
import dev.sluice.model.Service.Transport;
import dev.sluice.model.Service.UnmatchedReturn;
import dev.sluice.wire.IpAddress;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads {@link Service}. */
final class ServiceReader {
    private static final List<String> LATER_TRANSPORTS = List.of("tunnel");

    /** Probes are IPv4. */
    private static final ValueType<IpAddress> PROBE_ADDRESS = Types.checked(
            "unicast IPv4 address such as 169.254.83.76",
            "is not the IPv4 address of a host",
            JsonSchema.text(Types.ADDRESS_PATTERN),
            text -> IpAddress.parse(text)
                    .filter(ip -> ip.isIpv4()
                            && !ip.isMulticast()
                            && (ip.ipv4Bits() >>> 24) != 0
                            && (ip.ipv4Bits() >>> 24) != 127
                            && (ip.ipv4Bits() >>> 28) != 15));

    private static final Field<Transport> TRANSPORT = Field.required(
            "transport",
            Types.word(List.of(Transport.values()), LATER_TRANSPORTS),
            "Frames towards a node: as they are, with one VLAN tag, with two, over a pair of interfaces with dummy next hops"
                    + " (bump in the wire), or, to an address in the underlay, in Geneve with a network service header and all metadata"
                    + " (nsh, for nodes with an agent), the same in VXLAN-GPE (nsh-gpe) or, at an interface, right behind Ethernet (nsh-ethernet), or as"
                    + " gateway load balancers of clouds send them (gwlb, for appliances made for those), or as frames in GRE with a key"
                    + " for each side (gre), or in VXLAN with a virtual network for each side (vxlan).");
    private static final Field<Forwarding> FORWARDING = Field.defaulted(
            "forwarding", Types.word(Forwarding.class), Forwarding.BRIDGE, "Whether a node bridges or routes frames.");
    private static final Field<Translation> TRANSLATION = Field.defaulted(
            "translation",
            Types.word(Translation.class),
            Translation.NONE,
            "Whether a node rewrites addresses. learned: the reverse record gets the translated tuple; new-flow: the translated flow"
                    + " gets its own pair of records.");
    private static final Field<ServiceAction> ACTION = Field.defaulted(
            "action",
            Types.word(ServiceAction.class),
            ServiceAction.FORWARD,
            "A node gets the packets, or copies of them.");
    private static final Field<UnmatchedReturn> UNMATCHED_RETURN = Field.defaulted(
            "unmatchedReturn",
            Types.word(UnmatchedReturn.class),
            UnmatchedReturn.DROP,
            "What happens to packets from a node that belong to no known flow, such as those of its own. route: they are routed, unclassified, by the only router whose rules lead to the node with the tag that they have,"
                    + " on this host or another.");
    private static final Field<AmbiguousReturn> AMBIGUOUS_RETURN = Field.defaulted(
            "ambiguousReturn",
            Types.word(AmbiguousReturn.class),
            AmbiguousReturn.DROP,
            "unmatchedReturn: route: what happens to them if routers, pairs or switches of several hosts, or several of one, lead to the node with that tag. drop: RETURN_AMBIGUOUS; local: routed by the router of the node's host whose rules lead"
                    + " there, or if none does by the only one that the host has beside that of the underlay.");
    private static final Field<Probe> PROBE = Field.defaulted(
            "probe", Types.word(Probe.class), Health.DEFAULT.probe(), "What is checked to see that a node works.");
    private static final Field<Integer> INTERVAL = Field.defaulted(
            "intervalMs",
            Types.integer(10, 60_000),
            Health.DEFAULT.intervalMs(),
            Integer.toString(Health.DEFAULT.intervalMs()),
            "Milliseconds between two probes; of bfd between two packets, if the node does not ask for longer.");
    private static final Field<Integer> FAIL_AFTER = Field.defaulted(
            "failAfter",
            Types.integer(1, 100),
            Health.DEFAULT.failAfter(),
            Integer.toString(Health.DEFAULT.failAfter()),
            "So many probes lost in a row mean that the node is dead; of bfd the detection multiplier.");
    private static final Field<Integer> RECOVER_AFTER = Field.defaulted(
            "recoverAfter",
            Types.integer(1, 100),
            Health.DEFAULT.recoverAfter(),
            Integer.toString(Health.DEFAULT.recoverAfter()),
            "So many probes answered in a row mean that a dead node is alive again.");
    private static final Field<Integer> HOLD_DOWN = Field.defaulted(
            "holdDownMs",
            Types.integer(0, 600_000),
            Health.DEFAULT.holdDownMs(),
            Integer.toString(Health.DEFAULT.holdDownMs()),
            "How long a node that died twice within a minute has to answer before it serves again; doubled with each further death, at most 64 times. 0: never.");
    private static final Field<Optional<IpAddress>> SOURCE = Field.optional(
            "source",
            PROBE_ADDRESS,
            "Source address of probes that enter at side in, destination of those that enter at out. Without it 169.254.83.76; with nodes that route, the own address at in.");
    private static final Field<Optional<IpAddress>> DESTINATION = Field.optional(
            "destination",
            PROBE_ADDRESS,
            "Destination address of probes that enter at side in, source of those that enter at out. Without it 169.254.83.77; with nodes that route, the own address at out.");
    private static final Field<Optional<Integer>> PORT = Field.optional(
            "port",
            Types.integer(1, 65_535),
            "through: UDP port of probes, source and destination, without it " + Health.PORT_THROUGH
                    + "; tcp and http: TCP port of the node, without it " + Health.PORT_TCP + ".");
    private static final Field<String> PATH = Field.defaulted(
            "path",
            Types.checked(
                    "path such as /healthz, up to 255 printable ASCII characters without blanks",
                    "is no path of a request",
                    JsonSchema.text("/[!-~]{0,254}"),
                    ServiceReader::path),
            Health.DEFAULT.path(),
            Health.DEFAULT.path(),
            "http: what is asked for; an answer of 200 to 399 counts.");
    private static final Field<Optional<BfdKey>> KEY = Field.optional(
            "key",
            NodeReader.BFD_KEY,
            "Secret that this node and the service node sign their packets with (keyed SHA1).");
    private static final Field<Boolean> METICULOUS = Field.defaulted(
            "meticulous",
            Types.BOOLEAN,
            Bfd.DEFAULT.meticulous(),
            Boolean.toString(Bfd.DEFAULT.meticulous()),
            "Whether the sequence number of signed packets grows with each, so that none can be replayed; the node has to be set the same.");
    private static final Field<Integer> TTL_MIN = Field.defaulted(
            "ttlMin",
            Types.integer(1, 255),
            Bfd.DEFAULT.ttlMin(),
            Integer.toString(Bfd.DEFAULT.ttlMin()),
            "Lowest TTL or hop limit of packets from a node with endpoint that is behind routers: 255 less the routers between, if it sends with 255 as it should. A node on the link has to send with 255.");
    private static final Field<Bfd> BFD = Field.defaulted(
            "bfd",
            ObjectType.of(v -> new Bfd(v.get(KEY), v.get(METICULOUS), v.get(TTL_MIN)), KEY, METICULOUS, TTL_MIN),
            Bfd.DEFAULT,
            "",
            "bfd: how packets are to be.");
    private static final Field<Health> HEALTH = Field.defaulted(
            "health",
            ObjectType.of(
                    ServiceReader::health,
                    PROBE,
                    INTERVAL,
                    FAIL_AFTER,
                    RECOVER_AFTER,
                    HOLD_DOWN,
                    SOURCE,
                    DESTINATION,
                    PORT,
                    PATH,
                    BFD),
            Health.DEFAULT,
            "",
            "How a dead node is noticed.");

    private static final Field<MtuAudit> MTU_AUDIT = Field.defaulted(
            "mtuAudit",
            Types.word(MtuAudit.class),
            MtuAudit.REFUSE,
            "Whether a reload is refused, or only warned about, that inserts a node whose interfaces have a smaller MTU than the ports"
                    + " whose traffic it gets (tags, or a service header on Ethernet, included).");

    private static final Field<OnReturn> ON_RETURN = Field.defaulted(
            "onReturn",
            Types.word(OnReturn.class),
            OnReturn.NEW_FLOWS,
            "Which flows a node gets that serves again, or is new. new-flows: new ones only; rebalance: flows in progress move to it as well, until each node has its share."
                    + " For nodes that need not have seen the beginning of a connection. Flows of chains with a service that translates never move.");
    private static final Field<Optional<Integer>> MOVES_PER_SECOND = Field.optional(
            "movesPerSecond",
            Types.integer(1, Spec.MOVES_PER_SECOND_MAX),
            "rebalance: how many flows move in a second at most, without it " + Spec.MOVES_PER_SECOND_DEFAULT + ".");

    private static final Field<Optional<Integer>> MD_TYPE = Field.optional(
            "mdType",
            Types.integer(Spec.MD_TYPE_FIXED, Spec.MD_TYPE_DEFAULT),
            "Transports nsh, nsh-gpe and nsh-ethernet: metadata type of the network service header (RFC 8300), without it "
                    + Spec.MD_TYPE_DEFAULT
                    + ". 1: a fixed context of 16 bytes, for nodes that know no other; they say nothing of flows. 2: context headers with all metadata.");

    private static final Field<Optional<String>> IMAGE = Field.optional(
            "image",
            InstanceRuntimeReader.IMAGE_NAME,
            "What its instances are made from, in the words of whoever makes them: a container image, a file, a template of virtual machines. Instances that a ServiceDeployment makes have it in runtime.image,"
                    + " and are replaced one after the other when it changes; Sluice itself does not read it.");

    static final ObjectType<Spec> SPEC = ObjectType.of(
            ServiceReader::spec,
            TRANSPORT,
            MD_TYPE,
            FORWARDING,
            TRANSLATION,
            ACTION,
            UNMATCHED_RETURN,
            AMBIGUOUS_RETURN,
            HEALTH,
            MTU_AUDIT,
            ON_RETURN,
            MOVES_PER_SECOND,
            IMAGE);

    private ServiceReader() {}

    private static Health health(Values v) {
        return new Health(
                v.get(PROBE),
                v.get(INTERVAL),
                v.get(FAIL_AFTER),
                v.get(RECOVER_AFTER),
                v.get(HOLD_DOWN),
                v.get(SOURCE),
                v.get(DESTINATION),
                v.get(PORT).orElse(port(v.get(PROBE))),
                v.get(PATH),
                v.get(BFD));
    }

    private static int port(Probe probe) {
        return probe == Probe.TCP || probe == Probe.HTTP ? Health.PORT_TCP : Health.PORT_THROUGH;
    }

    private static Optional<String> path(String text) {
        boolean fits =
                text.startsWith("/") && text.length() <= 255 && text.chars().allMatch(c -> c > 0x20 && c < 0x7f);
        return fits ? Optional.of(text) : Optional.empty();
    }

    private static @Nullable Spec spec(Values v) {
        OnReturn onReturn = v.get(ON_RETURN);
        Optional<Integer> moves = v.get(MOVES_PER_SECOND);
        if (moves.isPresent() && onReturn != OnReturn.REBALANCE) {
            return v.refuse("movesPerSecond", "stands without onReturn: rebalance", "onReturn: rebalance beside it");
        }
        Optional<Integer> mdType = v.get(MD_TYPE);
        if (mdType.isPresent() && !v.get(TRANSPORT).isAware()) {
            return v.refuse(
                    "mdType",
                    "stands with transport " + v.get(TRANSPORT).word() + ", which has no network service header",
                    "no mdType, or transport nsh, nsh-gpe or nsh-ethernet");
        }
        if (v.get(AMBIGUOUS_RETURN) == AmbiguousReturn.LOCAL && v.get(UNMATCHED_RETURN) != UnmatchedReturn.ROUTE) {
            return v.refuse(
                    "ambiguousReturn", "stands without unmatchedReturn: route", "unmatchedReturn: route beside it");
        }
        if (onReturn == OnReturn.REBALANCE && v.get(TRANSLATION) != Translation.NONE) {
            return v.refuse(
                    "onReturn",
                    "is rebalance, but a node that translates is the only one that knows its flows",
                    OnReturn.NEW_FLOWS.word());
        }
        return new Spec(
                v.get(TRANSPORT),
                v.get(FORWARDING),
                v.get(TRANSLATION),
                v.get(ACTION),
                v.get(UNMATCHED_RETURN),
                v.get(AMBIGUOUS_RETURN),
                v.get(HEALTH),
                v.get(MTU_AUDIT),
                onReturn,
                moves.orElse(Spec.MOVES_PER_SECOND_DEFAULT),
                mdType.orElse(Spec.MD_TYPE_DEFAULT),
                v.get(IMAGE));
    }
}
