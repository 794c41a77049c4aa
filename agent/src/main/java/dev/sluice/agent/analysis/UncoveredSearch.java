package dev.sluice.agent.analysis;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Whether a box is covered by the union of others, exactly: what one cover leaves of the box is cut into boxes, and each of them is searched again. One user;
 * what it may cost is counted in comparisons of boxes and limited.
 */
final class UncoveredSearch {
    /** Comparisons for one question. A question about a few thousand covers needs some ten thousand. */
    static final long STEPS_PER_QUESTION = 4_000_000;

    private final Set<int[]> used = new LinkedHashSet<>();
    private long stepsLeftOfAll;
    private long stepsLeft;
    private boolean exhausted;

    /** A search that may make so many comparisons in all. */
    UncoveredSearch(long stepsMax) {
        stepsLeftOfAll = stepsMax;
    }

    /** The first of these boxes, or what is left of it, that is not covered; null if all are, or if {@link #exhausted}. */
    int @Nullable [] first(Collection<int[]> boxes, List<int[]> covers) {
        used.clear();
        exhausted = false;
        stepsLeft = Math.min(STEPS_PER_QUESTION, stepsLeftOfAll);
        long before = stepsLeft;
        int[] found = null;
        for (int[] box : boxes) {
            found = uncovered(box, covers);
            if (found != null || exhausted) {
                break;
            }
        }
        stepsLeftOfAll -= before - stepsLeft;
        return exhausted ? null : found;
    }

    /** Whether the last question was given up, so that its null means nothing. */
    boolean exhausted() {
        return exhausted;
    }

    /** Whether nothing can be asked any more. */
    boolean spent() {
        return stepsLeftOfAll <= 0;
    }

    /** Takes comparisons that were made elsewhere into account. */
    void spend(long steps) {
        stepsLeftOfAll -= steps;
    }

    /** The covers that the last answer null rests on. */
    Set<int[]> used() {
        return used;
    }

    private int @Nullable [] uncovered(int[] box, List<int[]> covers) {
        stepsLeft -= covers.size() + 1;
        if (stepsLeft <= 0) {
            exhausted = true;
            return null;
        }
        List<int[]> meeting = new ArrayList<>();
        int[] best = null;
        int fewest = Integer.MAX_VALUE;
        for (int[] cover : covers) {
            if (Box.intersects(cover, box)) {
                int cuts = cuts(cover, box);
                if (cuts == 0) {
                    used.add(cover);
                    return null;
                }
                meeting.add(cover);
                if (cuts < fewest) {
                    fewest = cuts;
                    best = cover;
                }
            }
        }
        if (best == null) {
            return box;
        }
        return outside(best, box, meeting);
    }

    /** Searches what a cover leaves of a box: below and above it in each dimension in turn. */
    private int @Nullable [] outside(int[] cover, int[] box, List<int[]> covers) {
        int[] rest = box;
        for (int d = 0; d < Box.DIMENSIONS && !exhausted; d++) {
            int low = rest[2 * d];
            int high = rest[2 * d + 1];
            int coverLow = cover[2 * d];
            int coverHigh = cover[2 * d + 1];
            if (coverHigh < high) {
                int[] found = uncovered(Box.with(rest, d, coverHigh + 1, high), covers);
                if (found != null) {
                    return found;
                }
            }
            if (coverLow > low && !exhausted) {
                int[] found = uncovered(Box.with(rest, d, low, coverLow - 1), covers);
                if (found != null) {
                    return found;
                }
            }
            rest = Box.with(rest, d, Math.max(low, coverLow), Math.min(high, coverHigh));
        }
        used.add(cover);
        return null;
    }

    private static int cuts(int[] cover, int[] box) {
        int cuts = 0;
        for (int i = 0; i < 2 * Box.DIMENSIONS; i += 2) {
            cuts += (cover[i] > box[i] ? 1 : 0) + (cover[i + 1] < box[i + 1] ? 1 : 0);
        }
        return cuts;
    }
}
