package dev.sluice.datapath.rules;

import java.util.Arrays;
import java.util.stream.IntStream;

/** A small immutable set of ints that compares by content; asked without boxing. */
public final class IntSet {
    /** The set without elements. */
    public static final IntSet EMPTY = new IntSet(new int[0]);

    private final int[] sorted;

    private IntSet(int[] sorted) {
        this.sorted = sorted;
    }

    /** The set of these elements, in any order. */
    public static IntSet of(int... elements) {
        return elements.length == 0
                ? EMPTY
                : new IntSet(Arrays.stream(elements).sorted().distinct().toArray());
    }

    /** Whether there are no elements. */
    public boolean isEmpty() {
        return sorted.length == 0;
    }

    /** Whether the element is in the set. */
    public boolean contains(int element) {
        return Arrays.binarySearch(sorted, element) >= 0;
    }

    /** The elements in ascending order. */
    public IntStream stream() {
        return Arrays.stream(sorted);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof IntSet set && Arrays.equals(sorted, set.sorted);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(sorted);
    }

    @Override
    public String toString() {
        return Arrays.toString(sorted);
    }
}
