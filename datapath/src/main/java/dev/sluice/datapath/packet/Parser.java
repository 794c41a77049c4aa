package dev.sluice.datapath.packet;

import dev.sluice.wire.EtherTypes;
import dev.sluice.wire.Ethernet;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.IpProtocols;
import dev.sluice.wire.Ipv4;
import dev.sluice.wire.Ipv6;
import dev.sluice.wire.Ipv6Extensions;
import dev.sluice.wire.Layouts;
import dev.sluice.wire.MacAddress;
import dev.sluice.wire.Malformed;
import dev.sluice.wire.Tcp;
import dev.sluice.wire.Udp;
import dev.sluice.wire.VlanTag;
import java.lang.foreign.MemorySegment;

/**
 * First stage: reads headers into the arrays of the batch (packet-life.md, parse). One user: the worker.
 *
 * <p>Hot path: called once per group of a batch, no allocation, no exceptions: every read lies behind a length check. Cost: about one cache line of each frame.
 */
public final class Parser {
    /** {@link Batch#parsed} bit: IPv4. */
    public static final int IPV4 = 1;

    /** {@link Batch#parsed} bit: IPv6. */
    public static final int IPV6 = 2;

    /** {@link Batch#parsed} bit: a fragment, first or later. */
    public static final int FRAGMENT = 4;

    /** {@link Batch#parsed} bit: ARP. */
    public static final int ARP = 8;

    /** {@link Batch#parsed} bit: ICMPv6 of type 133..137. */
    public static final int NEIGHBOR_DISCOVERY = 16;

    /** {@link Batch#parsed} bit: the destination MAC is a group address. */
    public static final int GROUP_MAC = 32;

    /** {@link Batch#parsed} bit: ICMP or ICMPv6 echo request. */
    public static final int ECHO_REQUEST = 64;

    /** {@link Batch#parsed} bit: the destination address is multicast or 255.255.255.255. */
    public static final int GROUP_ADDRESS = 128;

    /**
     * {@link Batch#parsed} bit: group MAC and group address, truly a packet for many. A unicast packet in a frame to many is not: receivers take it, so it is treated as unicast.
     */
    public static final int GROUP = 256;

    /** {@link Batch#parsed} bit: a fragment that is not the first, and so without transport header. */
    public static final int LATER_FRAGMENT = 512;

    /** {@link Batch#parsed} bit: an ICMP or ICMPv6 error that quotes a packet: unreachable, too big, time exceeded, parameter problem. */
    public static final int ICMP_ERROR = 1024;

    /** {@link Batch#parsed} bits of either IP version. */
    public static final int IP = IPV4 | IPV6;

    private static final int TAG_BYTES = 4;
    private static final int ICMP_BYTES = 8;
    private static final int SCTP_BYTES = 12;
    private static final int GRE_BYTES = 4;
    private static final int NEIGHBOR_DISCOVERY_FIRST = 133;
    private static final int NEIGHBOR_DISCOVERY_LAST = 137;

    private final MemorySegment memory;

    public Parser(MemorySegment memory) {
        this.memory = memory;
    }

    /** Parses the frames of some slots of the batch. */
    public void parse(Batch b, int from, int end) {
        for (int i = from; i < end; i++) {
            parseOne(b, i);
        }
    }

    /** Parses one frame of the batch. */
    public void parseOne(Batch b, int i) {
        int plain = PlainPackets.parse(b, i, memory);
        b.parsed[i] = plain != PlainPackets.OTHER ? plain : parseClosely(b, i);
    }

    private static int malformed(DropReason reason) {
        return -1 - reason.index();
    }

    /** The long way, for every kind of frame. */
    int parseClosely(Batch b, int i) {
        MemorySegment m = memory;
        long start = b.start[i];
        int length = b.length[i];
        clear(b, i);
        if (length < Ethernet.BYTES) {
            return malformed(DropReason.FRAME_TRUNCATED);
        }
        if ((Ethernet.source(m, start) & MacAddress.GROUP_BIT) != 0) {
            return malformed(DropReason.SOURCE_MAC_INVALID);
        }
        b.sourceMac[i] = Ethernet.source(m, start);
        b.destinationMac[i] = Ethernet.destination(m, start);
        int result = (b.destinationMac[i] & MacAddress.GROUP_BIT) != 0 ? GROUP_MAC : 0;
        int type = Ethernet.etherType(m, start);
        int l3 = Ethernet.BYTES;
        for (int tags = 0; tags < 2 && VlanTag.isTagType(type); tags++) {
            if (length < l3 + TAG_BYTES) {
                return malformed(DropReason.FRAME_TRUNCATED);
            }
            int tag = type << 16 | Layouts.u16(m, start + l3);
            if (tags == 0) {
                b.outerTag[i] = tag;
            } else {
                b.innerTag[i] = tag;
            }
            type = Layouts.u16(m, start + l3 + 2);
            l3 += TAG_BYTES;
        }
        b.l3[i] = l3;
        b.etherType[i] = type;
        if (type == EtherTypes.IPV4) {
            return parseIpv4(b, i, m, result | IPV4);
        }
        if (type == EtherTypes.IPV6) {
            return parseIpv6(b, i, m, result | IPV6);
        }
        return type == EtherTypes.ARP ? result | ARP : result;
    }

    private static void clear(Batch b, int i) {
        b.l3[i] = Ethernet.BYTES;
        b.l4[i] = 0;
        b.etherType[i] = 0;
        b.outerTag[i] = 0;
        b.innerTag[i] = 0;
        b.sourcePort[i] = 0;
        b.destinationPort[i] = 0;
        b.protocol[i] = 0;
        b.tcpFlags[i] = 0;
        b.dscp[i] = 0;
        b.hash[i] = 0;
    }

    private static int parseIpv4(Batch b, int i, MemorySegment m, int bits) {
        int l3 = b.l3[i];
        long base = b.start[i] + l3;
        int headerBytes = Ipv4.check(m, base, b.length[i] - l3);
        if (headerBytes < 0) {
            return malformed(DropReason.IPV4_HEADER_INVALID);
        }
        if (!Ipv4.checksumOk(m, base)) {
            return malformed(DropReason.IPV4_CHECKSUM);
        }
        if (Ipv4.hasOptions(m, base) && !Ipv4.optionsWellFormed(m, base)) {
            return malformed(DropReason.IPV4_HEADER_INVALID);
        }
        int source = Ipv4.source(m, base);
        int destination = Ipv4.destination(m, base);
        int result = grouped(bits, isGroup(destination));
        // A host that asks for an address has none yet (RFC 2131 4.1, RFC 3376 4.2.13): legal in a packet for many, as
        // :: is.
        boolean unspecifiedToMany = source == 0 && (result & GROUP) != 0;
        if (sourceInvalid(source) && !unspecifiedToMany) {
            return malformed(DropReason.ADDRESS_INVALID);
        }
        b.length[i] = l3 + Ipv4.totalLength(m, base);
        b.sourceHi[i] = 0;
        b.sourceLo[i] = IpAddress.IPV4_MAPPED | (source & 0xffff_ffffL);
        b.destinationHi[i] = 0;
        b.destinationLo[i] = IpAddress.IPV4_MAPPED | (destination & 0xffff_ffffL);
        b.protocol[i] = Ipv4.protocol(m, base);
        b.dscp[i] = Ipv4.tos(m, base) >>> 2;
        if (Ipv4.isLaterFragment(m, base)) {
            return hashed(b, i, result | FRAGMENT | LATER_FRAGMENT);
        }
        if (Ipv4.isFragment(m, base)) {
            return parseFirstFragment(b, i, m, l3 + headerBytes, result);
        }
        return parseTransport(b, i, m, l3 + headerBytes, result);
    }

    private static int grouped(int bits, boolean groupAddress) {
        if (!groupAddress) {
            return bits;
        }
        return bits | GROUP_ADDRESS | ((bits & GROUP_MAC) != 0 ? GROUP : 0);
    }

    /** Whether an IPv4 destination is a multicast address or 255.255.255.255. */
    static boolean isGroup(int destination) {
        return destination >>> 28 == 0xe || destination == -1;
    }

    /** Whether no packet for one may come from an IPv4 address. */
    static boolean sourceInvalid(int source) {
        int first = source >>> 24;
        return first >= 224 || first == 127 || source == 0;
    }

    private static int parseIpv6(Batch b, int i, MemorySegment m, int bits) {
        int l3 = b.l3[i];
        long base = b.start[i] + l3;
        long walked = Ipv6Extensions.walk(m, base, b.length[i] - l3);
        if (walked < 0) {
            int code = (int) walked;
            boolean header = code == Malformed.IPV6_TRUNCATED
                    || code == Malformed.IPV6_VERSION
                    || code == Malformed.IPV6_PAYLOAD_LENGTH
                    || code == Malformed.IPV6_JUMBOGRAM;
            return malformed(header ? DropReason.IPV6_HEADER_INVALID : DropReason.IPV6_EXTENSION_INVALID);
        }
        long sourceHi = Ipv6.sourceHi(m, base);
        long sourceLo = Ipv6.sourceLo(m, base);
        if (sourceHi >>> 56 == 0xff
                || (sourceHi == 0 && (sourceLo == 1 || sourceLo >>> 32 == IpAddress.IPV4_MAPPED >>> 32))) {
            return malformed(DropReason.ADDRESS_INVALID);
        }
        long destinationHi = Ipv6.destinationHi(m, base);
        long destinationLo = Ipv6.destinationLo(m, base);
        if (destinationHi == 0 && destinationLo >>> 32 == IpAddress.IPV4_MAPPED >>> 32) {
            return malformed(DropReason.ADDRESS_INVALID);
        }
        b.length[i] = l3 + Ipv6.BYTES + Ipv6.payloadLength(m, base);
        b.sourceHi[i] = sourceHi;
        b.sourceLo[i] = sourceLo;
        b.destinationHi[i] = destinationHi;
        b.destinationLo[i] = destinationLo;
        b.dscp[i] = Ipv6.trafficClass(m, base) >>> 2;
        int result = grouped(bits, destinationHi >>> 56 == 0xff);
        if (Ipv6Extensions.isLaterFragment(walked) || Ipv6Extensions.moreFragments(walked)) {
            // The protocol named by the fragment header is the only one that all fragments agree on.
            int protocol = Layouts.u8(m, base + Ipv6Extensions.fragmentHeaderOffset(walked));
            if (IpProtocols.isIpv6Extension(protocol)) {
                // Later fragments do not say what is behind that header, so no rule could recognise the datagram.
                return malformed(DropReason.IPV6_EXTENSION_INVALID);
            }
            b.protocol[i] = protocol;
            return Ipv6Extensions.isLaterFragment(walked)
                    ? hashed(b, i, result | FRAGMENT | LATER_FRAGMENT)
                    : parseFirstFragment(b, i, m, l3 + Ipv6Extensions.offset(walked), result);
        }
        b.protocol[i] = Ipv6Extensions.protocol(walked);
        return parseTransport(b, i, m, l3 + Ipv6Extensions.offset(walked), result);
    }

    /** The fragment that has the transport header: all of it, or it could say nothing reliable (RFC 1858). What the message is for is known to who puts it together. */
    private static int parseFirstFragment(Batch b, int i, MemorySegment m, int l4, int bits) {
        int result = parseTransport(b, i, m, l4, bits | FRAGMENT);
        if (result < 0) {
            return malformed(DropReason.FRAGMENT_TINY);
        }
        if ((result & NEIGHBOR_DISCOVERY) != 0) {
            // Nobody may send these in fragments (RFC 6980 5); some hosts take them all the same, past who guards them.
            return malformed(DropReason.CONTROL_INVALID);
        }
        return result & ~(ECHO_REQUEST | ICMP_ERROR);
    }

    private static int parseTransport(Batch b, int i, MemorySegment m, int l4, int bits) {
        long base = b.start[i] + l4;
        int available = b.length[i] - l4;
        int result = bits;
        switch (b.protocol[i]) {
            case IpProtocols.TCP -> {
                if (Tcp.check(m, base, available) < 0) {
                    return malformed(DropReason.TRANSPORT_TRUNCATED);
                }
                b.sourcePort[i] = Tcp.sourcePort(m, base);
                b.destinationPort[i] = Tcp.destinationPort(m, base);
                b.tcpFlags[i] = Tcp.flags(m, base);
            }
            case IpProtocols.UDP -> {
                if (!udpFits(b, i, m, base, available, bits)) {
                    return malformed(DropReason.TRANSPORT_TRUNCATED);
                }
                b.sourcePort[i] = Udp.sourcePort(m, base);
                b.destinationPort[i] = Udp.destinationPort(m, base);
            }
            case IpProtocols.SCTP -> {
                if (available < SCTP_BYTES) {
                    return malformed(DropReason.TRANSPORT_TRUNCATED);
                }
                b.sourcePort[i] = Layouts.u16(m, base);
                b.destinationPort[i] = Layouts.u16(m, base + 2);
            }
            case IpProtocols.ICMP, IpProtocols.ICMPV6 -> {
                if (available < ICMP_BYTES) {
                    return malformed(DropReason.TRANSPORT_TRUNCATED);
                }
                result |= parseIcmp(b, i, m, base);
            }
            case IpProtocols.GRE -> {
                if (available < GRE_BYTES) {
                    return malformed(DropReason.TRANSPORT_TRUNCATED);
                }
            }
            default -> {
                return hashed(b, i, result);
            }
        }
        b.l4[i] = l4;
        return hashed(b, i, result);
    }

    private static boolean udpFits(Batch b, int i, MemorySegment m, long base, int available, int bits) {
        if (available < Udp.BYTES) {
            return false;
        }
        int length = Udp.length(m, base);
        boolean noLength = length == 0 && ((bits & IPV6) != 0 || b.gsoType[i] != Batch.GSO_NONE);
        return noLength || (length >= Udp.BYTES && (length <= available || (bits & FRAGMENT) != 0));
    }

    private static int parseIcmp(Batch b, int i, MemorySegment m, long base) {
        int type = Layouts.u8(m, base);
        boolean v6 = b.protocol[i] == IpProtocols.ICMPV6;
        if (v6 ? type == 128 || type == 129 : type == 8 || type == 0) {
            int identifier = Layouts.u16(m, base + 4);
            b.sourcePort[i] = identifier;
            b.destinationPort[i] = identifier;
            boolean ownFamily = v6 == (b.etherType[i] == EtherTypes.IPV6);
            return ownFamily && (type == 128 || type == 8) ? ECHO_REQUEST : 0;
        }
        boolean ipv6 = b.etherType[i] == EtherTypes.IPV6;
        if (v6 == ipv6 && isQuotingError(v6, type)) {
            return ICMP_ERROR;
        }
        boolean discovery = v6 && ipv6 && type >= NEIGHBOR_DISCOVERY_FIRST && type <= NEIGHBOR_DISCOVERY_LAST;
        return discovery ? NEIGHBOR_DISCOVERY : 0;
    }

    private static boolean isQuotingError(boolean v6, int type) {
        return v6 ? type >= 1 && type <= 4 : type == 3 || type == 11 || type == 12;
    }

    private static int hashed(Batch b, int i, int bits) {
        b.hash[i] = FlowHash.of(
                b.sourceHi[i],
                b.sourceLo[i],
                b.sourcePort[i],
                b.destinationHi[i],
                b.destinationLo[i],
                b.destinationPort[i],
                b.protocol[i]);
        return bits;
    }
}
