package dev.sluice.liveness;

/**
 * Time as the prober lived through it: a pause of the prober itself (the machine busy, the process stopped, a collection of garbage) counts as {@link #GAP_MAX_NS} at
 * most. Sessions that live by this clock do not blame a node for what their own thread slept through. One writer: the worker.
 */
public final class ProbeClock {
    /** Longest step: twice the longest sleep of a worker without work. */
    public static final long GAP_MAX_NS = 10_000_000;

    private long lastNs;
    private long nowNs;
    private long missedNs;

    /** A clock that shows 0 at the given time. */
    public ProbeClock(long realNs) {
        lastNs = realNs;
    }

    /** Goes on to the given real time; what the clock then shows. */
    public long advance(long realNs) {
        long gap = Math.max(0, realNs - lastNs);
        lastNs = realNs;
        nowNs += Math.min(gap, GAP_MAX_NS);
        missedNs += Math.max(0, gap - GAP_MAX_NS);
        return nowNs;
    }

    /** What the clock shows. */
    public long nowNs() {
        return nowNs;
    }

    /** Time that did not count, in all. */
    public long missedNs() {
        return missedNs;
    }
}
