package dev.sluice.liveness.bfd;

/**
 * How often packets go and how many may be missing (RFC 5880 6.8.1).
 *
 * @param desiredMinTxUs interval at which packets are to be sent while the session is up, 1,000..3,600,000,000; the peer can only make it longer
 * @param requiredMinRxUs shortest interval at which packets are to be received, the same range
 * @param multiplier so many intervals of ours without a packet mean to the peer that we are gone, 1..255
 */
public record BfdTiming(long desiredMinTxUs, long requiredMinRxUs, int multiplier) {
    /** Interval while a session is not up, at least (RFC 5880 6.8.3). */
    public static final long SLOW_US = 1_000_000;

    private static final long MIN_US = 1_000;
    private static final long MAX_US = 3_600_000_000L;

    /** Checks the ranges. */
    public BfdTiming {
        check("desiredMinTxUs", desiredMinTxUs);
        check("requiredMinRxUs", requiredMinRxUs);
        if (multiplier < 1 || multiplier > 255) {
            throw new IllegalArgumentException("multiplier " + multiplier + " is outside 1..255 (RFC 5880 4.1)");
        }
    }

    private static void check(String field, long us) {
        if (us < MIN_US || us > MAX_US) {
            throw new IllegalArgumentException(field + " " + us + " is outside " + MIN_US + ".." + MAX_US);
        }
    }

    /** The same interval for both directions, in milliseconds. */
    public static BfdTiming ofMs(int intervalMs, int multiplier) {
        return new BfdTiming(intervalMs * 1_000L, intervalMs * 1_000L, multiplier);
    }
}
