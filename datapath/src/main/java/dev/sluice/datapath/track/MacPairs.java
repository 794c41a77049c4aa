package dev.sluice.datapath.track;

import java.util.Arrays;

/**
 * Small numbers for (source MAC, destination MAC) pairs, so that a flow record can restore an Ethernet header from 4 bytes. One writer: the worker.
 *
 * <p>A number belongs to its pair as long as someone holds a reference to it and is used again only after the last one was released. Bounded, open
 * addressing with linear probing and shifting back on removal; no operation allocates.
 */
public final class MacPairs {
    /** What {@link #intern} answers when the table is full; never the number of a pair. */
    public static final int NONE = 0;

    /** Usual bound: 65,536 pairs, about 2 MiB. */
    public static final int PAIRS_MAX = 65_536;

    private final long[] source;
    private final long[] destination;
    private final int[] references;

    /** Numbers without a pair, as a stack. */
    private final int[] free;

    private int freeCount;

    /** Slot -> number, 0 if empty. A power of two of slots, at least twice as many as pairs. */
    private final int[] slots;

    /** A table for at most the given number of pairs, 1..2^24. */
    public MacPairs(int pairsMax) {
        if (pairsMax < 1 || pairsMax > 1 << 24) {
            throw new IllegalArgumentException("MAC pair table for " + pairsMax + " pairs is outside 1..16777216");
        }
        source = new long[pairsMax + 1];
        destination = new long[pairsMax + 1];
        references = new int[pairsMax + 1];
        free = new int[pairsMax];
        slots = new int[Integer.highestOneBit(pairsMax) << 2];
        clear();
    }

    /** Forgets all pairs; numbers handed out before are void. */
    public void clear() {
        Arrays.fill(slots, NONE);
        Arrays.fill(references, 0);
        freeCount = free.length;
        for (int i = 0; i < freeCount; i++) {
            free[i] = freeCount - i;
        }
    }

    /**
     * The number of a pair, with one reference for the caller to {@link #release}.
     *
     * @return a number above 0, or {@link #NONE} if the pair is new and the table full
     */
    public int intern(long sourceMac, long destinationMac) {
        int mask = slots.length - 1;
        int slot = home(sourceMac, destinationMac);
        for (int id = slots[slot]; id != NONE; id = slots[slot]) {
            if (source[id] == sourceMac && destination[id] == destinationMac) {
                references[id]++;
                return id;
            }
            slot = slot + 1 & mask;
        }
        if (freeCount == 0) {
            return NONE;
        }
        int id = free[--freeCount];
        source[id] = sourceMac;
        destination[id] = destinationMac;
        references[id] = 1;
        slots[slot] = id;
        return id;
    }

    /** Adds a reference to a number that the caller knows to be held. {@link #NONE} is ignored. */
    public void retain(int id) {
        if (id != NONE) {
            assert references[id] > 0 : "MAC pair " + id + " is not held";
            references[id]++;
        }
    }

    /** Takes back one reference; the last one frees the number. {@link #NONE} and numbers that nobody holds are ignored. */
    public void release(int id) {
        assert id == NONE || references[id] > 0 : "MAC pair " + id + " is not held";
        if (id == NONE || references[id] == 0) {
            return;
        }
        if (--references[id] == 0) {
            remove(id);
            free[freeCount++] = id;
        }
    }

    /** Source address of a held pair, 48 bits. */
    public long source(int id) {
        return source[id];
    }

    /** Destination address of a held pair, 48 bits. */
    public long destination(int id) {
        return destination[id];
    }

    /** References to a number. */
    public int references(int id) {
        return references[id];
    }

    /** Pairs that are held. */
    public int count() {
        return free.length - freeCount;
    }

    private void remove(int id) {
        int mask = slots.length - 1;
        int hole = home(source[id], destination[id]);
        while (slots[hole] != id) {
            hole = hole + 1 & mask;
        }
        // Close the gap: an entry may move back as long as it does not pass its home slot.
        for (int slot = hole + 1 & mask; slots[slot] != NONE; slot = slot + 1 & mask) {
            int home = home(source[slots[slot]], destination[slots[slot]]);
            if ((slot - home & mask) >= (slot - hole & mask)) {
                slots[hole] = slots[slot];
                hole = slot;
            }
        }
        slots[hole] = NONE;
    }

    private int home(long sourceMac, long destinationMac) {
        long h = sourceMac * 0x9e37_79b9_7f4a_7c15L ^ Long.rotateLeft(destinationMac, 24) * 0xc2b2_ae3d_27d4_eb4fL;
        h = (h ^ h >>> 32) * 0xd6e8_feb8_6659_fd93L;
        return (int) (h >>> 32) & slots.length - 1;
    }
}
