package dev.sluice.model;

import dev.sluice.model.Service.Forwarding;
import dev.sluice.model.Service.Health;
import dev.sluice.model.Service.MtuAudit;
import dev.sluice.model.Service.Probe;
import dev.sluice.model.Service.Spec;
import dev.sluice.model.Service.Translation;
import dev.sluice.model.Service.Transport;
import dev.sluice.model.Service.UnmatchedReturn;
import dev.sluice.wire.IpAddress;
import java.util.List;
import java.util.Optional;

/** Reads {@link Service}. */
final class ServiceReader {
    private static final List<String> LATER_TRANSPORTS = List.of("tunnel");

    /** Probes are IPv4. */
    private static final ValueType<IpAddress> PROBE_ADDRESS = Types.checked(
            "unicast IPv4 address such as 169.254.83.76",
            "is not the IPv4 address of a host",
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
                    + " gateway load balancers of clouds send them (gwlb, for appliances made for those), or as frames in GRE with a key for each side (gre).");
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
            "What happens to packets from a node that belong to no known flow.");
    private static final Field<Probe> PROBE = Field.defaulted(
            "probe", Types.word(Probe.class), Health.DEFAULT.probe(), "What is checked to see that a node works.");
    private static final Field<Integer> INTERVAL = Field.defaulted(
            "intervalMs",
            Types.integer(10, 60_000),
            Health.DEFAULT.intervalMs(),
            Integer.toString(Health.DEFAULT.intervalMs()),
            "Milliseconds between two probes.");
    private static final Field<Integer> FAIL_AFTER = Field.defaulted(
            "failAfter",
            Types.integer(1, 100),
            Health.DEFAULT.failAfter(),
            Integer.toString(Health.DEFAULT.failAfter()),
            "So many probes lost in a row mean that the node is dead.");
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
    private static final Field<Integer> PORT = Field.defaulted(
            "port",
            Types.integer(1, 65_535),
            Health.DEFAULT.port(),
            Integer.toString(Health.DEFAULT.port()),
            "UDP port of probes, source and destination.");
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
                    PORT),
            Health.DEFAULT,
            "",
            "How a dead node is noticed.");

    private static final Field<MtuAudit> MTU_AUDIT = Field.defaulted(
            "mtuAudit",
            Types.word(MtuAudit.class),
            MtuAudit.REFUSE,
            "Whether a reload is refused, or only warned about, that inserts a node whose interfaces have a smaller MTU than the ports"
                    + " whose traffic it gets (tags included).");

    static final ObjectType<Spec> SPEC = ObjectType.of(
            ServiceReader::spec, TRANSPORT, FORWARDING, TRANSLATION, ACTION, UNMATCHED_RETURN, HEALTH, MTU_AUDIT);

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
                v.get(PORT));
    }

    private static Spec spec(Values v) {
        return new Spec(
                v.get(TRANSPORT),
                v.get(FORWARDING),
                v.get(TRANSLATION),
                v.get(ACTION),
                v.get(UNMATCHED_RETURN),
                v.get(HEALTH),
                v.get(MTU_AUDIT));
    }
}
