package dev.sluice.datapath.neighbors;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.wire.Ethernet;
import org.jspecify.annotations.Nullable;

/**
 * Frames that wait for the MAC of their neighbour, and those whose wait is over. One writer: the worker.
 *
 * <p>Every held frame is in exactly one list: that of its neighbour, the resolved, the failed, or (without a frame) the free. Bounded; all memory is
 * taken at construction.
 */
final class NeighborsHeld {
    private static final int END = -1;

    private final NeighborsTable table;
    private final Batch held;
    private final long[] mac;
    private final int[] next;
    private final int heldMax;
    private int firstFree;
    private int count;
    private int resolvedFirst = END;
    private int resolvedLast = END;
    private int failedFirst = END;
    private int failedLast = END;

    /** While foretelling: who really holds frames. */
    private @Nullable NeighborsHeld elsewhere;

    private @Nullable NeighborsTable elsewhereTable;

    NeighborsHeld(NeighborsTable table, int heldMax) {
        this.table = table;
        this.heldMax = heldMax;
        held = new Batch();
        mac = new long[heldMax];
        next = new int[heldMax];
        for (int i = 0; i < heldMax; i++) {
            next[i] = i + 1 < heldMax ? i + 1 : END;
        }
    }

    /** Frames in any list. */
    int count() {
        return count;
    }

    /** Appends a frame to the list of an entry; false if there is no room in all. */
    boolean add(int entry, Batch from, int slot) {
        if (count == heldMax || hasNoRoomElsewhere(entry)) {
            return false;
        }
        int at = firstFree;
        firstFree = next[at];
        count++;
        held.copyWaiting(at, from, slot);
        held.port[at] = table.port[entry];
        next[at] = END;
        if (table.heldLast[entry] == END) {
            table.heldFirst[entry] = at;
        } else {
            next[table.heldLast[entry]] = at;
        }
        table.heldLast[entry] = at;
        table.heldCount[entry]++;
        return true;
    }

    /** Room is what the other one has left. */
    void waitElsewhere(NeighborsHeld other, NeighborsTable otherTable) {
        elsewhere = other;
        elsewhereTable = otherTable;
    }

    /** Whether the frames that others hold leave no room, and none of them would give way to this one. */
    private boolean hasNoRoomElsewhere(int entry) {
        if (elsewhere == null || elsewhereTable == null || count + elsewhere.count < heldMax) {
            return false;
        }
        int there = elsewhereTable.find(table.port[entry], table.hi[entry], table.lo[entry]);
        return there == 0 || elsewhereTable.heldCount[there] < Neighbors.HELD_PER_NEIGHBOR_MAX;
    }

    /** Takes the oldest frame of an entry that has one; where the frame starts. */
    long dropOldest(int entry) {
        int at = table.heldFirst[entry];
        table.heldFirst[entry] = next[at];
        if (next[at] == END) {
            table.heldLast[entry] = END;
        }
        table.heldCount[entry]--;
        release(at);
        return held.start[at];
    }

    /** Ends the wait of an entry's frames: they are to be sent to its MAC. */
    void resolve(int entry) {
        int first = table.heldFirst[entry];
        if (first == END) {
            return;
        }
        for (int at = first; at != END; at = next[at]) {
            mac[at] = table.mac[entry];
        }
        if (resolvedLast == END) {
            resolvedFirst = first;
        } else {
            next[resolvedLast] = first;
        }
        resolvedLast = table.heldLast[entry];
        forget(entry);
    }

    /** Ends the wait of an entry's frames: nobody answered. */
    void fail(int entry) {
        int first = table.heldFirst[entry];
        if (first == END) {
            return;
        }
        if (failedLast == END) {
            failedFirst = first;
        } else {
            next[failedLast] = first;
        }
        failedLast = table.heldLast[entry];
        forget(entry);
    }

    /** Appends resolved frames, with the destination MAC written, until none is left or the batch is full; how many. */
    int takeResolved(Batch out, FramePool pool) {
        int taken = 0;
        while (resolvedFirst != END && out.hasRoom()) {
            int at = resolvedFirst;
            resolvedFirst = next[at];
            give(at, out);
            Ethernet.setDestination(pool.memory(), held.start[at], mac[at]);
            taken++;
        }
        if (resolvedFirst == END) {
            resolvedLast = END;
        }
        return taken;
    }

    /** Appends failed frames until none is left or the batch is full; how many. */
    int takeFailed(Batch out) {
        int taken = 0;
        while (failedFirst != END && out.hasRoom()) {
            int at = failedFirst;
            failedFirst = next[at];
            give(at, out);
            taken++;
        }
        if (failedFirst == END) {
            failedLast = END;
        }
        return taken;
    }

    private void forget(int entry) {
        table.heldFirst[entry] = END;
        table.heldLast[entry] = END;
        table.heldCount[entry] = 0;
    }

    private void give(int at, Batch out) {
        int slot = out.append(held.start[at], held.length[at], held.port[at]);
        out.copyWaiting(slot, held, at);
        release(at);
    }

    private void release(int at) {
        next[at] = firstFree;
        firstFree = at;
        count--;
    }
}
