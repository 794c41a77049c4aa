package dev.sluice.liveness.bfd;

/**
 * Time without what its thread overslept. One writer: the thread that sleeps.
 *
 * <p>A thread that wakes long after it wanted to was held up itself, and perhaps the peers with it when they share the machine: that is no silence of
 * theirs. What it slept as it wanted to counts in full, so that nothing is detected later than it has to be.
 */
public final class WakeClock {
    /** Lateness that counts as time: what schedulers do every day. */
    public static final long LATENESS_MAX_NS = 5_000_000;

    private long plannedNs;
    private long missedNs;

    /** A clock that agrees with the given time. */
    public WakeClock(long realNs) {
        plannedNs = realNs;
    }

    /** The thread goes to sleep and wants to wake at this real time at the latest. */
    public void plan(long wakeNs) {
        plannedNs = wakeNs;
    }

    /** The thread is awake at this real time; what the clock shows. */
    public long wake(long realNs) {
        missedNs += Math.max(0, realNs - plannedNs - LATENESS_MAX_NS);
        plannedNs = Math.max(plannedNs, realNs);
        return realNs - missedNs;
    }

    /** The real time at which this clock shows the given time, if nothing is missed meanwhile. */
    public long real(long clockNs) {
        return clockNs + missedNs;
    }

    /** Time that did not count, in all. */
    public long missedNs() {
        return missedNs;
    }
}
