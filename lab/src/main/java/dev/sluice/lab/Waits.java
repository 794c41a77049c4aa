package dev.sluice.lab;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Waiting for something that another process does: polls with a deadline, so that nothing waits longer than it must. */
public final class Waits {
    private static final long POLL_INTERVAL_NS = 5_000_000;

    private Waits() {}

    /** Returns as soon as the condition holds; throws when it does not within the time. */
    public static void until(String what, Duration atMost, BooleanSupplier condition) {
        until(what, atMost, condition, () -> "");
    }

    /** The same; the explanation (a log, a state) is added to the message on failure. */
    public static void until(String what, Duration atMost, BooleanSupplier condition, Supplier<String> explanation) {
        if (!holdsWithin(atMost, condition)) {
            String more = explanation.get();
            throw new LabException(
                    "waited " + atMost.toMillis() + " ms in vain until " + what + (more.isEmpty() ? "" : "\n" + more));
        }
    }

    /** Whether the condition comes to hold within the time. */
    public static boolean holdsWithin(Duration atMost, BooleanSupplier condition) {
        long start = System.nanoTime();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - start > atMost.toNanos()) {
                return false;
            }
            LockSupport.parkNanos(POLL_INTERVAL_NS);
            if (Thread.interrupted()) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
        return true;
    }
}
