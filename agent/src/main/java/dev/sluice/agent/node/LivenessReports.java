package dev.sluice.agent.node;

import dev.sluice.agent.compile.CompiledNode;
import dev.sluice.agent.instances.InstanceWatch;
import dev.sluice.agent.report.InstanceEntry;
import dev.sluice.agent.report.LivenessReport;
import dev.sluice.agent.report.LivenessReport.WatchedReport;
import dev.sluice.agent.report.PathsReport.RoutingReport;
import dev.sluice.agent.report.PeersReport.PeerReport;
import dev.sluice.agent.report.ProbeReport;
import dev.sluice.agent.worker.Worker;
import dev.sluice.datapath.liveness.Liveness;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Says of each service instance and each other node who watches it, how, and what came of it. Any thread. */
final class LivenessReports {
    private final Worker worker;
    private final InstanceWatch watch;
    private final Liveness liveness;

    LivenessReports(Worker worker, InstanceWatch watch, Liveness liveness) {
        this.worker = worker;
        this.watch = watch;
        this.liveness = liveness;
    }

    LivenessReport of(CompiledNode node) {
        long nowNs = System.nanoTime();
        List<WatchedReport> watched = new ArrayList<>();
        node.instances().forEach(instance -> watched.add(instance(instance, nowNs)));
        worker.peers().report().peers().forEach(peer -> {
            watched.add(peer(peer));
            watched.add(routing(peer, node));
        });
        return new LivenessReport(watched);
    }

    /** The internal service of another node that is first and last hop of the flows which it classifies. */
    private WatchedReport routing(PeerReport peer, CompiledNode node) {
        RoutingReport routing = RoutingStates.of(peer, liveness, node);
        return new WatchedReport(
                "routing",
                peer.name(),
                peer.name(),
                "BFD of its node",
                routing.state(),
                routing.reason(),
                peer.forMs(),
                -1,
                peer.downs(),
                -1);
    }

    private WatchedReport instance(InstanceEntry instance, long nowNs) {
        int number = instance.number();
        @Nullable ProbeReport probe = worker.prober().report(number, nowNs);
        boolean alive = liveness.instanceAlive(number);
        String said = worker.peers().words(number);
        String reason = alive ? (said.isEmpty() ? "" : "it says: " + said) : watch.deadReason(number);
        return new WatchedReport(
                "instance",
                instance.name(),
                instance.host(),
                how(instance, probe) + (instance.lingers() ? "; gone from the objects" : ""),
                alive ? liveness.isProven(number) ? "alive" : "unproven" : "dead",
                reason,
                watch.aliveForMs(number, nowNs),
                probe == null
                        ? -1
                        : probe.roundTripUs().stream()
                                .mapToLong(Long::longValue)
                                .max()
                                .orElse(-1),
                watch.downs(number),
                probe == null || probe.lost().isEmpty()
                        ? -1
                        : probe.lost().stream().mapToLong(Long::longValue).sum());
    }

    private static String how(InstanceEntry instance, @Nullable ProbeReport probe) {
        if (instance.remote()) {
            return "its node tells";
        }
        String probes = probe == null
                ? ""
                : probe.note().isEmpty() ? "probes (" + probe.kind() + ")" : "BFD (" + probe.note() + ")";
        if (instance.ports().isEmpty()) {
            return probe == null ? "not at all: reached through the underlay" : probes;
        }
        return probe == null ? "links" : "links, " + probes;
    }

    private static WatchedReport peer(PeerReport peer) {
        String told = peer.toldMs() < 0 ? "never told states" : "";
        return new WatchedReport(
                "node",
                peer.name(),
                "",
                "BFD" + (peer.multihop() ? " over routers" : "") + (peer.signed() ? ", signed" : "")
                        + (peer.detectionMs() > 0 ? ", " + peer.detectionMs() + " ms" : ""),
                peer.state(),
                peer.state().equals("up") ? told : peer.diagnosis(),
                peer.forMs(),
                -1,
                peer.downs(),
                -1);
    }
}
