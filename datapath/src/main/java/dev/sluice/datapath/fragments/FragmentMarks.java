package dev.sluice.datapath.fragments;

import dev.sluice.datapath.packet.FlowHash;
import java.util.Arrays;

/**
 * Which datagrams gave way before they were whole, so that nobody names them anew, and how many each place has that are not whole (packet-life.md, fragments). One writer: the worker.
 *
 * <p>A mark is four bits of a slice, so a datagram that has none is taken for one that has only where others have set its four: of {@link #placeMax} marks, which one place can leave, that is one in a
 * thousand if they came in a minute, one in forty if they came at once. A slice gathers for 20 s and counts for 60 s more. No allocation but at construction; cost: reads of 16 bits, none where
 * nothing gave way; every 20 s in which something did, a slice is cleared.
 *
 * <pre>
 *   bit i of a mark  = (lower 32 bits of the hash + i * (upper 32 bits of the hash | 1)) mod bits of a slice, i = 0..3
 *   account          = fmix(scope >>> 24) mod 4096
 * </pre>
 */
final class FragmentMarks {
    private static final long SLICE_NS = FragmentTable.LIFETIME_NS / 3;
    private static final int SLICES = 4;
    private static final int BITS_OF_MARK = 4;
    private static final int BITS_PER_DATAGRAM = 2048;
    private static final int ACCOUNTS = 4096;
    private static final int PLACE_SHIFT = 24;
    private static final int HASH_HALF_BITS = 32;

    private final int bits;
    private final long[] words;

    /** By slice. */
    private final int[] marks = new int[SLICES];

    /** By slice and account. */
    private final int[] open = new int[SLICES * ACCOUNTS];

    private long slice = Long.MIN_VALUE;

    /**
     * No marks.
     *
     * @param datagramsMax places of the table, 4..4096, a power of 2
     */
    FragmentMarks(int datagramsMax) {
        bits = datagramsMax * BITS_PER_DATAGRAM;
        words = new long[SLICES * (bits / Long.SIZE)];
    }

    /** Takes over what another one of the same size knows. */
    void copy(FragmentMarks other) {
        System.arraycopy(other.words, 0, words, 0, words.length);
        System.arraycopy(other.marks, 0, marks, 0, SLICES);
        System.arraycopy(other.open, 0, open, 0, open.length);
        slice = other.slice;
    }

    /** Most datagrams of one place that are not whole. */
    int placeMax() {
        return bits / 8;
    }

    /** Takes note of the time, before anything is asked for or said at it. */
    void advance(long nowNs) {
        long now = sliceAt(nowNs);
        for (long each = Math.max(slice + 1, now - SLICES + 1); each <= now; each++) {
            clear(index(each));
        }
        slice = now;
    }

    private void clear(int index) {
        int size = words.length / SLICES;
        if (marks[index] > 0) {
            Arrays.fill(words, index * size, (index + 1) * size, 0);
            marks[index] = 0;
        }
        Arrays.fill(open, index * ACCOUNTS, (index + 1) * ACCOUNTS, 0);
    }

    /** Marks a datagram. */
    void mark(long hash) {
        int index = index(slice);
        marks[index]++;
        for (int i = 0; i < BITS_OF_MARK; i++) {
            int bit = bit(hash, i);
            words[index * (bits / Long.SIZE) + bit / Long.SIZE] |= 1L << bit;
        }
    }

    /** Whether a datagram has a mark, or may have one. */
    boolean isMarked(long hash) {
        for (int index = 0; index < SLICES; index++) {
            if (marks[index] > 0 && isMarked(hash, index)) {
                return true;
            }
        }
        return false;
    }

    private boolean isMarked(long hash, int index) {
        for (int i = 0; i < BITS_OF_MARK; i++) {
            int bit = bit(hash, i);
            if ((words[index * (bits / Long.SIZE) + bit / Long.SIZE] & (1L << bit)) == 0) {
                return false;
            }
        }
        return true;
    }

    private int bit(long hash, int i) {
        return ((int) hash + i * ((int) (hash >>> HASH_HALF_BITS) | 1)) & (bits - 1);
    }

    /** A datagram of a place was named. */
    void opened(long scope) {
        open[index(slice) * ACCOUNTS + account(scope)]++;
    }

    /** One that was named at the given time, which is not longer ago than its life, is whole, or named anew. */
    void closed(long scope, long namedNs) {
        open[index(sliceAt(namedNs)) * ACCOUNTS + account(scope)]--;
    }

    /** Whether a place has as many datagrams that are not whole as it may have. */
    boolean isFull(long scope) {
        int sum = 0;
        for (int index = 0; index < SLICES; index++) {
            sum += open[index * ACCOUNTS + account(scope)];
        }
        return sum >= placeMax();
    }

    private static int account(long scope) {
        return (int) FlowHash.mix(scope >>> PLACE_SHIFT) & (ACCOUNTS - 1);
    }

    private static long sliceAt(long nowNs) {
        return Math.floorDiv(nowNs, SLICE_NS);
    }

    private static int index(long slice) {
        return (int) slice & (SLICES - 1);
    }
}
