package dev.sluice.testkit.reference;

import dev.sluice.testkit.MemoryOffload;
import org.jspecify.annotations.Nullable;

/** Many scenarios, one after the other. Stateless. */
public final class Campaign {
    private static final int EVENTS_PER_SCENARIO = 800;

    private static final Scenario.Front IN_MEMORY = new Scenario.Front(MemoryOffload::new, 0);

    private Campaign() {}

    /**
     * Compares data path and model until a number of packets has been seen.
     *
     * @param seed of the first scenario; each following one has the next number
     * @return the first difference, shrunk, in words; null if there is none
     */
    public static @Nullable String run(long seed, long packets, Coverage coverage) {
        for (long next = seed; coverage.packets() < packets; next++) {
            Scenario.Difference difference = Scenario.explore(next, EVENTS_PER_SCENARIO, coverage);
            if (difference != null) {
                return Scenario.shrink(difference).toString();
            }
        }
        return null;
    }

    /**
     * The same, with a fast path in front of the data path of each scenario.
     *
     * @param told gets what fast paths repeated, and why they did not
     */
    static @Nullable String runBehindFastPaths(long seed, long packets, Coverage coverage, FastPathCoverage told) {
        for (long next = seed; coverage.packets() < packets; next++) {
            InFront fastPath = InFront.of(next);
            Scenario.Difference difference = Scenario.exploreBehind(
                            fastPath, IN_MEMORY, next, EVENTS_PER_SCENARIO, coverage)
                    .difference();
            if (difference != null) {
                return Scenario.shrink(difference).toString();
            }
            told.add(fastPath);
        }
        return null;
    }

    /**
     * The same with other fast paths; and the packets of each scenario once more to a data path that has none.
     *
     * @param front what makes them
     */
    static @Nullable String runBehindAndAlone(
            Scenario.Front front, long seed, long packets, Coverage coverage, FastPathCoverage told) {
        for (long next = seed; coverage.packets() < packets; next++) {
            InFront fastPath = front.of(next);
            Scenario.Explored behind = Scenario.exploreBehind(fastPath, front, next, EVENTS_PER_SCENARIO, coverage);
            told.add(fastPath);
            Scenario.Difference difference = behind.difference();
            if (difference == null) {
                difference = behind.scenario().alone().replay();
            }
            if (difference != null) {
                return Scenario.shrink(difference).toString();
            }
        }
        return null;
    }

    /** Whether a difference is found, and after how many packets: neither shrunk nor told, for runs in another class loader. */
    public static String differenceOr(String none, long seed, long packets) {
        Coverage coverage = new Coverage();
        for (long next = seed; coverage.packets() < packets; next++) {
            if (Scenario.explore(next, EVENTS_PER_SCENARIO, coverage) != null) {
                return "seed " + next + " after " + coverage.packets() + " packets";
            }
        }
        return none;
    }

    /** The same as {@link #differenceOr}, with a fast path in front. */
    public static String differenceBehindFastPathsOr(String none, long seed, long packets) {
        Coverage coverage = new Coverage();
        for (long next = seed; coverage.packets() < packets; next++) {
            InFront fastPath = InFront.of(next);
            if (Scenario.exploreBehind(fastPath, IN_MEMORY, next, EVENTS_PER_SCENARIO, coverage)
                            .difference()
                    != null) {
                return "seed " + next + " after " + coverage.packets() + " packets";
            }
        }
        return none;
    }

    /** Runs from the command line: seed and packets. */
    public static void main(String[] args) {
        Coverage coverage = new Coverage();
        String difference = run(Long.parseLong(args[0]), Long.parseLong(args[1]), coverage);
        System.out.println(difference == null ? "no difference" : difference);
        System.out.println(coverage);
    }
}
