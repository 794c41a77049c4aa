package dev.sluice.liveness;

/**
 * When probes are sent and what follows from those that are lost.
 *
 * @param intervalNs time between two rounds of probes at most; jitter takes 10 to 25 % off (RFC 5880 6.8.7), 1 ms..1 h
 * @param failAfter so many rounds lost in a row mean dead, 1..100
 * @param recoverAfter so many rounds answered in a row mean alive again, 1..100
 * @param holdDownNs how long a node that died twice within a minute has to answer before it serves again; doubled with each further death, 64 times at
 *     most; 0 for never
 */
public record ProbeTiming(long intervalNs, int failAfter, int recoverAfter, long holdDownNs) {
    private static final long MS = 1_000_000;

    /** Checks the ranges. */
    public ProbeTiming {
        if (intervalNs < MS || intervalNs > 3_600_000 * MS) {
            throw new IllegalArgumentException("intervalNs " + intervalNs + " is outside 1000000..3600000000000");
        }
        if (failAfter < 1 || failAfter > 100 || recoverAfter < 1 || recoverAfter > 100) {
            throw new IllegalArgumentException(
                    "failAfter " + failAfter + " or recoverAfter " + recoverAfter + " is outside 1..100");
        }
        if (holdDownNs < 0 || holdDownNs > 3_600_000 * MS) {
            throw new IllegalArgumentException("holdDownNs " + holdDownNs + " is outside 0..3600000000000");
        }
    }

    /**
     * How long the last probe of a row that is lost is waited for: a quarter of the interval, so that the verdict falls within {@code failAfter} intervals of the
     * last answer.
     */
    public long graceNs() {
        return Math.min(Math.max(intervalNs / 4, 5 * MS), intervalNs * 3 / 4);
    }
}
