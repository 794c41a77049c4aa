package dev.sluice.datapath.errors;

/**
 * Bounds how many ICMP errors a worker sends (RFC 1812 4.3.2.8, RFC 4443 2.4 f): a bucket of {@link #BURST} tokens into which one falls each {@link
 * #INTERVAL_NS}. One writer: the worker.
 */
final class IcmpRate {
    /** Most errors at once. */
    static final int BURST = 100;

    /** Time between two errors in the long run: 1,000 per second. */
    static final long INTERVAL_NS = 1_000_000L;

    /** When the bucket would be full again if nothing were taken from now on. */
    private long fullNs;

    private boolean started;

    /** As full as the other one. */
    void copy(IcmpRate other) {
        fullNs = other.fullNs;
        started = other.started;
    }

    /** Takes a token if there is one. */
    boolean allows(long nowNs) {
        if (!started || fullNs - nowNs < 0) {
            started = true;
            fullNs = nowNs;
        }
        if (fullNs - nowNs > (BURST - 1) * INTERVAL_NS) {
            return false;
        }
        fullNs += INTERVAL_NS;
        return true;
    }
}
