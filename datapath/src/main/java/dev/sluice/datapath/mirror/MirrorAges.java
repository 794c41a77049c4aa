package dev.sluice.datapath.mirror;

import dev.sluice.datapath.track.ConnectionTable;

/**
 * When each journey was last known to be used, in that order: a list from the one that was idle longest to the one that was used last. One writer: the worker.
 *
 * <p>The order is that in which uses became known, which lags behind the uses themselves by the time between two readings of a record. All memory is taken at construction; each call costs
 * the same, however many there are.
 */
final class MirrorAges {
    private static final int NONE = MirrorEntries.NONE;

    private final int[] older;
    private final int[] newer;
    private final int[] seenMs;
    private int oldest;
    private int newest;

    /** For entries 1 to below {@code count}. */
    MirrorAges(int count) {
        older = new int[count];
        newer = new int[count];
        seenMs = new int[count];
    }

    /** An entry is new; the time as {@link ConnectionTable#tableMs} has it. */
    void join(int entry, int nowMs) {
        seenMs[entry] = nowMs;
        older[entry] = newest;
        newer[entry] = NONE;
        if (newest == NONE) {
            oldest = entry;
        } else {
            newer[newest] = entry;
        }
        newest = entry;
    }

    void leave(int entry) {
        int before = older[entry];
        int after = newer[entry];
        if (before == NONE) {
            oldest = after;
        } else {
            newer[before] = after;
        }
        if (after == NONE) {
            newest = before;
        } else {
            older[after] = before;
        }
    }

    /** An entry was used at a time. */
    void seen(int entry, int atMs) {
        leave(entry);
        join(entry, atMs);
    }

    /** The one that was idle longest, {@link MirrorEntries#NONE} if there is none. */
    int oldest() {
        return oldest;
    }

    /** When it was last known to be used. */
    int seenMs(int entry) {
        return seenMs[entry];
    }
}
