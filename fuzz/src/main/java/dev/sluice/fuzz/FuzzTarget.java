package dev.sluice.fuzz;

import java.util.Locale;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * Random tests of one target, turn after turn, each from a seed of its own. Immutable.
 *
 * <p>{@code -Dsluice.fuzz.minutes=M} is for all targets together, of which each gets its share; 0 is one turn. {@code -Dsluice.seed=N} is the seed of the first turn, a new one without it.
 *
 * @param target what people call it; without a colon
 * @param test what repeats it, as {@code TestClass#method}
 * @param turn tests from one seed
 */
public record FuzzTarget(String target, String test, Turn turn) {
    /** Every target goes on for two seconds of each minute: there are about thirty. */
    private static final long SECONDS_OF_MINUTE = 2;

    /** Seeds are short enough to be typed. */
    private static final long SEEDS = 1_000_000_000_000L;

    private static final long TURN_SECONDS_MAX = 120;

    /** Tests from one seed. */
    @FunctionalInterface
    public interface Turn {
        /**
         * Does all that follows from a seed, the same each time.
         *
         * @return how many inputs were tried
         * @throws Exception or an error, if something was found
         */
        long run(long seed) throws Exception;
    }

    /** One turn, as the check does it; what is found names its seed and how it is found again. */
    public long once(long seed) {
        Thread watch = Thread.ofPlatform().daemon().unstarted(() -> tellWhoHangs(seed));
        watch.start();
        try {
            return turn.run(seed);
        } catch (Exception | AssertionError | StackOverflowError e) {
            throw new AssertionError(name(seed) + ": " + withCauses(e), e);
        } finally {
            watch.interrupt();
        }
    }

    private static String withCauses(Throwable found) {
        StringBuilder words = new StringBuilder(found.toString());
        for (Throwable cause = found.getCause(); cause != null; cause = cause.getCause()) {
            words.append("\nbecause of ").append(cause);
            for (StackTraceElement frame : cause.getStackTrace()) {
                if (frame.getClassName().startsWith("dev.sluice.")) {
                    words.append("\n    at ").append(frame);
                }
            }
        }
        return words.toString();
    }

    private String name(long seed) {
        return "fuzz " + target + ", seed " + seed + " (again: ./dev fuzz 0 --seed " + seed + " '" + test + "')";
    }

    private void tellWhoHangs(long seed) {
        try {
            TimeUnit.SECONDS.sleep(TURN_SECONDS_MAX);
            System.out.println(name(seed) + ": takes more than " + TURN_SECONDS_MAX + " s");
        } catch (InterruptedException e) {
            // The turn has ended, and with it this thread.
        }
    }

    /** Turns until its time is over; then, or when something is found, prints the line that {@code ./dev fuzz} collects. */
    public void run() {
        String seedGiven = System.getProperty("sluice.seed", "random");
        long first =
                seedGiven.equals("random") ? ThreadLocalRandom.current().nextLong(SEEDS) : Long.parseLong(seedGiven);
        long startNs = System.nanoTime();
        long endNs = startNs + TimeUnit.SECONDS.toNanos(SECONDS_OF_MINUTE * Long.getLong("sluice.fuzz.minutes", 1));
        long seed = first;
        long executions = 0;
        String found = "0 findings";
        try {
            do {
                found = "a finding at seed " + seed;
                executions += once(seed++);
                found = "0 findings";
            } while (System.nanoTime() < endNs);
        } finally {
            System.out.println(String.format(
                    Locale.ROOT,
                    "fuzz %s: %d executions, %.1f s, first seed %d, %s",
                    target,
                    executions,
                    (System.nanoTime() - startNs) / 1e9,
                    first,
                    found));
        }
    }
}
