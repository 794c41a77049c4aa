package dev.sluice.datapath.packet;

import dev.sluice.wire.VlanTag;
import java.lang.foreign.MemorySegment;

/** Pushes and removes VLAN tags of frames in a batch, keeping every offset of the slot right. Stateless. */
public final class Tags {
    private static final int TAG_BYTES = 4;

    private Tags() {}

    /** Pushes a tag (TPID in the upper 16 bits, TCI in the lower) in front of what is there; false if there is no headroom left. */
    public static boolean push(Batch b, int i, FramePool pool, int tag) {
        if (pool.headroomBytes(b.start[i]) < TAG_BYTES) {
            return false;
        }
        b.start[i] = VlanTag.push(pool.memory(), b.start[i], tag >>> 16, tag & 0xffff);
        b.innerTag[i] = b.outerTag[i];
        b.outerTag[i] = tag;
        shift(b, i, TAG_BYTES);
        return true;
    }

    /** Removes the outer tag. The second tag of a frame that had three is not known any more: who needs it has the frame parsed anew. */
    public static void pop(Batch b, int i, MemorySegment memory) {
        b.start[i] = VlanTag.pop(memory, b.start[i]);
        b.outerTag[i] = b.innerTag[i];
        b.innerTag[i] = 0;
        shift(b, i, -TAG_BYTES);
    }

    private static void shift(Batch b, int i, int bytes) {
        b.length[i] += bytes;
        b.l3[i] += bytes;
        if (b.l4[i] != 0) {
            b.l4[i] += bytes;
        }
        if ((b.offload[i] & Batch.CHECKSUM_PARTIAL) != 0) {
            b.csumStart[i] += bytes;
        }
        if (b.gsoType[i] != Batch.GSO_NONE) {
            b.gsoHeaderBytes[i] += bytes;
        }
    }
}
