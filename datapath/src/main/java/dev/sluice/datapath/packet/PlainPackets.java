package dev.sluice.datapath.packet;

import static dev.sluice.wire.Layouts.BE32;
import static dev.sluice.wire.Layouts.BE64;

import dev.sluice.wire.Checksum;
import dev.sluice.wire.EtherTypes;
import dev.sluice.wire.Ethernet;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.IpProtocols;
import dev.sluice.wire.Ipv4;
import dev.sluice.wire.Layouts;
import dev.sluice.wire.MacAddress;
import dev.sluice.wire.Tcp;
import dev.sluice.wire.Udp;
import dev.sluice.wire.VlanTag;
import java.lang.foreign.MemorySegment;

/**
 * The short way through the parser for what nearly all packets are: TCP or UDP, whole, in IPv4 without options, from one host to another, with at most one tag, and nothing wrong
 * with it. Whatever else a frame may be is {@link #OTHER}, and {@link Parser} looks at it closely. One user: the worker.
 *
 * <p>Hot path: one check of the length, then eight bytes at a time. Both fill in the same (packet-life.md, parse): of this class there is nothing to
 * know to understand the data path.
 */
final class PlainPackets {
    /** The frame is not of this kind, and nothing of the batch has been written. */
    static final int OTHER = 0;

    private static final int TAG_BYTES = VlanTag.BYTES;
    private static final int NEEDED_BYTES = Ethernet.BYTES + TAG_BYTES + Ipv4.BYTES + Udp.BYTES;

    /** In the first eight bytes of a frame: destination, and the beginning of the source. */
    private static final long GROUP_BITS = MacAddress.GROUP_BIT << 16 | MacAddress.GROUP_BIT >>> 32;

    /** Version 4, header of 5 words: the first byte of an IPv4 header without options. */
    private static final int VERSION_AND_LENGTH = 0x45;

    /** "More fragments" and the offset, in the first eight bytes of an IPv4 header. */
    private static final long FRAGMENT_BITS = 0x3fff;

    private PlainPackets() {}

    /** Reads a frame into its slot; {@link Batch#parsed}, or {@link #OTHER}. */
    static int parse(Batch b, int i, MemorySegment m) {
        long start = b.start[i];
        int length = b.length[i];
        if (length < NEEDED_BYTES) {
            return OTHER;
        }
        long addresses = m.get(BE64, start);
        long behind = m.get(BE64, start + 8);
        int type = (int) (behind >>> 16) & 0xffff;
        int tag = 0;
        int l3 = Ethernet.BYTES;
        if (VlanTag.isTagType(type)) {
            tag = (int) behind;
            type = Layouts.u16(m, start + l3 + 2);
            l3 += TAG_BYTES;
        }
        if (type != EtherTypes.IPV4 || (addresses & GROUP_BITS) != 0 || !isPlain(m, start + l3, length - l3)) {
            return OTHER;
        }
        b.sourceMac[i] = (addresses & 0xffff) << 32 | behind >>> 32;
        b.destinationMac[i] = addresses >>> 16;
        b.l3[i] = l3;
        b.etherType[i] = EtherTypes.IPV4;
        b.outerTag[i] = tag;
        b.innerTag[i] = 0;
        fill(b, i, m, start + l3);
        return Parser.IPV4;
    }

    private static boolean isPlain(MemorySegment m, long ip, int bytes) {
        long first = m.get(BE64, ip);
        long second = m.get(BE64, ip + 8);
        int destination = m.get(BE32, ip + 16);
        int source = (int) second;
        int protocol = (int) (second >>> 48) & 0xff;
        int total = (int) (first >>> 32) & 0xffff;
        return first >>> 56 == VERSION_AND_LENGTH
                && (first & FRAGMENT_BITS) == 0
                && total <= bytes
                && total >= Ipv4.BYTES + Udp.BYTES
                && Checksum.fold(Checksum.sum64(first) + Checksum.sum64(second) + Checksum.sum32(destination)) == 0xffff
                && !Parser.sourceInvalid(source)
                && !Parser.isGroup(destination)
                && isWhole(m, ip + Ipv4.BYTES, total - Ipv4.BYTES, protocol);
    }

    private static boolean isWhole(MemorySegment m, long transport, int bytes, int protocol) {
        if (protocol == IpProtocols.UDP) {
            int length = Udp.length(m, transport);
            return length >= Udp.BYTES && length <= bytes;
        }
        return protocol == IpProtocols.TCP && Tcp.check(m, transport, bytes) > 0;
    }

    private static void fill(Batch b, int i, MemorySegment m, long ip) {
        long first = m.get(BE64, ip);
        long second = m.get(BE64, ip + 8);
        long transport = ip + Ipv4.BYTES;
        int ports = m.get(BE32, transport);
        int l3 = b.l3[i];
        int protocol = (int) (second >>> 48) & 0xff;
        long source = IpAddress.IPV4_MAPPED | (second & 0xffff_ffffL);
        long destination = IpAddress.IPV4_MAPPED | Layouts.u32(m, ip + 16);
        b.length[i] = l3 + ((int) (first >>> 32) & 0xffff);
        b.l4[i] = l3 + Ipv4.BYTES;
        b.sourceHi[i] = 0;
        b.sourceLo[i] = source;
        b.destinationHi[i] = 0;
        b.destinationLo[i] = destination;
        b.sourcePort[i] = ports >>> 16;
        b.destinationPort[i] = ports & 0xffff;
        b.protocol[i] = protocol;
        b.dscp[i] = (int) (first >>> 50) & 0x3f;
        b.tcpFlags[i] = protocol == IpProtocols.TCP ? Tcp.flags(m, transport) : 0;
        b.hash[i] = FlowHash.of(0, source, ports >>> 16, 0, destination, ports & 0xffff, protocol);
    }
}
