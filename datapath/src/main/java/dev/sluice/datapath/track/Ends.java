package dev.sluice.datapath.track;

/** When the first of some things is over, at the earliest, and when all were last looked at for that. One user: the worker. No call allocates. */
final class Ends {
    private final long lateNs;
    private boolean any;
    private long firstNs;
    private long lookedNs;

    /** @param lateNs all are looked at once in so long at most, in ns */
    Ends(long lateNs) {
        this.lateNs = lateNs;
    }

    /** One of them is over then. */
    void add(long atNs) {
        firstNs = any && firstNs - atNs < 0 ? firstNs : atNs;
        any = true;
    }

    /** Whether something may be over, and it is time to look. */
    boolean isDue(long nowNs) {
        return any && nowNs - firstNs >= 0 && nowNs - lookedNs >= lateNs;
    }

    /** Not all were looked at: the rest is due at once. */
    void goOn(long nowNs) {
        any = true;
        firstNs = nowNs;
        lookedNs = nowNs - lateNs;
    }

    /** All are looked at now: what is not over is to be added again. */
    void begin(long nowNs) {
        any = false;
        lookedNs = nowNs;
    }
}
