package dev.sluice.datapath.route;

import dev.sluice.wire.IpPrefix;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;

/**
 * Disjoint ranges of a 128-bit space, each with a value, and the search for the range of a key. Immutable.
 *
 * <p>The starts of the ranges are sorted. A directory over the top bits of the window between the second and the last start narrows the
 * search to a few ranges; it has about as many slots as there are ranges, so a small table costs a few hundred bytes and a lookup in a large one
 * touches two or three cache lines. Blocks nested to any depth cost at most two ranges each.
 */
final class RouteRanges {
    /** Largest directory: 2^18 slots, 1 MiB. */
    private static final int DIRECTORY_BITS_MAX = 18;

    private final long[] startHi;
    private final long[] startLo;
    private final int[] value;

    /** Start of the second range: the first key the directory covers. */
    private final long windowStart;

    private final int windowShift;

    /** Slot b: index of the first range, from 1, whose start lies in slot b or later; one slot more than there are, for the end. */
    private final int[] directory;

    /**
     * Keys that agree in their first bits.
     *
     * @param hi upper 64 bits of the first key
     * @param lo lower 64 bits
     * @param bits how many leading bits agree, 0..128
     * @param value what a lookup answers, from 0
     */
    record Block(long hi, long lo, int bits, int value) {}

    private RouteRanges(long[] startHi, long[] startLo, int[] value) {
        this.startHi = startHi;
        this.startLo = startLo;
        this.value = value;
        int count = value.length;
        windowStart = count > 1 ? startHi[1] : 0;
        long span = count > 1 ? startHi[count - 1] - windowStart : 0;
        int directoryBits = Math.min(DIRECTORY_BITS_MAX, Integer.SIZE - Integer.numberOfLeadingZeros(count));
        windowShift = Math.max(0, Long.SIZE - Long.numberOfLeadingZeros(span) - directoryBits);
        directory = new int[(int) (span >>> windowShift) + 2];
        Arrays.fill(directory, count);
        for (int i = count - 1; i > 0; i--) {
            directory[(int) ((startHi[i] - windowStart) >>> windowShift)] = i;
        }
        for (int slot = directory.length - 2; slot >= 0; slot--) {
            directory[slot] = Math.min(directory[slot], directory[slot + 1]);
        }
    }

    /** Flattens blocks into ranges: the longest block that holds a key counts, of equal blocks the earliest in the list. */
    static RouteRanges of(List<Block> blocks) {
        List<Block> sorted = new ArrayList<>(blocks);
        sorted.sort((a, b) -> {
            int byStart = compare(a.hi, a.lo, b.hi, b.lo);
            return byStart != 0 ? byStart : Integer.compare(a.bits, b.bits);
        });
        Flattening ranges = new Flattening(sorted.size());
        Deque<Block> open = new ArrayDeque<>();
        for (Block block : sorted) {
            ranges.closeBefore(open, block);
            Block outer = open.peek();
            if (outer != null && outer.bits == block.bits) {
                continue;
            }
            open.push(block);
            ranges.begin(block.hi, block.lo, block.value);
        }
        ranges.closeAll(open);
        return ranges.toRanges();
    }

    /** The value of the range that holds a key, -1 if no block does. Allocates nothing. */
    int find(long hi, long lo) {
        if (Long.compareUnsigned(hi, windowStart) < 0) {
            return value[0];
        }
        long slot = (hi - windowStart) >>> windowShift;
        if (slot >= directory.length - 1 || slot < 0) {
            return value[value.length - 1];
        }
        int low = directory[(int) slot] - 1;
        int high = directory[(int) slot + 1] - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            long middleHi = startHi[middle];
            boolean atOrBefore = middleHi == hi
                    ? Long.compareUnsigned(startLo[middle], lo) <= 0
                    : Long.compareUnsigned(middleHi, hi) < 0;
            if (atOrBefore) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return value[low];
    }

    long tableBytes() {
        return 20L * value.length + 4L * directory.length;
    }

    private static int compare(long aHi, long aLo, long bHi, long bLo) {
        int byHi = Long.compareUnsigned(aHi, bHi);
        return byHi != 0 ? byHi : Long.compareUnsigned(aLo, bLo);
    }

    /** Ranges under construction, in ascending order. */
    private static final class Flattening {
        private final long[] hi;
        private final long[] lo;
        private final int[] value;
        private int count;

        Flattening(int blockCount) {
            int most = 2 * blockCount + 1;
            hi = new long[most];
            lo = new long[most];
            value = new int[most];
            begin(0, 0, -1);
        }

        /** From the given key on, the value holds; replaces a range that would begin at the same key. */
        void begin(long startHi, long startLo, int newValue) {
            if (count > 0 && hi[count - 1] == startHi && lo[count - 1] == startLo) {
                count--;
            }
            if (count > 0 && value[count - 1] == newValue) {
                return;
            }
            hi[count] = startHi;
            lo[count] = startLo;
            value[count++] = newValue;
        }

        /** Ends the open blocks that do not hold the next one. */
        void closeBefore(Deque<Block> open, Block next) {
            for (Block top = open.peek(); top != null && !holds(top, next); top = open.peek()) {
                close(open);
            }
        }

        void closeAll(Deque<Block> open) {
            while (!open.isEmpty()) {
                close(open);
            }
        }

        private void close(Deque<Block> open) {
            Block ended = open.pop();
            Block outer = open.peek();
            long lastHi = ended.hi | ~IpPrefix.maskHi(ended.bits);
            long afterLo = (ended.lo | ~IpPrefix.maskLo(ended.bits)) + 1;
            long afterHi = afterLo == 0 ? lastHi + 1 : lastHi;
            boolean reachesEnd = afterHi == 0 && afterLo == 0;
            if (!reachesEnd) {
                begin(afterHi, afterLo, outer == null ? -1 : outer.value);
            }
        }

        private static boolean holds(Block outer, Block inner) {
            return (inner.hi & IpPrefix.maskHi(outer.bits)) == outer.hi
                    && (inner.lo & IpPrefix.maskLo(outer.bits)) == outer.lo;
        }

        RouteRanges toRanges() {
            return new RouteRanges(Arrays.copyOf(hi, count), Arrays.copyOf(lo, count), Arrays.copyOf(value, count));
        }
    }
}
