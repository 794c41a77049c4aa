package dev.sluice.datapath.packet;

import dev.sluice.wire.EtherTypes;
import dev.sluice.wire.Ethernet;
import dev.sluice.wire.Icmpv6;
import dev.sluice.wire.IpProtocols;
import java.lang.foreign.MemorySegment;

/**
 * What a frame of a transparent port is that is not unicast IP, and which kinds a port does not let in (X11; packet-life.md, transparent ports). Stateless.
 */
public enum NonUnicast {
    /** ARP and RARP. */
    ARP,
    /** Neighbour solicitation and advertisement, redirect (RFC 4861). */
    NEIGHBOR_DISCOVERY,
    /** Router solicitation and advertisement (RFC 4861). */
    ROUTER_ADVERTISEMENT,
    /** DHCP and DHCPv6 to all (RFC 2131, RFC 8415). */
    DHCP,
    /** IP packets to a group. */
    MULTICAST,
    /** IPv4 packets to 255.255.255.255. */
    BROADCAST,
    /** Spanning tree (IEEE 802.1D, 802.1Q provider bridges, and the per-VLAN kind of one vendor). */
    STP,
    /** Slow protocols: LACP and its relatives (IEEE 802.3 57A). */
    LACP,
    /** LLDP (IEEE 802.1AB). */
    LLDP,
    /** Everything else that is not IP. */
    OTHER;

    private static final int RARP = 0x8035;
    private static final int SLOW_PROTOCOLS = 0x8809;
    private static final int LLDP_TYPE = 0x88cc;
    private static final long BRIDGE_GROUP = 0x0180_c200_0000L;
    private static final long PROVIDER_BRIDGE_GROUP = 0x0180_c200_0008L;
    private static final long PER_VLAN_GROUP = 0x0100_0ccc_cccdL;
    private static final int ROUTER_ADVERTISEMENT_LAST = 134;

    /** The bit of this kind in {@code PortEntry.refusedKinds}. */
    @SuppressWarnings("EnumOrdinal") // the mask lives no longer than the process
    public int bit() {
        return 1 << ordinal();
    }

    /** The kind of a parsed frame that is not unicast IP. */
    public static NonUnicast of(Batch b, int i, MemorySegment memory) {
        int parsed = b.parsed[i];
        if ((parsed & Parser.IP) != 0) {
            return ofIp(b, i, memory, parsed);
        }
        return switch (b.etherType[i]) {
            case EtherTypes.ARP, RARP -> ARP;
            case SLOW_PROTOCOLS -> LACP;
            case LLDP_TYPE -> LLDP;
            default -> isSpanningTree(Ethernet.destination(memory, b.start[i])) ? STP : OTHER;
        };
    }

    private static boolean isSpanningTree(long to) {
        return to == BRIDGE_GROUP || to == PROVIDER_BRIDGE_GROUP || to == PER_VLAN_GROUP;
    }

    private static NonUnicast ofIp(Batch b, int i, MemorySegment memory, int parsed) {
        if ((parsed & Parser.NEIGHBOR_DISCOVERY) != 0) {
            int type = Icmpv6.type(memory, b.start[i] + b.l4[i]);
            return type <= ROUTER_ADVERTISEMENT_LAST ? ROUTER_ADVERTISEMENT : NEIGHBOR_DISCOVERY;
        }
        boolean v4 = (parsed & Parser.IPV4) != 0;
        if (b.protocol[i] == IpProtocols.UDP && isDhcp(b.destinationPort[i], v4)) {
            return DHCP;
        }
        return v4 && (int) b.destinationLo[i] == -1 ? BROADCAST : MULTICAST;
    }

    /** Ports 67 and 68, or 546 and 547. */
    private static boolean isDhcp(int port, boolean v4) {
        return v4 ? port == 67 || port == 68 : port == 546 || port == 547;
    }
}
