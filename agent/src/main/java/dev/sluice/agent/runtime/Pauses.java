package dev.sluice.agent.runtime;

/** How long to wait before something that failed is tried again: longer each time. One user. */
final class Pauses {
    static final long FIRST_MS = 200;
    static final long LONGEST_MS = 30_000;

    private long nextMs = FIRST_MS;

    /** The time to wait now. */
    long nextMs() {
        long waitMs = nextMs;
        nextMs = Math.min(2 * nextMs, LONGEST_MS);
        return waitMs;
    }

    /** It worked: the next wait is short again. */
    void worked() {
        nextMs = FIRST_MS;
    }
}
