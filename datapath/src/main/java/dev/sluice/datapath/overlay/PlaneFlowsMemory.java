package dev.sluice.datapath.overlay;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The memory of {@link PlaneFlows}, which only nodes with a tunnel endpoint need: tens of MiB for a large connection table, whose zeroing takes as long as thousands of packets. A
 * control thread reserves it before it hands over the first configuration with an endpoint; the worker then only takes it.
 *
 * <p>One control thread may reserve while the worker runs; should both do so at once, one piece is given up. What was reserved lives as long as somebody has it.
 */
final class PlaneFlowsMemory {
    private final long entriesBytes;
    private final int byFlowCount;
    private volatile @Nullable Parts reserved;

    /**
     * Zeroed memory.
     *
     * @param entries of all entries
     * @param byFlow places at which entries are found by flow
     */
    @SuppressWarnings("ArrayRecordComponent") // handed over once, never compared
    record Parts(MemorySegment entries, int[] byFlow) {}

    PlaneFlowsMemory(long entriesBytes, int byFlowCount) {
        this.entriesBytes = entriesBytes;
        this.byFlowCount = byFlowCount;
    }

    /** The memory: what was reserved before, if anything was. */
    Parts reserve() {
        Parts parts = reserved;
        if (parts == null) {
            parts = new Parts(Arena.ofAuto().allocate(entriesBytes, 64), new int[byFlowCount]);
            reserved = parts;
        }
        return parts;
    }
}
