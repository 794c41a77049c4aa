package dev.sluice.datapath.snapshot;

/**
 * How long a connection may be idle before its record expires, by kind, in nanoseconds. Immutable.
 *
 * <p>Resolution is one millisecond (rounded up). The default for established TCP connections is the least that RFC 5382 REQ-5 asks of
 * address translators, 2 hours 4 minutes.
 *
 * @param tcpEstablishedNs TCP after traffic in both directions, until an RST or both FINs
 * @param tcpHalfOpenNs TCP before that
 * @param tcpClosingNs TCP after an RST or both FINs
 * @param udpNs UDP seen in one direction
 * @param udpStreamNs UDP seen in both directions
 * @param icmpNs ICMP and ICMPv6
 * @param otherNs all other protocols
 */
public record TrackerTimeouts(
        long tcpEstablishedNs,
        long tcpHalfOpenNs,
        long tcpClosingNs,
        long udpNs,
        long udpStreamNs,
        long icmpNs,
        long otherNs) {
    /** Shortest timeout that can be set: 1 ms. */
    public static final long MIN_NS = 1_000_000L;

    /** Longest timeout that can be set: 14 days, well below the wrap of the 32-bit millisecond clock in the records. */
    public static final long MAX_NS = 14L * 24 * 3600 * 1_000_000_000L;

    private static final long SECOND_NS = 1_000_000_000L;

    /** 7440 s established, 30 s half-open, 30 s closing, 60 s UDP, 180 s two-way UDP, 30 s ICMP, 60 s other. */
    public static final TrackerTimeouts DEFAULT = new TrackerTimeouts(
            7440 * SECOND_NS,
            30 * SECOND_NS,
            30 * SECOND_NS,
            60 * SECOND_NS,
            180 * SECOND_NS,
            30 * SECOND_NS,
            60 * SECOND_NS);

    public TrackerTimeouts {
        check("tcpEstablishedNs", tcpEstablishedNs);
        check("tcpHalfOpenNs", tcpHalfOpenNs);
        check("tcpClosingNs", tcpClosingNs);
        check("udpNs", udpNs);
        check("udpStreamNs", udpStreamNs);
        check("icmpNs", icmpNs);
        check("otherNs", otherNs);
    }

    private static void check(String field, long valueNs) {
        if (valueNs < MIN_NS || valueNs > MAX_NS) {
            throw new IllegalArgumentException("tracker timeout " + field + " " + valueNs + " is outside " + MIN_NS
                    + ".." + MAX_NS + " (1 ms to 14 days): choose a value in this range");
        }
    }
}
