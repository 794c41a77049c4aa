package dev.sluice.liveness;

import dev.sluice.wire.Arp;
import dev.sluice.wire.EtherTypes;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.Ipv6;
import dev.sluice.wire.Layouts;
import dev.sluice.wire.NeighborDiscovery;
import java.lang.foreign.MemorySegment;

/**
 * The question for the MAC address of a node as a probe (docs/reference/probes.md): an ARP request (RFC 826), or a neighbour solicitation (RFC 4861 7.3.3). It goes to the MAC address that is known, not to
 * all: what is to be found out is whether packets that are sent there find the node. Immutable but for what it writes into the caller's memory; allocates nothing.
 *
 * @param outerTag TPID and VLAN id of the outer or only tag, 0 for none
 * @param innerTag the same for the inner tag
 * @param own who asks, of the same family as the node's
 * @param node the address asked for
 */
public record NeighborQuestion(int outerTag, int innerTag, IpAddress own, IpAddress node) {
    /** Shortest Ethernet frame without FCS. */
    private static final int FRAME_BYTES_MIN = 60;

    private static final int MAC_OPTION_BYTES = 8;

    /** Bytes of the frame without FCS. */
    public int bytes() {
        return Math.max(FRAME_BYTES_MIN, usedBytes());
    }

    private int usedBytes() {
        int question = own.isIpv4() ? Arp.BYTES : Ipv6.BYTES + NeighborDiscovery.NEIGHBOR_BYTES + MAC_OPTION_BYTES;
        return IpFrame.ethernetBytes(outerTag, innerTag) + question;
    }

    /**
     * Writes all but the MAC addresses of the Ethernet header.
     *
     * @param ownMac the asking port's
     */
    public void write(MemorySegment f, long start, long ownMac) {
        boolean four = own.isIpv4();
        IpFrame.writeEthernet(f, start, outerTag, innerTag, four ? EtherTypes.ARP : EtherTypes.IPV6);
        long at = start + IpFrame.ethernetBytes(outerTag, innerTag);
        if (four) {
            Arp.write(f, at, Arp.REQUEST, ownMac, own.ipv4Bits(), 0, node.ipv4Bits());
        } else {
            NeighborDiscovery.writeSolicitation(
                    f, at, own.hi(), own.lo(), node.hi(), node.lo(), node.hi(), node.lo(), ownMac);
        }
        // What frames before have left there is nobody's business.
        for (long pad = start + usedBytes(); pad < start + bytes(); pad++) {
            Layouts.putU8(f, pad, 0);
        }
    }
}
