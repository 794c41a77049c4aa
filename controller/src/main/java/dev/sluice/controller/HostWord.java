package dev.sluice.controller;

import dev.sluice.southbound.Report;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;

/**
 * What a host says of instances, as of its last report.
 *
 * @param node its name
 * @param connected whether its agent is; if not, nothing is said
 * @param reportedNs when the report came, by the controller's clock
 * @param loads what passes instances, by name
 * @param runs how far instances are that its agent makes, by name
 * @param alive whether instances of its own serve, by name
 */
public record HostWord(
        String node,
        boolean connected,
        long reportedNs,
        Map<String, Load> loads,
        Map<String, Run> runs,
        Map<String, Health> alive) {
    /** Copies the maps. */
    public HostWord {
        loads = Map.copyOf(loads);
        runs = Map.copyOf(runs);
        alive = Map.copyOf(alive);
    }

    /**
     * What passes an instance.
     *
     * @param flows of this host whose path leads through it; -1: not known
     * @param packets sent to it since the node started
     * @param here whether it is on this host, so that all its packets are counted here
     */
    public record Load(long flows, long packets, boolean here) {}

    /** How far an agent is with an instance. */
    public enum Phase {
        /** It is being made. */
        STARTING,

        /** It runs. */
        RUNNING,

        /** It cannot be made, or has ended; that is tried again. */
        FAILED,

        /** It is being removed. */
        STOPPING
    }

    /**
     * An instance that an agent makes.
     *
     * @param message why it does not run
     * @param cpuPermille processor time that it uses, in thousandths of one core; empty: not known
     * @param restarts how often it was started anew
     */
    public record Run(Phase phase, String message, OptionalInt cpuPermille, int restarts) {}

    static HostWord of(String node, boolean connected, Report report, long reportedNs) {
        Map<String, Load> loads = new TreeMap<>();
        report.getLoadsList()
                .forEach(load -> loads.put(
                        load.getName(),
                        new Load(load.getFlowsUnknown() ? -1 : load.getFlows(), load.getPackets(), load.getHere())));
        Map<String, Run> runs = new TreeMap<>();
        report.getRuntimesList()
                .forEach(run -> runs.put(
                        run.getName(),
                        new Run(
                                switch (run.getPhase()) {
                                    case RUNNING -> Phase.RUNNING;
                                    case FAILED -> Phase.FAILED;
                                    case STOPPING -> Phase.STOPPING;
                                    case STARTING, PHASE_UNSPECIFIED, UNRECOGNIZED -> Phase.STARTING;
                                },
                                AgentText.cut(run.getMessage()),
                                run.hasCpuPermille() ? OptionalInt.of(run.getCpuPermille()) : OptionalInt.empty(),
                                run.getRestarts())));
        Map<String, Health> alive = new TreeMap<>();
        report.getInstancesList()
                .forEach(instance -> alive.put(
                        instance.getName(),
                        new Health(node, instance.getAlive(), AgentText.cut(instance.getReason()))));
        return new HostWord(node, connected, reportedNs, loads, runs, alive);
    }
}
