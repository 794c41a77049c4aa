package dev.sluice.datapath.snapshot;

import dev.sluice.wire.IpAddress;
import org.jspecify.annotations.Nullable;

/**
 * How packets reach a service node that gets more than the frame: the overlay goes on into the node (C5), which has an address in the underlay, or a port of this host.
 *
 * @param format what is put around packets
 * @param address the node's own in the underlay; what comes from it is from the node, and from no other. Null: the node is at the port of its sides
 * @param firstKey GRE key, or VXLAN network identifier, of side in: an even number; that of side out is the next one
 * @param fixedContext network service header: whether its metadata are of type 1, else of type 2 (RFC 8300 2.4, 2.5)
 */
public record NodeTunnel(Format format, @Nullable IpAddress address, int firstKey, boolean fixedContext) {
    /** Checks that there is an address exactly where the format needs one, and metadata where it has them. */
    public NodeTunnel {
        if ((address == null) != (format == Format.NSH_ETHERNET)) {
            throw new IllegalArgumentException(format + " with address " + address);
        }
        if (fixedContext && !isAware(format)) {
            throw new IllegalArgumentException(format + " has no service header");
        }
    }

    /** A tunnel with these keys, or with metadata of type 2. */
    public NodeTunnel(Format format, IpAddress address, int firstKey) {
        this(format, address, firstKey, false);
    }

    /** A tunnel without keys. */
    public NodeTunnel(Format format, IpAddress address) {
        this(format, address, 0);
    }

    /** To a node at a port of this host (RFC 8300). */
    public static NodeTunnel onEthernet() {
        return new NodeTunnel(Format.NSH_ETHERNET, null, 0, false);
    }

    /** The same for a node that knows metadata type 1 only. */
    public NodeTunnel withFixedContext() {
        return new NodeTunnel(format, address, firstKey, true);
    }

    /** What is put around packets. */
    public enum Format {
        /** Geneve and a network service header with all metadata: the node is aware of service paths (C11). */
        NSH,

        /** The same header in VXLAN-GPE. */
        NSH_GPE,

        /** The same header right behind Ethernet, on a port of this host: the node is told by its MAC address. */
        NSH_ETHERNET,

        /** Geneve with the options of cloud gateway load balancers, and IP packets without Ethernet header (X5). */
        GWLB,

        /** GRE with a key for each side, frames inside: a node without agent. */
        GRE,

        /** The same in VXLAN, with a virtual network for each side (RFC 7348). */
        VXLAN
    }

    /** Whether the node gets the network service header, and so is aware of service paths (C11). */
    public boolean isAware() {
        return isAware(format);
    }

    private static boolean isAware(Format format) {
        return switch (format) {
            case NSH, NSH_GPE, NSH_ETHERNET -> true;
            case GWLB, GRE, VXLAN -> false;
        };
    }

    /** Whether a tunnel stands for each side of the node. */
    public boolean hasTunnelForEachSide() {
        return format == Format.GRE || format == Format.VXLAN;
    }

    /** GRE key or virtual network of a side. */
    int key(int side) {
        return firstKey | side;
    }

    /** The side with that GRE key or virtual network, -1 if none. */
    public int sideOf(long key) {
        return key >> 1 == firstKey >> 1 ? (int) key & 1 : -1;
    }

    /** Whether packets come back with what tells flows of two tenants apart that have the same addresses. */
    public boolean tellsFlowsApart() {
        return !hasTunnelForEachSide();
    }

    /** Whether packets come back without the Ethernet header that they had. */
    boolean losesEthernet() {
        return format == Format.GWLB;
    }
}
