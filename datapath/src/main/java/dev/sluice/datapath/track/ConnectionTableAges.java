package dev.sluice.datapath.track;

import static dev.sluice.datapath.track.ConnectionTableRecord.getByte;
import static dev.sluice.datapath.track.ConnectionTableRecord.getInt;
import static dev.sluice.datapath.track.ConnectionTableRecord.putInt;

import dev.sluice.datapath.snapshot.TrackerTimeouts;
import java.lang.foreign.MemorySegment;

/**
 * How long connections have been idle and may be. One writer: that of the table. No allocation.
 *
 * <p>Records hold the milliseconds of table time modulo 2^32; differences are right as long as a connection has been idle for less than 46
 * days, which a sweep now and then makes sure of.
 */
public final class ConnectionTableAges {
    private static final long NS_PER_MS = 1_000_000L;

    /** Ages from this one to -1 are times slightly in the future: 2^28 ms, about three days. */
    private static final int FUTURE_MS = -(1 << 28);

    /** Times older than this are moved up to it by {@link #keepInRange}: 18 days, more than the longest timeout, far less than 2^31 ms. */
    private static final int OLDEST_MS = 3 << 29;

    private final MemorySegment records;
    private final int[] timeoutMs = new int[ConnectionTableRecord.KINDS];

    ConnectionTableAges(MemorySegment records) {
        this.records = records;
    }

    void setTimeouts(TrackerTimeouts timeouts) {
        timeoutMs[ConnectionTableRecord.KIND_TCP_ESTABLISHED] = ceilMs(timeouts.tcpEstablishedNs());
        timeoutMs[ConnectionTableRecord.KIND_TCP_HALF_OPEN] = ceilMs(timeouts.tcpHalfOpenNs());
        timeoutMs[ConnectionTableRecord.KIND_TCP_CLOSING] = ceilMs(timeouts.tcpClosingNs());
        timeoutMs[ConnectionTableRecord.KIND_UDP] = ceilMs(timeouts.udpNs());
        timeoutMs[ConnectionTableRecord.KIND_UDP_STREAM] = ceilMs(timeouts.udpStreamNs());
        timeoutMs[ConnectionTableRecord.KIND_ICMP] = ceilMs(timeouts.icmpNs());
        timeoutMs[ConnectionTableRecord.KIND_OTHER] = ceilMs(timeouts.otherNs());
    }

    static int tableMs(long nowNs) {
        return (int) Math.floorDiv(nowNs, NS_PER_MS);
    }

    public int timeoutMs(int slot) {
        return timeoutMs[getByte(records, ConnectionTableRecord.at(slot) + ConnectionTableRecord.KIND)];
    }

    boolean isExpired(int slot, int nowMs) {
        return idleMs(slot, nowMs) > timeoutMs(slot);
    }

    /** Since either direction was seen. */
    int idleMs(int slot, int nowMs) {
        return Math.min(idleMs(slot, 0, nowMs), idleMs(slot, 1, nowMs));
    }

    int idleMs(int slot, int direction, int nowMs) {
        long lastSeenAt = ConnectionTableRecord.at(slot) + ConnectionTableRecord.LAST_SEEN;
        return age(nowMs, getInt(records, lastSeenAt + direction * 4L));
    }

    /**
     * Keeps the time of a direction that has not been seen for long from coming round again as "just now", while the other direction keeps the connection
     * alive. To be called for each connection at least every 28 days.
     */
    void keepInRange(int slot, int nowMs) {
        long lastSeenAt = ConnectionTableRecord.at(slot) + ConnectionTableRecord.LAST_SEEN;
        for (int direction = 0; direction < 2; direction++) {
            if (age(nowMs, getInt(records, lastSeenAt + direction * 4L)) > OLDEST_MS) {
                putInt(records, lastSeenAt + direction * 4L, nowMs - OLDEST_MS);
            }
        }
    }

    /** Milliseconds since, at most 2^31 - 1; 0 for times in the near future. */
    private static int age(int nowMs, int thenMs) {
        int age = nowMs - thenMs;
        return age >= 0 ? age : age >= FUTURE_MS ? 0 : Integer.MAX_VALUE;
    }

    private static int ceilMs(long ns) {
        return (int) Math.ceilDiv(ns, NS_PER_MS);
    }
}
