package dev.sluice.agent.node;

import dev.sluice.agent.compile.CompiledNode;
import dev.sluice.agent.report.PathsReport.RoutingReport;
import dev.sluice.agent.report.PeersReport.PeerReport;
import dev.sluice.agent.worker.Worker;
import dev.sluice.datapath.liveness.Liveness;
import java.util.List;

/** What a node knows of the internal service "routing" of the others: first and last hop of the flows that they classify (V31). Stateless. */
final class RoutingStates {
    private RoutingStates() {}

    /** That of each other node. */
    static List<RoutingReport> of(Worker worker, Liveness liveness, CompiledNode node) {
        return worker.peers().report().peers().stream()
                .map(peer -> of(peer, liveness, node))
                .toList();
    }

    /** That of one. */
    static RoutingReport of(PeerReport peer, Liveness liveness, CompiledNode node) {
        boolean alive = node.snapshot().plane().peers().stream()
                .filter(each -> each.name().equals(peer.name()))
                .allMatch(each -> liveness.isRouting(each.index()));
        boolean heard = peer.state().equals("up") || peer.downs() > 0;
        return new RoutingReport(
                peer.name(), alive ? heard ? "alive" : "unproven" : "dead", alive ? "" : "its node does not answer");
    }
}
