package dev.sluice.datapath.packet;

import dev.sluice.datapath.rules.PacketFields;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.IpProtocols;
import dev.sluice.wire.Ipv4;
import dev.sluice.wire.Ipv6;
import dev.sluice.wire.Ipv6Extensions;
import dev.sluice.wire.Layouts;
import java.lang.foreign.MemorySegment;

/**
 * Reads the packet that an ICMP or ICMPv6 error quotes (RFC 792, RFC 4443 2.4 c; packet-life.md, errors of flows). Stateless; malformed input is {@code false}.
 *
 * <p>The quote is what somebody says was sent: lengths and checksums in it are not believed, only what lies within the error is read.
 */
public final class QuotedPacket {
    private static final int TRANSPORT_BYTES = 8;
    private static final int EXTENSION_BYTES = 8;
    private static final int FRAGMENT_OFFSET_MASK = 0x1fff;

    private QuotedPacket() {}

    /**
     * Reads the flow of a quoted packet, in the direction of the error: turned round.
     *
     * @param at where the quote begins in memory
     * @param available bytes of the error from there on
     * @param v4 the version that the quote must have
     * @return false if it is cut off, of another version, not the beginning of a datagram, or of an ICMP message other than an echo
     */
    public static boolean read(MemorySegment m, long at, int available, boolean v4, PacketFields f) {
        int transport = v4 ? ipv4(m, at, available, f) : ipv6(m, at, available, f);
        return transport > 0 && ports(m, at + transport, available - transport, f);
    }

    private static int ipv4(MemorySegment m, long at, int available, PacketFields f) {
        if (available < Ipv4.BYTES || Ipv4.version(m, at) != 4) {
            return -1;
        }
        int header = Ipv4.headerBytes(m, at);
        boolean later = (Layouts.u16(m, at + 6) & FRAGMENT_OFFSET_MASK) != 0;
        if (header < Ipv4.BYTES || header > available || later) {
            return -1;
        }
        f.sourceHi = 0;
        f.sourceLo = IpAddress.IPV4_MAPPED | (Ipv4.destination(m, at) & 0xffff_ffffL);
        f.destinationHi = 0;
        f.destinationLo = IpAddress.IPV4_MAPPED | (Ipv4.source(m, at) & 0xffff_ffffL);
        f.protocol = Ipv4.protocol(m, at);
        return header;
    }

    private static int ipv6(MemorySegment m, long at, int available, PacketFields f) {
        if (available < Ipv6.BYTES || Layouts.u8(m, at) >>> 4 != 6) {
            return -1;
        }
        int next = Ipv6.nextHeader(m, at);
        int offset = Ipv6.BYTES;
        for (int headers = 0; IpProtocols.isIpv6Extension(next); headers++) {
            if (headers == Ipv6Extensions.HEADERS_MAX || offset + EXTENSION_BYTES > available) {
                return -1;
            }
            int length = Layouts.u8(m, at + offset + 1);
            int bytes = (length + 1) << 3;
            if (next == IpProtocols.FRAGMENT) {
                bytes = EXTENSION_BYTES;
                if (Layouts.u16(m, at + offset + 2) >>> 3 != 0) {
                    return -1;
                }
            } else if (next == IpProtocols.AH) {
                bytes = (length + 2) << 2;
            }
            next = Layouts.u8(m, at + offset);
            offset += bytes;
            if (offset > available) {
                return -1;
            }
        }
        f.sourceHi = Ipv6.destinationHi(m, at);
        f.sourceLo = Ipv6.destinationLo(m, at);
        f.destinationHi = Ipv6.sourceHi(m, at);
        f.destinationLo = Ipv6.sourceLo(m, at);
        f.protocol = next;
        return offset;
    }

    private static boolean ports(MemorySegment m, long transport, int available, PacketFields f) {
        f.sourcePort = 0;
        f.destinationPort = 0;
        switch (f.protocol) {
            case IpProtocols.TCP, IpProtocols.UDP, IpProtocols.SCTP -> {
                if (available < TRANSPORT_BYTES) {
                    return false;
                }
                f.sourcePort = Layouts.u16(m, transport + 2);
                f.destinationPort = Layouts.u16(m, transport);
            }
            case IpProtocols.ICMP, IpProtocols.ICMPV6 -> {
                if (available < TRANSPORT_BYTES) {
                    return false;
                }
                int type = Layouts.u8(m, transport);
                boolean v6 = f.protocol == IpProtocols.ICMPV6;
                if (v6 ? type != 128 && type != 129 : type != 8 && type != 0) {
                    return false;
                }
                f.sourcePort = Layouts.u16(m, transport + 4);
                f.destinationPort = f.sourcePort;
            }
            default -> {
                // No ports.
            }
        }
        f.hash = FlowHash.of(f);
        return true;
    }
}
