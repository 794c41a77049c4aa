package dev.sluice.datapath.offload;

import java.lang.foreign.MemorySegment;

/** Who looks at records one after the other, see {@link OffloadDevice#read}. */
@FunctionalInterface
public interface OffloadReader {
    /**
     * One record, as it was a moment ago. The memory is the device's and holds for the call only; records may be removed meanwhile.
     *
     * @param key memory of {@link OffloadKey}s
     * @param keyBase where the record's key begins in it
     * @param action memory of {@link OffloadAction}s
     * @param actionBase where the record's action begins in it
     */
    void record(MemorySegment key, long keyBase, MemorySegment action, long actionBase);
}
