package dev.sluice.datapath.track;

import static dev.sluice.datapath.track.ConnectionTableRecord.getInt;
import static dev.sluice.datapath.track.ConnectionTableRecord.putInt;

import java.lang.foreign.MemorySegment;

/** Which slots of a table are free: those given back, the last one first, then those never used, in turn. One writer: that of the table. */
final class ConnectionTableSlots {
    private final MemorySegment side;

    /** First free slot that was used before, + 1; 0 none. */
    private int firstFree;

    /** Slots from here on were never used. */
    private int used;

    ConnectionTableSlots(MemorySegment side) {
        this.side = side;
    }

    /** Slots that were ever used. */
    int used() {
        return used;
    }

    /** Takes so many as used by others, who left them. */
    void setUsed(int slots) {
        used = slots;
    }

    /** A free slot; the caller knows that there is one. */
    int take() {
        if (firstFree == 0) {
            return used++;
        }
        int slot = firstFree - 1;
        firstFree = getInt(side, ConnectionTableRecord.sideAt(slot) + ConnectionTableRecord.SIDE_NEXT);
        return slot;
    }

    void give(int slot) {
        putInt(side, ConnectionTableRecord.sideAt(slot) + ConnectionTableRecord.SIDE_NEXT, firstFree);
        firstFree = slot + 1;
    }
}
