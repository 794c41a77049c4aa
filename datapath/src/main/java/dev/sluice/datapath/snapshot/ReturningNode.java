package dev.sluice.datapath.snapshot;

/**
 * A service instance to which flows in progress move when it serves again, or begins to (V6).
 *
 * @param instance number of the instance
 * @param flowsPerSecond how many flows move at most, 1..{@link #FLOWS_PER_SECOND_MAX}
 */
public record ReturningNode(int instance, int flowsPerSecond) {
    /** Largest rate. */
    public static final int FLOWS_PER_SECOND_MAX = 10_000;

    /** Checks the ranges. */
    public ReturningNode {
        if (instance < 0 || flowsPerSecond < 1 || flowsPerSecond > FLOWS_PER_SECOND_MAX) {
            throw new IllegalArgumentException("instance " + instance + " with " + flowsPerSecond
                    + " flows per second is outside 0.. and 1.." + FLOWS_PER_SECOND_MAX);
        }
    }
}
