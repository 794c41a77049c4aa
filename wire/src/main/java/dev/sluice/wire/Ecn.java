package dev.sluice.wire;

import java.lang.foreign.MemorySegment;

/**
 * Explicit congestion notification through tunnels (RFC 6040): the lower two bits of DSCP and ECN, in IPv4 and IPv6.
 *
 * <pre>
 * +---------+------------------------------------------------+
 * | inner   |                     outer                      |
 * |         +------------+-----------+------------+----------+
 * |         |  Not-ECT   |  ECT(0)   |   ECT(1)   |    CE    |
 * +---------+------------+-----------+------------+----------+
 * | Not-ECT |  Not-ECT   |  Not-ECT  |  Not-ECT   |   drop   |
 * | ECT(0)  |  ECT(0)    |  ECT(0)   |  ECT(1)    |   CE     |
 * | ECT(1)  |  ECT(1)    |  ECT(1)   |  ECT(1)    |   CE     |
 * | CE      |  CE        |  CE       |  CE        |   CE     |
 * +---------+------------+-----------+------------+----------+
 * </pre>
 *
 * <p>The way in is that of the normal mode: what is inside is written outside (RFC 6040 4.1). The way out is the table (4.2). Called
 * from the hot path: no allocation.
 */
public final class Ecn {
    /** The sender does not understand ECN. */
    public static final int NOT_ECT = 0;

    /** The sender understands ECN, codepoint 1. */
    public static final int ECT_1 = 1;

    /** The sender understands ECN, codepoint 0. */
    public static final int ECT_0 = 2;

    /** Congestion was experienced. */
    public static final int CE = 3;

    /** Marks a combination in which the packet has to be dropped. */
    private static final int DROP = 0xf;

    /** The table: four bits for each pair, at 4 times {@code inner << 2 | outer}. Outer codepoints are 0, 1, 2, 3 from the right. */
    private static final long TABLE = 0x3333_3212_3111_f000L;

    private Ecn() {}

    /** The codepoint of DSCP and ECN in one byte. */
    public static int of(int tos) {
        return tos & 3;
    }

    /** DSCP and ECN of an outer header: the DSCP given, the codepoint of what is inside (normal mode). */
    public static int encapsulate(int dscp, int innerTos) {
        return dscp << 2 | (innerTos & 3);
    }

    /** The codepoint that a packet leaves the tunnel with, or {@link Malformed#ECN_CONGESTION}: it has to be dropped. */
    public static int decapsulate(int inner, int outer) {
        int code = (int) (TABLE >>> (inner << 4 | outer << 2)) & 0xf;
        return code == DROP ? Malformed.ECN_CONGESTION : code;
    }

    /** DSCP and ECN of an IP header of either version, which has been checked. */
    public static int tos(MemorySegment f, long ip) {
        return Ipv4.version(f, ip) == 4 ? Ipv4.tos(f, ip) : Ipv6.trafficClass(f, ip);
    }

    /**
     * Gives the inner packet the codepoint that it leaves the tunnel with; keeps an IPv4 header checksum right.
     *
     * @param ip where the inner IP header begins, which has been checked
     * @param outerTos DSCP and ECN of the outer header
     * @return 0, or {@link Malformed#ECN_CONGESTION} with nothing changed
     */
    public static int decapsulateInto(MemorySegment f, long ip, int outerTos) {
        int tos = tos(f, ip);
        int ecn = decapsulate(of(tos), of(outerTos));
        if (ecn < 0) {
            return ecn;
        }
        if (ecn != of(tos)) {
            set(f, ip, ecn);
        }
        return 0;
    }

    private static void set(MemorySegment f, long ip, int ecn) {
        int before = Layouts.u16(f, ip);
        if (before >>> 12 == 4) {
            int after = (before & ~3) | ecn;
            Layouts.putU16(f, ip, after);
            Ipv4.setChecksum(f, ip, Checksum.update16(Ipv4.checksum(f, ip), before, after));
        } else {
            Layouts.putU16(f, ip, (before & ~0x30) | ecn << 4);
        }
    }
}
