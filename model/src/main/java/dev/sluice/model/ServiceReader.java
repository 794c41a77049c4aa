package dev.sluice.model;

import dev.sluice.model.Service.Forwarding;
import dev.sluice.model.Service.Health;
import dev.sluice.model.Service.MtuAudit;
import dev.sluice.model.Service.Probe;
import dev.sluice.model.Service.Spec;
import dev.sluice.model.Service.Translation;
import dev.sluice.model.Service.Transport;
import dev.sluice.model.Service.UnmatchedReturn;
import java.util.List;

/** Reads {@link Service}. */
final class ServiceReader {
    private static final List<String> LATER_TRANSPORTS = List.of("gre", "nsh", "gwlb", "tunnel");

    private static final Field<Transport> TRANSPORT = Field.required(
            "transport",
            Types.word(List.of(Transport.values()), LATER_TRANSPORTS),
            "Frames towards a node: as they are, with one VLAN tag, with two, or over a pair of interfaces with dummy next hops"
                    + " (bump in the wire).");
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
    private static final Field<Health> HEALTH = Field.defaulted(
            "health",
            ObjectType.of(
                    v -> new Health(v.get(PROBE), v.get(INTERVAL), v.get(FAIL_AFTER)), PROBE, INTERVAL, FAIL_AFTER),
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
