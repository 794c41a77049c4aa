package dev.sluice.agent;

import java.time.Instant;

/**
 * The time of day, for what people are shown: when a configuration came into force, when a rule was hit last, when a captured frame passed. Nothing is decided or timed by it,
 * so it may jump (F14); all timing is by {@link System#nanoTime}. Any thread.
 */
public final class WallClock {
    private WallClock() {}

    public static Instant now() {
        return Instant.now();
    }

    /** Nanoseconds since 1970, with the resolution of milliseconds. */
    public static long epochNs() {
        return System.currentTimeMillis() * 1_000_000L;
    }
}
