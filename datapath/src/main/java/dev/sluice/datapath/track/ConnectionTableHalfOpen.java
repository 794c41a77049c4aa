package dev.sluice.datapath.track;

import static dev.sluice.datapath.track.ConnectionTableRecord.SIDE_NEWER;
import static dev.sluice.datapath.track.ConnectionTableRecord.SIDE_OLDER;
import static dev.sluice.datapath.track.ConnectionTableRecord.getInt;
import static dev.sluice.datapath.track.ConnectionTableRecord.putInt;

import java.lang.foreign.MemorySegment;

/**
 * The half-open connections of a table in the order they were made, as a list through the slots' side records. One writer: that of the table.
 *
 * <p>Joining, leaving and asking for the oldest take constant time, so a flood costs no more per packet than normal traffic.
 */
final class ConnectionTableHalfOpen {
    private final MemorySegment side;

    /** Slot + 1, 0 none. */
    private int oldest;

    private int newest;
    private int count;

    ConnectionTableHalfOpen(MemorySegment side) {
        this.side = side;
    }

    int count() {
        return count;
    }

    /** The slot of the oldest member, -1 if there is none. */
    int oldest() {
        return oldest - 1;
    }

    /** The member that joined after the given one, -1 if there is none. */
    int after(int slot) {
        return getInt(side, ConnectionTableRecord.sideAt(slot) + SIDE_NEWER) - 1;
    }

    void join(int slot) {
        putInt(side, ConnectionTableRecord.sideAt(slot) + SIDE_OLDER, newest);
        putInt(side, ConnectionTableRecord.sideAt(slot) + SIDE_NEWER, 0);
        if (newest == 0) {
            oldest = slot + 1;
        } else {
            putInt(side, ConnectionTableRecord.sideAt(newest - 1) + SIDE_NEWER, slot + 1);
        }
        newest = slot + 1;
        count++;
    }

    void leave(int slot) {
        int older = getInt(side, ConnectionTableRecord.sideAt(slot) + SIDE_OLDER);
        int newer = getInt(side, ConnectionTableRecord.sideAt(slot) + SIDE_NEWER);
        if (older == 0) {
            oldest = newer;
        } else {
            putInt(side, ConnectionTableRecord.sideAt(older - 1) + SIDE_NEWER, newer);
        }
        if (newer == 0) {
            newest = older;
        } else {
            putInt(side, ConnectionTableRecord.sideAt(newer - 1) + SIDE_OLDER, older);
        }
        count--;
    }
}
