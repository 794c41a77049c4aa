package dev.sluice.datapath;

import dev.sluice.wire.IpAddress;

/**
 * How packets reach a service node that has an address in the underlay, instead of interfaces of this host (C5): the overlay goes on into the node.
 *
 * @param format what is put around packets
 * @param address the node's own; what comes from it is from the node, and from no other
 */
public record NodeTunnel(Format format, IpAddress address) {
    /** What is put around packets. */
    public enum Format {
        /** Geneve and a network service header with all metadata: the node is aware of service paths (C11). */
        NSH,

        /** Geneve with the options of cloud gateway load balancers, and IP packets without Ethernet header (X5). */
        GWLB
    }

    /** Whether packets come back without the Ethernet header that they had. */
    boolean losesEthernet() {
        return format == Format.GWLB;
    }
}
