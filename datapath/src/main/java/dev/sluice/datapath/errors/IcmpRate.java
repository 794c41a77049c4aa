package dev.sluice.datapath.errors;

import dev.sluice.datapath.packet.FlowHash;
import java.util.Arrays;

/**
 * Bounds how many ICMP errors of a kind a worker sends (RFC 1812 4.3.2.8, RFC 4443 2.4 f): a bucket for all, and one of {@link #DESTINATIONS} by a keyed hash of where the error goes, so that who
 * provokes errors to himself leaves some to others. One writer: the worker. No allocation but at construction; cost: two times to compare.
 */
final class IcmpRate {
    /** Buckets of destinations. */
    static final int DESTINATIONS = 1024;

    private static final long SECOND_NS = 1_000_000_000L;
    private static final int ALL = DESTINATIONS;

    private final int burst;
    private final long intervalNs;
    private final int destinationBurst;
    private final long destinationIntervalNs;
    private final long seed;

    /** When each bucket would be full again if nothing were taken from now on; the last one is that for all. */
    private final long[] fullNs = new long[DESTINATIONS + 1];

    private boolean started;

    /**
     * Full buckets.
     *
     * @param perSecond errors per second in the long run
     * @param burst most at once
     * @param destinationPerSecond the same to one destination
     * @param destinationBurst most at once to one destination
     * @param seed secret, against destinations that are made to meet
     */
    IcmpRate(int perSecond, int burst, int destinationPerSecond, int destinationBurst, long seed) {
        this.burst = burst;
        intervalNs = SECOND_NS / perSecond;
        this.destinationBurst = destinationBurst;
        destinationIntervalNs = SECOND_NS / destinationPerSecond;
        this.seed = seed;
    }

    /** As full as the other one. */
    void copy(IcmpRate other) {
        System.arraycopy(other.fullNs, 0, fullNs, 0, fullNs.length);
        started = other.started;
    }

    /** Takes a token for an error to an address, if there is one. */
    boolean allows(long destinationHi, long destinationLo, long nowNs) {
        if (!started) {
            started = true;
            Arrays.fill(fullNs, nowNs);
        }
        int own = (int) FlowHash.mix(FlowHash.mix(destinationLo + seed) + destinationHi) & (DESTINATIONS - 1);
        long all = full(ALL, nowNs);
        long ofOwn = full(own, nowNs);
        if (all - nowNs > (burst - 1) * intervalNs || ofOwn - nowNs > (destinationBurst - 1) * destinationIntervalNs) {
            return false;
        }
        fullNs[ALL] = all + intervalNs;
        fullNs[own] = ofOwn + destinationIntervalNs;
        return true;
    }

    private long full(int bucket, long nowNs) {
        return Math.max(0, fullNs[bucket] - nowNs) + nowNs;
    }
}
