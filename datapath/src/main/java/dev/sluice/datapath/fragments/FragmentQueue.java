package dev.sluice.datapath.fragments;

import dev.sluice.datapath.packet.Batch;
import java.util.Arrays;

/**
 * Fragments that came before the first one of their datagram (packet-life.md, fragments). One writer: the worker.
 *
 * <p>Bounded: 64 frames, 4 of a datagram, for a second. No allocation but at construction; a scan of 64 places, and only while something waits.
 */
final class FragmentQueue {
    /** Most frames that wait. */
    static final int FRAMES_MAX = 64;

    private static final int OF_DATAGRAM_MAX = 4;
    private static final long WAIT_NS = 1_000_000_000L;
    private static final int NONE = -1;

    private final Batch held = new Batch();
    private final FragmentKeys keys = new FragmentKeys(FRAMES_MAX);
    private final boolean[] used = new boolean[FRAMES_MAX];
    private final long[] sinceNs = new long[FRAMES_MAX];
    private final long[] sequence = new long[FRAMES_MAX];
    private long added;
    private int count;

    /** Where the frames are, by place. */
    Batch held() {
        return held;
    }

    int count() {
        return count;
    }

    /** Number of frames that ever were let wait. */
    long added() {
        return added;
    }

    /** Has as much room as the other one, but no frames: what waits there takes its places and never leaves them. */
    void waitElsewhere(FragmentQueue other) {
        keys.copy(other.keys);
        System.arraycopy(other.used, 0, used, 0, FRAMES_MAX);
        Arrays.fill(sequence, Long.MAX_VALUE);
        added = other.added;
        count = other.count;
    }

    /** Lets a frame wait; false if there is no room. */
    boolean add(FragmentKey key, Batch from, int slot, long nowNs) {
        int free = NONE;
        int same = 0;
        for (int i = 0; i < FRAMES_MAX; i++) {
            if (!used[i]) {
                free = i;
            } else if (keys.holds(i, key)) {
                same++;
            }
        }
        if (free == NONE || same == OF_DATAGRAM_MAX) {
            return false;
        }
        held.copyWaiting(free, from, slot);
        keys.set(free, key);
        used[free] = true;
        sinceNs[free] = nowNs;
        sequence[free] = added++;
        count++;
        return true;
    }

    /** Takes the frame of a datagram that has waited longest, if it was added before the given number; its place, -1 if there is none. */
    int take(FragmentKeys of, int place, long before) {
        int oldest = NONE;
        for (int i = 0; i < FRAMES_MAX; i++) {
            boolean its = used[i] && sequence[i] < before && keys.holds(i, of, place);
            if (its && (oldest == NONE || sequence[i] < sequence[oldest])) {
                oldest = i;
            }
        }
        return free(oldest);
    }

    /** Takes a frame that has waited too long; its place, -1 if there is none. */
    int takeExpired(long nowNs) {
        if (count == 0) {
            return NONE;
        }
        int oldest = NONE;
        for (int i = 0; i < FRAMES_MAX; i++) {
            if (used[i] && nowNs - sinceNs[i] >= WAIT_NS && (oldest == NONE || sequence[i] < sequence[oldest])) {
                oldest = i;
            }
        }
        return free(oldest);
    }

    private int free(int place) {
        if (place != NONE) {
            used[place] = false;
            count--;
        }
        return place;
    }
}
