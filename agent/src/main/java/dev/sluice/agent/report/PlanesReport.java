package dev.sluice.agent.report;

import java.util.List;

/**
 * Answer to the request {@code planes}: which routers of a node are on which service planes (V20).
 *
 * @param endpoint address that the planes' tunnels end at here; empty: the node has no underlay, its planes reach nodes of this host only
 * @param underlay name of the router that has the address; empty likewise
 * @param members one for each router and plane
 */
public record PlanesReport(String endpoint, String underlay, List<MemberReport> members) {
    /** Copies the list. */
    public PlanesReport {
        members = List.copyOf(members);
    }

    /**
     * A router, pair of ports or switch on a plane, since rules of it lead to chains that the plane carries.
     *
     * @param kind router, pair or switch
     * @param router its name; of a pair the names of both ports
     * @param tenant number that all nodes know it by on their planes, 32 bits; 0: the node has no underlay
     * @param svni virtual network of the plane, 1..16777215
     * @param attachment name of the ServiceAttachment that is the plane; empty: chains give the number themselves
     * @param chains names of the chains
     * @param ports names of the ports where the rules apply
     * @param interfaces Linux interfaces that lead to service nodes on this host
     * @param instances service nodes of the chains' paths: {@code fw-1}, of other hosts {@code fw-1@b}
     */
    public record MemberReport(
            String kind,
            String router,
            long tenant,
            int svni,
            String attachment,
            List<String> chains,
            List<String> ports,
            List<String> interfaces,
            List<String> instances) {
        /** Copies the lists. */
        public MemberReport {
            chains = List.copyOf(chains);
            ports = List.copyOf(ports);
            interfaces = List.copyOf(interfaces);
            instances = List.copyOf(instances);
        }
    }
}
