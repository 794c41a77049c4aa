package dev.sluice.datapath;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Writes the frames that ask for neighbours: ARP requests (RFC 826) and neighbour solicitations (RFC 4861 4.3). Allocates nothing.
 */
final class NeighborsFrames {
    static final int ETHERNET_BYTES = 14;
    static final int ETHERTYPE_ARP = 0x0806;
    static final int ETHERTYPE_IPV6 = 0x86dd;
    static final int ARP_BYTES = 28;
    static final int IPV6_BYTES = 40;
    static final int ICMPV6 = 58;
    static final int SOLICITATION = 135;
    static final int ADVERTISEMENT = 136;

    /** Bytes of a solicitation or advertisement without options. */
    static final int ND_BYTES = 24;

    /** Bytes of a link-layer address option of Ethernet. */
    static final int OPTION_BYTES = 8;

    static final int OPTION_SOURCE_MAC = 1;
    static final int OPTION_TARGET_MAC = 2;

    /** Shortest Ethernet frame without FCS; shorter ones are padded with zeros. */
    static final int FRAME_BYTES_MIN = 60;

    static final long ALL_NODES_HI = 0xff02_0000_0000_0000L;
    static final long ALL_NODES_LO = 1;

    /** ff02::1:ff00:0/104 (RFC 4291 2.7.1); the last 24 bits are those of the address asked for. */
    static final long SOLICITED_NODE_LO = 0x0000_0001_ff00_0000L;

    private static final ValueLayout.OfShort BE16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfInt BE32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfLong BE64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private NeighborsFrames() {}

    /** Writes a whole frame with an ARP request; its bytes. */
    static int writeArpRequest(MemorySegment f, long base, long toMac, long ownMac, int ownIp, int askedIp) {
        f.asSlice(base, FRAME_BYTES_MIN).fill((byte) 0);
        putEthernet(f, base, toMac, ownMac, ETHERTYPE_ARP);
        long arp = base + ETHERNET_BYTES;
        putArpHead(f, arp, 1);
        putMac(f, arp + 8, ownMac);
        put32(f, arp + 14, ownIp);
        put32(f, arp + 24, askedIp);
        return FRAME_BYTES_MIN;
    }

    /** Writes hardware type, protocol type, lengths and operation of an ARP packet. */
    static void putArpHead(MemorySegment f, long arp, int operation) {
        put64(f, arp, 0x0001_0800_0604_0000L | operation);
    }

    /** Writes a whole frame with a neighbour solicitation that carries the own MAC; its bytes. */
    static int writeSolicitation(
            MemorySegment f,
            long base,
            long toMac,
            long ownMac,
            long ownHi,
            long ownLo,
            long toHi,
            long toLo,
            long askedHi,
            long askedLo) {
        putEthernet(f, base, toMac, ownMac, ETHERTYPE_IPV6);
        long ip = base + ETHERNET_BYTES;
        put64(f, ip, 6L << 60 | (long) (ND_BYTES + OPTION_BYTES) << 16 | ICMPV6 << 8 | 255);
        put64(f, ip + 8, ownHi);
        put64(f, ip + 16, ownLo);
        put64(f, ip + 24, toHi);
        put64(f, ip + 32, toLo);
        long icmp = ip + IPV6_BYTES;
        put64(f, icmp, (long) SOLICITATION << 56);
        put64(f, icmp + 8, askedHi);
        put64(f, icmp + 16, askedLo);
        putOption(f, icmp + ND_BYTES, OPTION_SOURCE_MAC, ownMac);
        putChecksum(f, ip, ND_BYTES + OPTION_BYTES);
        return ETHERNET_BYTES + IPV6_BYTES + ND_BYTES + OPTION_BYTES;
    }

    static void putEthernet(MemorySegment f, long base, long toMac, long fromMac, int etherType) {
        putMac(f, base, toMac);
        putMac(f, base + 6, fromMac);
        put16(f, base + 12, etherType);
    }

    static void putOption(MemorySegment f, long at, int type, long mac) {
        put16(f, at, type << 8 | 1);
        putMac(f, at + 2, mac);
    }

    /** Completes the checksum of an ICMPv6 message right behind the IPv6 header. */
    static void putChecksum(MemorySegment f, long ip, int icmpBytes) {
        put16(f, ip + IPV6_BYTES + 2, 0);
        put16(f, ip + IPV6_BYTES + 2, ~sum(f, ip, icmpBytes) & 0xffff);
    }

    /** One's complement sum over the pseudo-header (RFC 8200 8.1) and an ICMPv6 message; 0xffff if its checksum is right. */
    static int sum(MemorySegment f, long ip, int icmpBytes) {
        long sum = (long) icmpBytes + ICMPV6;
        long end = ip + IPV6_BYTES + icmpBytes;
        long at = ip + 8;
        for (; at + 1 < end; at += 2) {
            sum += get16(f, at);
        }
        if (at < end) {
            sum += get8(f, at) << 8;
        }
        while (sum >>> 16 != 0) {
            sum = (sum & 0xffff) + (sum >>> 16);
        }
        return (int) sum;
    }

    static int get8(MemorySegment f, long at) {
        return f.get(ValueLayout.JAVA_BYTE, at) & 0xff;
    }

    static int get16(MemorySegment f, long at) {
        return f.get(BE16, at) & 0xffff;
    }

    static int get32(MemorySegment f, long at) {
        return f.get(BE32, at);
    }

    static long get64(MemorySegment f, long at) {
        return f.get(BE64, at);
    }

    static long getMac(MemorySegment f, long at) {
        return (long) get16(f, at) << 32 | (get32(f, at + 2) & 0xffff_ffffL);
    }

    static void put16(MemorySegment f, long at, int value) {
        f.set(BE16, at, (short) value);
    }

    static void put32(MemorySegment f, long at, int value) {
        f.set(BE32, at, value);
    }

    static void put64(MemorySegment f, long at, long value) {
        f.set(BE64, at, value);
    }

    static void putMac(MemorySegment f, long at, long mac) {
        put16(f, at, (int) (mac >>> 32));
        put32(f, at + 2, (int) mac);
    }
}
