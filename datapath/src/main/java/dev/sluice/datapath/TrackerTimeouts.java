package dev.sluice.datapath;

/**
 * Idle times after which a connection is forgotten, in nanoseconds.
 *
 * @param tcpEstablishedNs both directions seen
 * @param tcpHalfOpenNs SYN not answered
 * @param tcpClosingNs FIN from both sides, or RST
 * @param udpNs one direction seen
 * @param udpStreamNs both directions seen
 * @param icmpNs ICMP and ICMPv6
 * @param otherNs other protocols
 */
public record TrackerTimeouts(
        long tcpEstablishedNs,
        long tcpHalfOpenNs,
        long tcpClosingNs,
        long udpNs,
        long udpStreamNs,
        long icmpNs,
        long otherNs) {
    private static final long SECOND = 1_000_000_000L;

    /** 7440 s, 30 s, 30 s, 60 s, 180 s, 30 s, 60 s. */
    public static final TrackerTimeouts DEFAULT = new TrackerTimeouts(
            7440 * SECOND, 30 * SECOND, 30 * SECOND, 60 * SECOND, 180 * SECOND, 30 * SECOND, 60 * SECOND);
}
