package dev.sluice.agent.report;

import java.util.List;

/**
 * Answer to the request {@code liveness}: who is watched, how, and what came of it.
 *
 * @param watched service instances, then other nodes
 */
public record LivenessReport(List<WatchedReport> watched) {
    /**
     * A service instance or another node.
     *
     * @param kind instance, node, or routing: the internal service of another node that is the last hop of the flows which it classifies
     * @param name its name
     * @param node the other node that an instance is on; empty: this one, or a node itself
     * @param how how it is watched, in words
     * @param state alive, dead or unproven (not heard of yet); of nodes the state of BFD: up, init, down or admin-down
     * @param reason why it is dead, or what its node says of it; else empty
     * @param forMs how long it has been so, -1: since it is known here
     * @param roundTripUs the last round trip in microseconds, the longer one of both directions; -1: not measured
     * @param downs how often it was alive and then not, as seen here
     * @param misses probes that were not answered; -1: not counted
     */
    public record WatchedReport(
            String kind,
            String name,
            String node,
            String how,
            String state,
            String reason,
            long forMs,
            long roundTripUs,
            long downs,
            long misses) {}
}
