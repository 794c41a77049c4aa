package dev.sluice.agent.report;

import java.util.List;

/**
 * Answer to the request {@code paths}.
 *
 * @param paths the paths of all chains as this node sees them, chain by chain
 */
public record PathsReport(List<PathReport> paths) {
    /**
     * A path.
     *
     * @param chain name of its chain
     * @param name {@code chain[fw-1,ips-2]}
     * @param forwardSpi service path identifier of forward packets in tunnels, 0: other nodes do not know the path
     * @param reverseSpi that of reverse packets
     * @param vni virtual network of the tunnels, -1: other nodes do not know the path
     * @param mode direct or hub, empty: other nodes do not know the path
     * @param hops its service nodes in forward order
     * @param weight share of new flows
     * @param metric how far away it is
     * @param state in use, backup, dead, awaited, resting, kept or retired
     * @param reason why new flows do not get it, or are about not to; else empty
     * @param flows flows in the table that have it, also those of other nodes that are served here; -1: the worker did not say in time
     * @param packets packets of these flows, forward and reverse
     * @param bytes bytes of these flows, likewise
     * @param given flows that were given the path here since it came
     * @param uninspected packets that went on without at least one of its services
     */
    public record PathReport(
            String chain,
            String name,
            int forwardSpi,
            int reverseSpi,
            int vni,
            String mode,
            List<HopReport> hops,
            int weight,
            int metric,
            String state,
            String reason,
            long flows,
            List<Long> packets,
            List<Long> bytes,
            long given,
            long uninspected) {}

    /**
     * A service node of a path.
     *
     * @param service name of the service
     * @param instance name of the instance
     * @param node the other node that it is on; empty: this one
     * @param copy it gets copies only
     * @param alive whether it serves
     * @param sent packets that this node of Sluice sent to it, on all paths that it is on in this way, forward and reverse; to one on another node: into the tunnel
     * @param returned packets that came back from it, likewise; those of a node elsewhere come back only where their last tunnel ends
     */
    public record HopReport(
            String service,
            String instance,
            String node,
            boolean copy,
            boolean alive,
            List<Long> sent,
            List<Long> returned) {
        /** Copies the lists. */
        public HopReport {
            sent = List.copyOf(sent);
            returned = List.copyOf(returned);
        }
    }
}
