package dev.sluice.lab;

import dev.sluice.wire.IpAddress;
import java.util.Optional;

/**
 * What a frame says about its flow and where its TCP or UDP payload is; an own reading of the headers, independent of the data path.
 *
 * @param flow addresses, protocol and ports in the direction of the packet
 * @param payloadOffset where the payload begins in the frame, bytes
 * @param payloadBytes its length
 * @param tcpFlags the eight flag bits of TCP (RFC 9293 3.1), 0 for UDP
 */
record PacketView(Flow flow, int payloadOffset, int payloadBytes, int tcpFlags) {
    static final int TCP = 6;
    static final int UDP = 17;

    private static final int TCP_SYN = 0x02;
    private static final int TCP_ACK = 0x10;

    /**
     * A flow in one direction.
     *
     * @param protocol 6 or 17
     * @param source sender
     * @param sourcePort sender's port
     * @param destination receiver
     * @param destinationPort receiver's port
     */
    record Flow(int protocol, IpAddress source, int sourcePort, IpAddress destination, int destinationPort) {
        /** The same name for both directions. */
        Flow undirected() {
            int order = source.compareTo(destination);
            boolean swap = order > 0 || (order == 0 && sourcePort > destinationPort);
            return swap
                    ? new Flow(
                            protocol,
                            /* source= */ destination,
                            /* sourcePort= */ destinationPort,
                            /* destination= */ source,
                            /* destinationPort= */ sourcePort)
                    : this;
        }

        @Override
        public String toString() {
            return (protocol == TCP ? "tcp " : "udp ") + end(source, sourcePort) + " -> "
                    + end(destination, destinationPort);
        }

        private static String end(IpAddress address, int port) {
            return address.isIpv4() ? address + ":" + port : "[" + address + "]:" + port;
        }
    }

    /** Whether this packet opens a TCP connection (SYN without ACK). */
    boolean opensConnection() {
        return (tcpFlags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
    }

    /** Reads a frame; empty if it carries no whole TCP or UDP header (other protocols, later fragments, damaged frames). */
    static Optional<PacketView> of(byte[] f) {
        int at = 12;
        int type = u16(f, at);
        while (type == 0x8100 || type == 0x88a8) {
            at += 4;
            type = u16(f, at);
        }
        int network = at + 2;
        return switch (type) {
            case 0x0800 -> ipv4(f, network);
            case 0x86dd -> ipv6(f, network);
            default -> Optional.empty();
        };
    }

    private static Optional<PacketView> ipv4(byte[] f, int at) {
        int headerBytes = (u8(f, at) & 0x0f) * 4;
        int totalBytes = u16(f, at + 2);
        boolean laterFragment = (u16(f, at + 6) & 0x1fff) != 0;
        if (f.length < at + 20 || u8(f, at) >>> 4 != 4 || headerBytes < 20 || laterFragment) {
            return Optional.empty();
        }
        // Total length 0: a segmentation-pending packet of 64 KiB or more.
        int end = totalBytes == 0 ? f.length : Math.min(f.length, at + totalBytes);
        return transport(f, u8(f, at + 9), at + headerBytes, end, address4(f, at + 12), address4(f, at + 16));
    }

    private static Optional<PacketView> ipv6(byte[] f, int at) {
        if (f.length < at + 40 || u8(f, at) >>> 4 != 6) {
            return Optional.empty();
        }
        int payload = u16(f, at + 4);
        int end = payload == 0 ? f.length : Math.min(f.length, at + 40 + payload);
        int next = u8(f, at + 6);
        int header = at + 40;
        // Hop-by-hop 0, routing 43, fragment 44, destination options 60 (RFC 8200 4).
        while (next == 0 || next == 43 || next == 44 || next == 60) {
            if (header + 8 > end || (next == 44 && u16(f, header + 2) >>> 3 != 0)) {
                return Optional.empty();
            }
            int bytes = next == 44 ? 8 : 8 + 8 * u8(f, header + 1);
            next = u8(f, header);
            header += bytes;
        }
        return transport(f, next, header, end, address6(f, at + 8), address6(f, at + 24));
    }

    private static Optional<PacketView> transport(
            byte[] f, int protocol, int at, int end, IpAddress source, IpAddress destination) {
        int headerBytes = switch (protocol) {
            case TCP -> at + 20 <= end ? (u8(f, at + 12) >>> 4) * 4 : Integer.MAX_VALUE / 2;
            case UDP -> 8;
            default -> Integer.MAX_VALUE / 2;
        };
        if (at + headerBytes > end || (protocol == TCP && headerBytes < 20)) {
            return Optional.empty();
        }
        Flow flow = new Flow(protocol, source, u16(f, at), destination, u16(f, at + 2));
        int payload = at + headerBytes;
        return Optional.of(new PacketView(flow, payload, end - payload, protocol == TCP ? u8(f, at + 13) : 0));
    }

    private static IpAddress address4(byte[] f, int at) {
        return IpAddress.ofIpv4(u16(f, at) << 16 | u16(f, at + 2));
    }

    private static IpAddress address6(byte[] f, int at) {
        long hi = 0;
        long lo = 0;
        for (int i = 0; i < 8; i++) {
            hi = hi << 8 | u8(f, at + i);
            lo = lo << 8 | u8(f, at + 8 + i);
        }
        return new IpAddress(hi, lo);
    }

    /** Bytes beyond the end read as 0; every caller then fails one of its length checks. */
    private static int u8(byte[] f, int at) {
        return at < f.length ? f[at] & 0xff : 0;
    }

    private static int u16(byte[] f, int at) {
        return u8(f, at) << 8 | u8(f, at + 1);
    }
}
