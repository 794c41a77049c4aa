package dev.sluice.agent.report;

import java.util.List;

/**
 * Answer to the requests {@code paths} and {@link #STATES_REQUEST}.
 *
 * @param paths the paths of all chains as this node sees them, chain by chain
 * @param routing what the other nodes are as first and last hop of the flows that they classify
 */
public record PathsReport(List<PathReport> paths, List<RoutingReport> routing) {
    /** The request for paths without what they carry, which costs the worker nothing. */
    public static final String STATES_REQUEST = "path-states";

    /** Copies the lists. */
    public PathsReport {
        paths = List.copyOf(paths);
        routing = List.copyOf(routing);
    }

    /**
     * The internal service "routing" of another node (V31).
     *
     * @param node name of the node
     * @param state alive, dead or unproven (not heard of yet)
     * @param reason why it is dead, else empty
     */
    public record RoutingReport(String node, String state, String reason) {}

    /**
     * A path.
     *
     * @param chain name of its chain
     * @param name {@code chain[fw-1,ips-2]}
     * @param forwardSpi service path identifier of forward packets in tunnels, 0: other nodes do not know the path
     * @param reverseSpi that of reverse packets
     * @param vni virtual network of the tunnels, -1: other nodes do not know the path
     * @param mode direct or hub, empty: other nodes do not know the path
     * @param routers names of the routers, pairs and switches of this node whose rules lead to it: its first and last hop; none: only other nodes classify for it
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
            List<String> routers,
            List<HopReport> hops,
            int weight,
            int metric,
            String state,
            String reason,
            long flows,
            List<Long> packets,
            List<Long> bytes,
            long given,
            long uninspected) {
        /** Copies the lists. */
        public PathReport {
            routers = List.copyOf(routers);
            hops = List.copyOf(hops);
            packets = List.copyOf(packets);
            bytes = List.copyOf(bytes);
        }

        /** What happens to packets, if their rule does not say, when routing is dead at the node that they have to go back to: what happens at the last hop; empty: not known. */
        public String onRoutingFailure() {
            return hops.isEmpty() ? "" : hops.getLast().onFailure();
        }
    }

    /**
     * A service node of a path.
     *
     * @param service name of the service
     * @param instance name of the instance
     * @param node the other node that it is on; empty: this one
     * @param copy it gets copies only
     * @param alive whether it serves
     * @param visits which directions visit it: both, forward or reverse
     * @param onFailure closed or open: what happens to packets if it is dead and their rule does not say; copies never decide that
     * @param sent packets that this node of Sluice sent to it, on all paths that it is on in this way, forward and reverse; to one on another node: into the tunnel
     * @param returned packets that came back from it, likewise; those of a node elsewhere come back only where their last tunnel ends
     */
    public record HopReport(
            String service,
            String instance,
            String node,
            boolean copy,
            boolean alive,
            String visits,
            String onFailure,
            List<Long> sent,
            List<Long> returned) {
        /** Copies the lists. */
        public HopReport {
            sent = List.copyOf(sent);
            returned = List.copyOf(returned);
        }
    }
}
