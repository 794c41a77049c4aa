package dev.sluice.agent.report;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Answer to the request {@code status}.
 *
 * @param node name of the node
 * @param version version of this program
 * @param uptimeMs time since the node started
 * @param generation generation of the snapshot in force
 * @param configuration where it came from, and what is wrong with the files as they are now
 * @param ports ports with a device
 * @param instances service instances of this node, and those of other nodes that it can use
 * @param peers the other nodes that it shares instances with
 * @param chains chains and their paths
 * @param segments logical switches
 * @param rebalances the latest time that flows of chains were spread anew
 * @param totals sums over the node
 * @param fastPath what the kernel repeats
 */
public record StatusReport(
        String node,
        String version,
        long uptimeMs,
        int generation,
        ConfigurationReport configuration,
        List<PortReport> ports,
        List<InstanceReport> instances,
        PeersReport peers,
        List<ChainReport> chains,
        List<SegmentReport> segments,
        List<RebalanceReport> rebalances,
        TotalsReport totals,
        FastPathReport fastPath) {
    /**
     * The configuration.
     *
     * @param source file or directory
     * @param appliedAt when the snapshot in force was made, ISO 8601
     * @param problem why the files as they are now are not applied; empty if they are
     * @param warnings doubtful things in the configuration that is applied
     * @param revision its number in the history
     * @param notices what a person should know of it: why another revision than the files runs, what waits for a confirmation, what is not safe
     */
    public record ConfigurationReport(
            String source,
            String appliedAt,
            String problem,
            List<String> warnings,
            int revision,
            List<String> notices) {}

    /**
     * A port.
     *
     * @param name the Port's name, or the interface's for service ports
     * @param interfaceName Linux interface
     * @param role router, transparent, switch or service
     * @param description driver and why it was chosen, or why the port is deaf
     * @param up whether frames can cross it
     * @param reason why it is not up, else empty
     * @param fastPath whether the kernel repeats journeys there
     * @param counters frames and bytes
     */
    public record PortReport(
            String name,
            String interfaceName,
            String role,
            String description,
            boolean up,
            String reason,
            boolean fastPath,
            PortCountersReport counters) {}

    /** Counters of a port, as in {@link dev.sluice.datapath.packet.PortCounters}, and the packets from it that were dropped for a reason. */
    public record PortCountersReport(
            long receivedFrames,
            long receivedBytes,
            long sentFrames,
            long sentBytes,
            long kernelDropped,
            long receiveDropped,
            long sendDropped,
            long dropped) {}

    /**
     * A service instance.
     *
     * @param name its name
     * @param service its service
     * @param node the other node that it is on; empty: this one
     * @param alive whether it serves
     * @param adminUp whether it gets new flows
     * @param adminState up, down, drain or maintenance; gone: the objects have it no longer, it serves for a while what is left
     * @param adminStateGiven whether an operator gave it that state at run time, over what the files say
     * @param reason why it is dead, else empty
     * @param sent packets sent to it, forward and reverse
     * @param returned packets that came back, forward and reverse
     * @param copies copies sent to it
     * @param copiesLost copies that could not be sent
     * @param flows flows whose path leads through it, -1 if the worker did not say in time
     * @param capped packets and copies dropped because of its cap
     * @param probe what probes say, null if it is not probed
     * @param told what its node says of it, if another one has it: alive, dead, nothing; empty: that node is silent
     */
    public record InstanceReport(
            String name,
            String service,
            String node,
            boolean alive,
            boolean adminUp,
            String adminState,
            boolean adminStateGiven,
            String reason,
            List<Long> sent,
            List<Long> returned,
            long copies,
            long copiesLost,
            long flows,
            long capped,
            @Nullable ProbeReport probe,
            String told) {}

    /**
     * A chain.
     *
     * @param name its name
     * @param onFailure closed or open
     * @param strategy round-robin, any, local or cluster
     * @param selection round-robin, least-flows or nearest
     * @param paths paths that take new flows, then those that only keep the flows they have
     */
    public record ChainReport(
            String name, String onFailure, String strategy, String selection, List<PathReport> paths) {}

    /**
     * A path.
     *
     * @param name {@code chain[fw-1,ips-2]}
     * @param weight share of new flows
     * @param metric how far away it is
     * @param draining takes no new flows here
     * @param backup takes new flows when none of the better ones is alive
     * @param active flows that have this path now
     * @param flows flows that were given this path
     * @param uninspected packets that went on without at least one of their services
     */
    public record PathReport(
            String name,
            int weight,
            int metric,
            boolean draining,
            boolean backup,
            int active,
            long flows,
            long uninspected) {}

    /**
     * A logical switch.
     *
     * @param name its name
     * @param vni its virtual network
     * @param ports names of its ports here
     * @param nodes names of the other nodes that have ports of it
     * @param macs MAC addresses that it knows here
     */
    public record SegmentReport(String name, int vni, List<String> ports, List<String> nodes, int macs) {}

    /**
     * Sums.
     *
     * @param frames frames received
     * @param uninspected packets that went on without at least one of their services
     * @param dropped packets dropped, for any reason
     * @param connections connections in the table
     * @param connectionsMax room of the table
     * @param faults defects of this program that were survived; anything but 0 is worth a report
     */
    public record TotalsReport(
            long frames, long uninspected, long dropped, int connections, int connectionsMax, long faults) {}
}
