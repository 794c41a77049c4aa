package dev.sluice.datapath.neighbors;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * The entries of {@link Neighbors} as a struct of arrays: found by key, ordered by age, ordered by deadline. One writer: the worker.
 *
 * <p>Entry numbers run from 1; 0 is none. All memory is taken at construction. Finding is open addressing with linear probing; ages are a doubly
 * linked list per class (with and without MAC), oldest first; deadlines are a binary heap that knows where each entry is.
 */
final class NeighborsTable {
    /** Class of entries whose MAC is not known. */
    static final int UNRESOLVED = 0;

    /** Class of entries whose MAC is known. */
    static final int RESOLVED = 1;

    /** Class of entries that never go by themselves. */
    static final int PERMANENT = 2;

    final int[] port;
    final long[] hi;
    final long[] lo;
    final long[] mac;
    final byte[] state;

    /** Solicitations sent since the state began. */
    final byte[] tries;

    /** Whether someone asked for the entry since it was last confirmed. */
    final boolean[] used;

    /** Whether a fast path sends to the MAC address. */
    final boolean[] watched;

    final long[] deadlineNs;

    /** Oldest held frame, -1 if none; kept by {@link NeighborsHeld}. */
    final int[] heldFirst;

    final int[] heldLast;
    final byte[] heldCount;

    private final int[] hash;
    private final int[] slots;
    private final long seed = new SplittableRandom().nextLong();
    private final int[] free;
    private int freeCount;

    private final byte[] ageClass;
    private final int[] older;
    private final int[] newer;
    private final int[] oldest = new int[3];
    private final int[] newest = new int[3];

    private final int[] heap;
    private final int[] heapPosition;
    private int heapCount;

    /** Where entries made before are found, while foretelling. */
    private @Nullable NeighborsTable source;

    NeighborsTable(int entriesMax) {
        int size = entriesMax + 1;
        port = new int[size];
        hi = new long[size];
        lo = new long[size];
        mac = new long[size];
        state = new byte[size];
        tries = new byte[size];
        used = new boolean[size];
        watched = new boolean[size];
        deadlineNs = new long[size];
        heldFirst = new int[size];
        heldLast = new int[size];
        heldCount = new byte[size];
        hash = new int[size];
        slots = new int[Integer.highestOneBit(entriesMax) << 2];
        free = new int[entriesMax];
        ageClass = new byte[size];
        older = new int[size];
        newer = new int[size];
        heap = new int[size];
        heapPosition = new int[size];
        Arrays.fill(heldFirst, -1);
        Arrays.fill(heldLast, -1);
        freeCount = entriesMax;
        for (int i = 0; i < entriesMax; i++) {
            free[i] = entriesMax - i;
        }
    }

    int count() {
        return free.length - freeCount;
    }

    int entriesMax() {
        return free.length;
    }

    boolean isFull() {
        return freeCount == 0;
    }

    /** Whether the number belongs to an entry now. */
    boolean isTaken(int entry) {
        return state[entry] != 0;
    }

    /** The entry of a key, 0 if there is none. */
    int find(int keyPort, long keyHi, long keyLo) {
        int mask = slots.length - 1;
        int slot = hashOf(keyPort, keyHi, keyLo) & mask;
        for (int entry = slots[slot]; entry != 0; entry = slots[slot]) {
            if (lo[entry] == keyLo && hi[entry] == keyHi && port[entry] == keyPort) {
                return entry;
            }
            slot = slot + 1 & mask;
        }
        return source == null ? 0 : adopt(source, keyPort, keyHi, keyLo);
    }

    /** Copies entries from the other table as they are asked for; the frames that wait for them stay there. */
    void lookInto(NeighborsTable other) {
        source = other;
    }

    private int adopt(NeighborsTable other, int keyPort, long keyHi, long keyLo) {
        int from = other.find(keyPort, keyHi, keyLo);
        if (from == 0 || isFull()) {
            return 0;
        }
        int entry = add(keyPort, keyHi, keyLo, other.state[from], other.ageClass[from]);
        mac[entry] = other.mac[from];
        tries[entry] = other.tries[from];
        used[entry] = other.used[from];
        if (other.heapPosition[from] != 0) {
            setDeadline(entry, other.deadlineNs[from]);
        }
        return entry;
    }

    /** Adds an entry for a key that has none, youngest of its class, without deadline; there has to be room. */
    int add(int keyPort, long keyHi, long keyLo, byte firstState, int firstClass) {
        int entry = free[--freeCount];
        port[entry] = keyPort;
        hi[entry] = keyHi;
        lo[entry] = keyLo;
        mac[entry] = Neighbors.UNKNOWN;
        state[entry] = firstState;
        tries[entry] = 0;
        used[entry] = false;
        watched[entry] = false;
        hash[entry] = hashOf(keyPort, keyHi, keyLo);
        int mask = slots.length - 1;
        int slot = hash[entry] & mask;
        while (slots[slot] != 0) {
            slot = slot + 1 & mask;
        }
        slots[slot] = entry;
        link(entry, firstClass);
        return entry;
    }

    /** Removes an entry; its held frames have to be gone. */
    void remove(int entry) {
        clearDeadline(entry);
        unlink(entry);
        int mask = slots.length - 1;
        int hole = hash[entry] & mask;
        while (slots[hole] != entry) {
            hole = hole + 1 & mask;
        }
        for (int slot = hole + 1 & mask; slots[slot] != 0; slot = slot + 1 & mask) {
            if ((slot - hash[slots[slot]] & mask) >= (slot - hole & mask)) {
                slots[hole] = slots[slot];
                hole = slot;
            }
        }
        slots[hole] = 0;
        state[entry] = 0;
        free[freeCount++] = entry;
    }

    /** The entry that was longest in a class, 0 if the class is empty. */
    int oldest(int inClass) {
        return oldest[inClass];
    }

    /** Makes an entry the youngest of a class. */
    void renew(int entry, int inClass) {
        unlink(entry);
        link(entry, inClass);
    }

    private void link(int entry, int inClass) {
        ageClass[entry] = (byte) inClass;
        older[entry] = newest[inClass];
        newer[entry] = 0;
        if (newest[inClass] != 0) {
            newer[newest[inClass]] = entry;
        } else {
            oldest[inClass] = entry;
        }
        newest[inClass] = entry;
    }

    private void unlink(int entry) {
        int inClass = ageClass[entry];
        if (older[entry] != 0) {
            newer[older[entry]] = newer[entry];
        } else {
            oldest[inClass] = newer[entry];
        }
        if (newer[entry] != 0) {
            older[newer[entry]] = older[entry];
        } else {
            newest[inClass] = older[entry];
        }
    }

    /** The entry with the earliest deadline, 0 if none has one. */
    int firstDue() {
        return heapCount == 0 ? 0 : heap[1];
    }

    /** Sets or moves the deadline of an entry. */
    void setDeadline(int entry, long atNs) {
        deadlineNs[entry] = atNs;
        if (heapPosition[entry] == 0) {
            heap[++heapCount] = entry;
            heapPosition[entry] = heapCount;
        }
        siftUp(heapPosition[entry]);
        siftDown(heapPosition[entry]);
    }

    void clearDeadline(int entry) {
        int hole = heapPosition[entry];
        if (hole == 0) {
            return;
        }
        heapPosition[entry] = 0;
        int last = heap[heapCount--];
        if (last != entry) {
            heap[hole] = last;
            heapPosition[last] = hole;
            siftUp(hole);
            siftDown(heapPosition[last]);
        }
    }

    private void siftUp(int from) {
        int entry = heap[from];
        int at = from;
        while (at > 1 && deadlineNs[entry] - deadlineNs[heap[at >>> 1]] < 0) {
            place(heap[at >>> 1], at);
            at >>>= 1;
        }
        place(entry, at);
    }

    private void siftDown(int from) {
        int entry = heap[from];
        int at = from;
        while (2 * at <= heapCount) {
            int child = 2 * at;
            if (child < heapCount && deadlineNs[heap[child + 1]] - deadlineNs[heap[child]] < 0) {
                child++;
            }
            if (deadlineNs[heap[child]] - deadlineNs[entry] >= 0) {
                break;
            }
            place(heap[child], at);
            at = child;
        }
        place(entry, at);
    }

    private void place(int entry, int at) {
        heap[at] = entry;
        heapPosition[entry] = at;
    }

    /** Seeded, so that nobody outside can choose addresses that collide. */
    private int hashOf(int keyPort, long keyHi, long keyLo) {
        long h = (keyHi ^ seed) * 0x9e37_79b9_7f4a_7c15L;
        h = (h ^ h >>> 32 ^ keyLo) * 0xc2b2_ae3d_27d4_eb4fL;
        h = (h ^ h >>> 32 ^ keyPort) * 0xd6e8_feb8_6659_fd93L;
        return (int) (h >>> 32);
    }
}
