package dev.sluice.datapath.offload;

import java.lang.foreign.MemorySegment;

/**
 * Repeats journeys. One user: the worker whose packets they are.
 *
 * <p>A record is repeated while all of its generations are those of the device: configuration, path, egress. Where a packet does not fit its record in any respect, or has none, it comes to
 * the data path as ever. Called between batches and, to install, by the packet path: no method allocates, throws or blocks.
 */
public interface OffloadDevice {
    /** {@link #read}: all records have been handed out once since the walk began; the next call begins anew. */
    int WALK_ENDED = -1;

    /**
     * Puts a record in, or in the place of the one with the same key, with the counters that the action has.
     *
     * @param key {@link OffloadKey#BYTES} from 0 on
     * @param action {@link OffloadAction#BYTES} from 0 on
     * @return 0, or a negative errno: -7 (E2BIG) if there is no room, -95 (EOPNOTSUPP) if the device can't do that
     */
    int install(MemorySegment key, MemorySegment action);

    /**
     * Puts a record in that has to do with tunnels; taking it out takes out its headers too.
     *
     * @param action with {@link OffloadAction#PUSH} or {@link OffloadAction#POP}, and a number of its own as {@link OffloadAction#encapsulation}, from 1 on
     * @param headers {@link OffloadHeaders#BYTES} from 0 on, with the cookie of the action
     * @return as {@link #install(MemorySegment, MemorySegment)}
     */
    int install(MemorySegment key, MemorySegment action, MemorySegment headers);

    /**
     * Takes a record out.
     *
     * @return 0, or a negative errno: -2 (ENOENT) if there is none
     */
    int remove(MemorySegment key);

    /**
     * Takes a record out and says what it was at the end, so that nothing counted is lost.
     *
     * @param last gets {@link OffloadAction#BYTES} from 0 on
     * @return as {@link #remove}
     */
    int take(MemorySegment key, MemorySegment last);

    /**
     * Reads one record as it is now.
     *
     * @param last gets {@link OffloadAction#BYTES} from 0 on
     * @return as {@link #remove}
     */
    int get(MemorySegment key, MemorySegment last);

    /** Records that it has room for. */
    int capacity();

    /** Moves the number that all records are compared with. */
    void setConfigGeneration(int generation);

    /** Moves the number that records of a path are compared with; paths with the same number modulo {@link #pathCapacity} share it. */
    void setPathGeneration(int path, int generation);

    /** Paths that have a number of their own. */
    int pathCapacity();

    /** Moves the number that records are compared with that leave by a port. */
    void setPortGeneration(int port, int generation);

    /**
     * Hands out up to {@code max} records, and goes on behind them at the next call. Records that are put in meanwhile may be missed until the next walk, no record that stays is.
     *
     * @return records handed out, or {@link #WALK_ENDED} if there was none left
     */
    int read(OffloadReader reader, int max);

    /** Whether it has records of a process before, which hold under the generations that it says. */
    default boolean holdsOlder() {
        return false;
    }

    /** The number that all records are compared with now. */
    default int configGeneration() {
        return 0;
    }

    /** The number that records of a path are compared with now; from 0 to below {@link #pathCapacity}. */
    default int pathGeneration(int path) {
        return 0;
    }

    /** The number that records are compared with now that leave by a port. */
    default int portGeneration(int port) {
        return 0;
    }

    /** Number of the port with this index in the batches of the worker; 0 if it has no fast path. */
    int ingressOf(int portIndex);
}
