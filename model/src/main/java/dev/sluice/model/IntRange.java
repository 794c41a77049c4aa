package dev.sluice.model;

/**
 * Whole numbers from low to high, both included.
 *
 * @param low the lowest
 * @param high the highest, not below low
 */
public record IntRange(int low, int high) {
    /** Checks the order. */
    public IntRange {
        Checks.require(low <= high, "range " + low + "-" + high + " is upside down");
    }

    /** Whether the value lies inside. */
    public boolean contains(int value) {
        return value >= low && value <= high;
    }

    /** {@code n} or {@code a-b}, as users write it. */
    @Override
    public String toString() {
        return low == high ? Integer.toString(low) : low + "-" + high;
    }
}
