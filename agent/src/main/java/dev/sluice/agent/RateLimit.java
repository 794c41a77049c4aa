package dev.sluice.agent;

/** Lets one of many repeating log messages through per interval. One user. */
public final class RateLimit {
    private final long intervalNs;
    private long lastNs;
    private boolean used;

    public RateLimit(long intervalNs) {
        this.intervalNs = intervalNs;
    }

    /** Whether to log now. */
    public boolean allows(long nowNs) {
        if (used && nowNs - lastNs < intervalNs) {
            return false;
        }
        used = true;
        lastNs = nowNs;
        return true;
    }
}
