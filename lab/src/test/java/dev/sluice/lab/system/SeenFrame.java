package dev.sluice.lab.system;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * A frame as a peer saw it, read by an own, plain reader of headers. What is missing is 0 or empty.
 *
 * @param bytes the frame
 * @param destinationMac as written by people
 * @param sourceMac as written by people
 * @param vlans tags from the outermost, {@code TPID:ID} such as {@code 8100:7}
 * @param etherType after all tags
 * @param ttl TTL or hop limit
 * @param protocol protocol of IPv4, next header of IPv6
 * @param source address
 * @param destination address
 * @param sourcePort of TCP or UDP
 * @param destinationPort of TCP or UDP
 * @param id id of a {@link Payload}, 0 if there is none
 */
// Frames are looked at, never compared.
@SuppressWarnings("ArrayRecordComponent")
record SeenFrame(
        byte[] bytes,
        String destinationMac,
        String sourceMac,
        List<String> vlans,
        int etherType,
        int ttl,
        int protocol,
        String source,
        String destination,
        int sourcePort,
        int destinationPort,
        long id) {
    static final int TCP = 6;
    static final int UDP = 17;
    static final int ICMP = 1;
    static final int ICMPV6 = 58;

    private static final int IPV4 = 0x0800;
    private static final int IPV6 = 0x86dd;

    static SeenFrame of(byte[] f) {
        List<String> vlans = new ArrayList<>();
        int at = 12;
        while (u16(f, at) == 0x8100 || u16(f, at) == 0x88a8) {
            vlans.add(Integer.toHexString(u16(f, at)) + ":" + (u16(f, at + 2) & 0xfff));
            at += 4;
        }
        int type = u16(f, at);
        int ip = at + 2;
        boolean v4 = type == IPV4 && f.length >= ip + 20;
        boolean v6 = type == IPV6 && f.length >= ip + 40;
        int protocol = v4 ? u8(f, ip + 9) : v6 ? u8(f, ip + 6) : 0;
        int l4 = v4 ? ip + (u8(f, ip) & 15) * 4 : ip + 40;
        boolean ports = (v4 || v6) && (protocol == TCP || protocol == UDP) && f.length >= l4 + 8;
        return new SeenFrame(
                f,
                mac(f, 0),
                mac(f, 6),
                vlans,
                type,
                v4 ? u8(f, ip + 8) : v6 ? u8(f, ip + 7) : 0,
                protocol,
                v4 ? address(f, ip + 12, 4) : v6 ? address(f, ip + 8, 16) : "",
                v4 ? address(f, ip + 16, 4) : v6 ? address(f, ip + 24, 16) : "",
                ports ? u16(f, l4) : 0,
                ports ? u16(f, l4 + 2) : 0,
                ports && protocol == UDP ? Payload.idAt(f, l4 + 8) : 0);
    }

    /** Whether it belongs to a flow to or from this port, of any protocol. */
    boolean hasPort(int port) {
        return sourcePort == port || destinationPort == port;
    }

    private static String mac(byte[] f, int at) {
        return f.length < at + 6 ? "" : HexFormat.ofDelimiter(":").formatHex(f, at, at + 6);
    }

    private static String address(byte[] f, int at, int bytes) {
        byte[] address = new byte[bytes];
        ByteBuffer.wrap(f, at, bytes).get(address);
        try {
            return InetAddress.getByAddress(address).getHostAddress();
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private static int u8(byte[] f, int at) {
        return at < f.length ? f[at] & 0xff : 0;
    }

    private static int u16(byte[] f, int at) {
        return u8(f, at) << 8 | u8(f, at + 1);
    }
}
