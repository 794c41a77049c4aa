package dev.sluice.agent.southbound;

import java.util.random.RandomGenerator;

/** How long to wait before the next try: longer each time, and never all at once. One user. */
public final class Backoff {
    private static final long FIRST_MS = 200;
    private static final long LONGEST_MS = 15_000;

    private final RandomGenerator random;
    private long nextMs = FIRST_MS;

    /** The first wait is short. */
    public Backoff(RandomGenerator random) {
        this.random = random;
    }

    /** The time to wait, in ms: between half and all of what it has grown to. */
    public long next() {
        long waitMs = nextMs / 2 + random.nextLong(nextMs / 2 + 1);
        nextMs = Math.min(2 * nextMs, LONGEST_MS);
        return waitMs;
    }

    /** It worked: the next wait is short again. */
    public void worked() {
        nextMs = FIRST_MS;
    }
}
