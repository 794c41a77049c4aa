package dev.sluice.wire;

import java.lang.foreign.MemorySegment;

/**
 * UDP header of a tunnel: where its source port comes from and what its checksum must be.
 *
 * <p>The source port tells flows apart for routers that spread them (RFC 8926 3.3, RFC 7348 5). A checksum of 0 is always allowed
 * over IPv4; over IPv6 only between tunnel endpoints that have agreed on it (RFC 6935 5, RFC 6936 4). A checksum that is there must
 * be right (RFC 8926 3.3). Called from the hot path: no allocation.
 */
public final class OuterUdp {
    /** First port of the range for source ports: the dynamic ports (RFC 6335 6). The last one is 65535. */
    public static final int SOURCE_PORT_MIN = 49152;

    private static final int MIX = 0x9e37_79b1;
    private static final int PORT_BITS = 14;

    private OuterUdp() {}

    /** The source port of a flow: 49152..65535. All bits of the hash take part. */
    public static int sourcePort(int flowHash) {
        return SOURCE_PORT_MIN | (flowHash * MIX) >>> (32 - PORT_BITS);
    }

    /** The flow label of an outer IPv6 header (RFC 6438 3): 1..1048575, never 0, which would mean that there is none. */
    public static int flowLabel(int flowHash) {
        int label = (flowHash * MIX) >>> 12;
        return label == 0 ? 1 : label;
    }

    /**
     * Checks the checksum of a UDP datagram in IPv4, which may have none.
     *
     * @param udp where its header begins, which has passed {@link Udp#check}
     * @return 0, or {@link Malformed#UDP_CHECKSUM}
     */
    public static int checkIpv4(MemorySegment f, long ip, long udp) {
        if (Udp.checksum(f, udp) == 0) {
            return 0;
        }
        int bytes = Udp.length(f, udp);
        return Checksum.verify(f, Checksum.pseudoIpv4(f, ip, IpProtocols.UDP, bytes), udp, bytes)
                ? 0
                : Malformed.UDP_CHECKSUM;
    }

    /**
     * Checks the checksum of a UDP datagram in IPv6.
     *
     * @param zeroAllowed whether sender and receiver have agreed that it may have none
     * @return 0, or {@link Malformed#UDP_CHECKSUM}, or {@link Malformed#UDP_CHECKSUM_ZERO}
     */
    public static int checkIpv6(MemorySegment f, long ip, long udp, boolean zeroAllowed) {
        if (Udp.checksum(f, udp) == 0) {
            return zeroAllowed ? 0 : Malformed.UDP_CHECKSUM_ZERO;
        }
        int bytes = Udp.length(f, udp);
        return Checksum.verify(f, Checksum.pseudoIpv6(f, ip, IpProtocols.UDP, bytes), udp, bytes)
                ? 0
                : Malformed.UDP_CHECKSUM;
    }
}
