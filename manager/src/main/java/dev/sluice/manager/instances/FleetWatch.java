package dev.sluice.manager.instances;

import dev.sluice.controller.Health;
import dev.sluice.controller.HostWord;
import dev.sluice.controller.NodeState;
import dev.sluice.controller.NodeState.Progress;
import dev.sluice.controller.ObjectState;
import dev.sluice.manager.instances.Member.State;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** Follows what is seen of instances over time: how far each is, since when it is not ready, since when it has no flow. One thread; forgets what it is not asked for. */
final class FleetWatch {
    /** So long an instance stays when no host has a flow of it any more: longer than packets are inside it. */
    static final long SETTLE_NS = 1_000_000_000L;

    private final Map<String, Watched> watched = new HashMap<>();

    /** What is remembered of an instance. */
    private static final class Watched {
        long notReadySinceNs = Long.MIN_VALUE;
        long knownSinceNs = Long.MIN_VALUE;
        long emptySinceNs = Long.MIN_VALUE;
        long packets = -1;
        long packetsNs;
        double packetsPerSecond = -1;

        /** The drain that is under way; null: none. */
        @Nullable
        Instant draining;

        long drainingSinceNs;
    }

    /**
     * What passes an instance.
     *
     * @param flows as its own host counts them, which has a record of each, whoever classified it; -1: not known
     * @param records of flows on all hosts, some of them twice; -1: not known
     * @param packetsPerSecond sent to it; negative: not known
     * @param cpuPermille of one core; empty: not known
     */
    record Load(long flows, long records, double packetsPerSecond, OptionalInt cpuPermille) {}

    /**
     * How far an instance is.
     *
     * @param reason why it is no further
     */
    record Condition(State state, String reason) {}

    /** Forgets the others. */
    void keepOnly(Collection<String> names) {
        watched.keySet().retainAll(names);
    }

    private Watched watched(String name) {
        return watched.computeIfAbsent(name, _ -> new Watched());
    }

    /**
     * How far an instance is that nobody takes out of use.
     *
     * @param made whether its host's agent makes it
     */
    static Condition condition(Sight sight, String name, String node, boolean made) {
        HostWord host = sight.hosts().get(node);
        if (host == null || !host.connected()) {
            return new Condition(State.UNKNOWN, "the agent of " + node + " is not connected");
        }
        Optional<NodeState> applied = Optional.ofNullable(sight.states().get(name)).stream()
                .flatMap(state -> state.nodes().stream())
                .filter(each -> each.node().equals(node))
                .findFirst();
        if (applied.isEmpty() || applied.get().progress() != Progress.APPLIED) {
            Progress progress = applied.map(NodeState::progress).orElse(Progress.UNDER_WAY);
            boolean failed = progress == Progress.REFUSED || progress == Progress.HELD_UP;
            return new Condition(
                    failed ? State.FAILED : State.PENDING,
                    node + ": " + applied.map(NodeState::message).orElse("has not been told yet"));
        }
        HostWord.Run run = host.runs().get(name);
        if (made && (run == null || run.phase() != HostWord.Phase.RUNNING)) {
            if (run != null && run.phase() == HostWord.Phase.FAILED) {
                return new Condition(State.FAILED, node + ": " + run.message());
            }
            return new Condition(State.STARTING, node + " is making it");
        }
        Health alive = host.alive().get(name);
        if (alive == null || !alive.good()) {
            return new Condition(
                    State.STARTING,
                    alive == null
                            ? node + " says nothing of it yet"
                            : node + ": it does not serve: " + alive.message());
        }
        return new Condition(State.READY, "");
    }

    /** For how long an instance has not been ready, by what is told here. */
    long notReadyNs(String name, boolean ready, long nowNs) {
        Watched of = watched(name);
        if (ready) {
            of.notReadySinceNs = Long.MIN_VALUE;
            return 0;
        }
        if (of.notReadySinceNs == Long.MIN_VALUE) {
            of.notReadySinceNs = nowNs;
        }
        return nowNs - of.notReadySinceNs;
    }

    /** What passes an instance. */
    Load load(Sight sight, String name, String node) {
        long records = 0;
        for (HostWord host : sight.hosts().values()) {
            HostWord.Load load = host.loads().get(name);
            if (load != null) {
                records = load.flows() < 0 || records < 0 ? -1 : records + load.flows();
            }
        }
        Watched of = watched(name);
        HostWord host = sight.hosts().get(node);
        HostWord.Load here = host == null ? null : host.loads().get(name);
        if (host == null || here == null || !host.connected()) {
            of.packets = -1;
            of.packetsPerSecond = -1;
        } else if (of.packets < 0 || here.packets() < of.packets) {
            of.packets = here.packets();
            of.packetsNs = host.reportedNs();
            of.packetsPerSecond = -1;
        } else if (host.reportedNs() > of.packetsNs) {
            of.packetsPerSecond = (here.packets() - of.packets) * 1e9 / (host.reportedNs() - of.packetsNs);
            of.packets = here.packets();
            of.packetsNs = host.reportedNs();
        }
        HostWord.Run run = host == null ? null : host.runs().get(name);
        return new Load(
                here == null ? -1 : here.flows(),
                records,
                of.packetsPerSecond,
                run == null ? OptionalInt.empty() : run.cpuPermille());
    }

    /**
     * Why an instance that is draining need not stay; empty: it has to. How long it has been draining is what is seen here, by a clock that does not jump: a manager that takes over
     * gives all the time anew.
     *
     * @param since when the drain began, as the instance says: another one is another drain
     */
    String mayGo(Sight sight, String name, long records, Instant since, long deadlineNs, long nowNs) {
        Watched of = watched(name);
        if (!since.equals(of.draining)) {
            of.draining = since;
            of.drainingSinceNs = nowNs;
            of.knownSinceNs = Long.MIN_VALUE;
            of.emptySinceNs = Long.MIN_VALUE;
        }
        if (!everyHostKnows(sight, name)) {
            of.knownSinceNs = Long.MIN_VALUE;
        } else if (of.knownSinceNs == Long.MIN_VALUE) {
            of.knownSinceNs = nowNs;
        }
        if (records == 0 && of.knownSinceNs != Long.MIN_VALUE && everyHostHasCounted(sight, name, of.knownSinceNs)) {
            if (of.emptySinceNs == Long.MIN_VALUE) {
                of.emptySinceNs = nowNs;
            }
            if (nowNs - of.emptySinceNs >= SETTLE_NS) {
                return "no flow is left";
            }
        } else {
            of.emptySinceNs = Long.MIN_VALUE;
        }
        boolean over = nowNs - of.drainingSinceNs >= deadlineNs;
        return over
                ? "the time to drain is over, with " + (records < 0 ? "an unknown number of" : records) + " flows left"
                : "";
    }

    /** Whether each host that has the instance knows that it is to get no new flows: one that does not may give it one at any moment. */
    private static boolean everyHostKnows(Sight sight, String name) {
        ObjectState state = sight.states().get(name);
        return state != null
                && !state.nodes().isEmpty()
                && state.nodes().stream()
                        .allMatch(node -> node.progress() == Progress.APPLIED && sight.isConnected(node.node()));
    }

    /** Whether each host has counted its flows since it gives it no new ones: a count of none is then the last. */
    private static boolean everyHostHasCounted(Sight sight, String name, long sinceNs) {
        ObjectState state = sight.states().get(name);
        return state != null
                && state.nodes().stream()
                        .map(node -> sight.hosts().get(node.node()))
                        .allMatch(host -> host != null && host.reportedNs() > sinceNs);
    }
}
