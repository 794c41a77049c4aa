package dev.sluice.datapath;

import dev.sluice.wire.IpAddress;

/**
 * How packets reach a service node that has an address in the underlay, instead of interfaces of this host (C5): the overlay goes on into the node.
 *
 * @param format what is put around packets
 * @param address the node's own; what comes from it is from the node, and from no other
 * @param firstKey GRE: key of side in, an even number; that of side out is the next one
 */
public record NodeTunnel(Format format, IpAddress address, int firstKey) {
    /** A tunnel without keys. */
    public NodeTunnel(Format format, IpAddress address) {
        this(format, address, 0);
    }

    /** What is put around packets. */
    public enum Format {
        /** Geneve and a network service header with all metadata: the node is aware of service paths (C11). */
        NSH,

        /** Geneve with the options of cloud gateway load balancers, and IP packets without Ethernet header (X5). */
        GWLB,

        /** GRE with a key for each side, frames inside: a node without agent. */
        GRE
    }

    /** GRE key of a side. */
    int key(int side) {
        return firstKey | side;
    }

    /** The side with that GRE key, -1 if none. */
    int sideOf(long key) {
        return key >> 1 == firstKey >> 1 ? (int) key & 1 : -1;
    }

    /** Whether packets come back with what tells flows of two tenants apart that have the same addresses. */
    boolean tellsFlowsApart() {
        return format != Format.GRE;
    }

    /** Whether packets come back without the Ethernet header that they had. */
    boolean losesEthernet() {
        return format == Format.GWLB;
    }
}
