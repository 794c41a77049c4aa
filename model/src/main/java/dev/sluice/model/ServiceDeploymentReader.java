package dev.sluice.model;

import dev.sluice.model.InstanceRuntime.Command;
import dev.sluice.model.InstanceRuntime.Hook;
import dev.sluice.model.ServiceDeployment.ByAgent;
import dev.sluice.model.ServiceDeployment.Making;
import dev.sluice.model.ServiceDeployment.Mode;
import dev.sluice.model.ServiceDeployment.OfPlaces;
import dev.sluice.model.ServiceDeployment.Place;
import dev.sluice.model.ServiceDeployment.Placement;
import dev.sluice.model.ServiceDeployment.Spec;
import dev.sluice.model.ServiceDeployment.Spread;
import dev.sluice.model.ServiceDeployment.Template;
import dev.sluice.model.ServiceInstance.PacketCap;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Reads {@link ServiceDeployment}. */
final class ServiceDeploymentReader {
    private static final long SECOND_NS = 1_000_000_000L;
    private static final long DAY_NS = 86_400 * SECOND_NS;

    private static final Field<List<String>> HOSTS = Field.defaulted(
            "hosts",
            Lists.orOne(Types.NAME, 0, 4096),
            List.of(),
            "any",
            "Names of Nodes where instances may be; without it every Node, or those of cluster.");
    private static final Field<Optional<String>> CLUSTER = Field.optional(
            "cluster",
            Types.text(63),
            "Only Nodes whose label `cluster` says this; hosts given besides are a choice among these.");
    private static final Field<Spread> SPREAD = Field.defaulted(
            "spread",
            Types.word(Spread.class),
            Spread.PREFER_HOSTS,
            "prefer-hosts: two instances share a host only if there are not enough of them; hosts: never, what finds no host of its own is not made.");
    private static final ObjectType<Placement> PLACEMENT_TYPE =
            ObjectType.of(v -> new Placement(v.get(HOSTS), v.get(CLUSTER), v.get(SPREAD)), HOSTS, CLUSTER, SPREAD);

    private static final Field<String> PLACE_NODE =
            Field.required("node", Types.NAME, "Host whose interfaces lead to the node.");
    private static final Field<String> PLACE_IN = Field.required("in", Types.INTERFACE, "Interface of side in.");
    private static final Field<Optional<String>> PLACE_OUT =
            Field.optional("out", Types.INTERFACE, "Interface of side out; without it the node is one-armed.");
    private static final ObjectType<Place> PLACE = ObjectType.of(
            v -> new Place(v.get(PLACE_NODE), v.get(PLACE_IN), v.get(PLACE_OUT)), PLACE_NODE, PLACE_IN, PLACE_OUT);

    private static final Field<String> SERVICE =
            Field.required("service", Types.reference(Kind.SERVICE), "What kind of nodes these are.");
    private static final Field<Mode> MODE = Field.defaulted(
            "mode",
            Types.word(Mode.class),
            Mode.ACTIVE_ACTIVE,
            "Which instances have flows. standalone: there is one. active-standby: the one with the lowest number that is alive; the others stand by, in chains with selection nearest (their metric is their number less 1)."
                    + " active-active: all.");
    private static final Field<Optional<Integer>> REPLICAS = Field.optional(
            "replicas",
            Types.integer(0, ServiceDeployment.REPLICAS_MAX),
            "How many instances; 1 if neither this nor autoscale says, with mode active-standby 2.");
    private static final Field<Optional<Autoscale>> AUTOSCALE = Field.optional(
            "autoscale", AutoscaleReader.AUTOSCALE, "Their number follows the load, instead of replicas.");
    private static final Field<Placement> PLACEMENT =
            Field.defaulted("placement", PLACEMENT_TYPE, Placement.ANYWHERE, "", "On which hosts.");
    private static final Field<Optional<Command>> COMMAND = Field.optional(
            "command",
            InstanceRuntimeReader.COMMAND,
            "Each instance is this process, in a network namespace of its own. Exactly one of command, hook and existing.");
    private static final Field<Optional<Hook>> HOOK =
            Field.optional("hook", InstanceRuntimeReader.HOOK, "Each instance is made by this program.");
    private static final Field<Optional<List<Place>>> EXISTING = Field.optional(
            "existing",
            Lists.of(PLACE, 1, 4096),
            "Each instance takes one of these places, where a node runs already.");
    private static final Field<Integer> ARMS = Field.defaulted(
            "arms",
            Types.integer(1, 2),
            2,
            "2",
            "command, hook: interfaces of an instance; with 1, packets go and come back on the same.");
    private static final Field<Integer> WEIGHT = Field.defaulted(
            "weight", Types.integer(1, 1000), 1, "1", "Share of new flows of each instance, as in ServiceInstance.");
    private static final Field<Optional<Integer>> PACKETS_PER_SECOND = Field.optional(
            "packetsPerSecondMax",
            Types.integer(1, PacketCap.MAX),
            "Packets per second that each instance is sent at most, as in ServiceInstance.");
    private static final Field<Long> DRAIN = Field.defaulted(
            "drainDeadline",
            Types.durationNs(0, DAY_NS),
            300 * SECOND_NS,
            "5m",
            "How long an instance that is to go keeps the flows that it has, until it goes with them. It goes as soon as it has none.");
    private static final Field<Long> REPLACE = Field.defaulted(
            "replaceAfter",
            Types.durationNs(SECOND_NS, DAY_NS),
            120 * SECOND_NS,
            "2m",
            "How long an instance may be not ready, or its host away and nobody else say that it serves, until another takes its place.");

    static final ObjectType<Spec> SPEC = ObjectType.of(
            ServiceDeploymentReader::spec,
            SERVICE,
            MODE,
            REPLICAS,
            AUTOSCALE,
            PLACEMENT,
            COMMAND,
            HOOK,
            EXISTING,
            ARMS,
            WEIGHT,
            PACKETS_PER_SECOND,
            DRAIN,
            REPLACE);

    private ServiceDeploymentReader() {}

    private static @Nullable Spec spec(Values v) {
        List<Making> makings = Stream.of(
                        v.get(COMMAND).map(ByAgent::new),
                        v.get(HOOK).map(ByAgent::new),
                        v.get(EXISTING).map(OfPlaces::new))
                .<Making>flatMap(Optional::stream)
                .toList();
        if (makings.size() != 1) {
            String message = makings.isEmpty()
                    ? "has neither command nor hook nor existing"
                    : "says in more than one way how instances are made";
            return v.refuse("", message, "exactly one of command, hook, existing");
        }
        if (v.get(REPLICAS).isPresent() && v.get(AUTOSCALE).isPresent()) {
            return v.refuse(
                    "replicas", "stands beside autoscale, which decides the number", "one of replicas, autoscale");
        }
        Mode mode = v.get(MODE);
        if (mode != Mode.ACTIVE_ACTIVE && v.get(AUTOSCALE).isPresent()) {
            return v.refuse(
                    "autoscale",
                    "stands with mode " + mode.word() + ", in which one instance has all flows",
                    "no autoscale, or mode " + Mode.ACTIVE_ACTIVE.word());
        }
        int replicas = v.get(REPLICAS).orElse(mode == Mode.ACTIVE_STANDBY ? 2 : 1);
        if (mode == Mode.STANDALONE && replicas > 1) {
            return v.refuse("replicas", "is more than one with mode " + mode.word(), "0..1, or another mode");
        }
        Optional<PacketCap> cap =
                v.get(PACKETS_PER_SECOND).map(rate -> new PacketCap(rate, PacketCap.usualBurst(rate)));
        return new Spec(
                v.get(SERVICE),
                mode,
                replicas,
                v.get(AUTOSCALE),
                v.get(PLACEMENT),
                new Template(makings.getFirst(), v.get(ARMS), v.get(WEIGHT), cap),
                v.get(DRAIN),
                v.get(REPLACE));
    }
}
