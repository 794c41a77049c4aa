package dev.sluice.agent.analysis;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * One property of packets, cut into the stretches between which no rule tells a difference; a stretch is called by its index. One user: the space that cuts
 * it, then reads it.
 */
final class Axis<T extends Comparable<T>> {
    private final TreeSet<T> starts = new TreeSet<>();
    private List<T> cut = List.of();

    /** Begins a stretch at this value. */
    void cutAt(@Nullable T value) {
        if (value != null) {
            starts.add(value);
        }
    }

    /** No cuts from here on. */
    void freeze() {
        cut = List.copyOf(new ArrayList<>(starts));
    }

    /** The stretch that begins at a value given to {@link #cutAt}. */
    int index(T start) {
        int index = Collections.binarySearch(cut, start);
        if (index < 0) {
            throw new IllegalStateException("no stretch begins at " + start);
        }
        return index;
    }

    /** The last stretch before a value; of null, which is beyond all, the last one. */
    int before(@Nullable T end) {
        return end == null ? cut.size() - 1 : index(end) - 1;
    }

    /** The first value of a stretch. */
    T at(int index) {
        return cut.get(index);
    }
}
