package dev.sluice.datapath.foretell;

import dev.sluice.datapath.packet.Batch;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A frame outside a pool. Immutable; the array is not copied, and who makes a frame does not write to it any more. Offloads as in {@link Batch}.
 *
 * @param port index of the port at which it comes in or goes out
 */
@SuppressWarnings("ArrayRecordComponent") // never compared as a whole
public record ForetoldFrame(
        int port,
        byte[] bytes,
        byte offload,
        byte gsoType,
        int gsoSizeBytes,
        int gsoHeaderBytes,
        int csumStart,
        int csumOffset) {
    /** A frame without offloads. */
    public static ForetoldFrame plain(int port, byte[] bytes) {
        return new ForetoldFrame(port, bytes, (byte) 0, Batch.GSO_NONE, 0, 0, 0, 0);
    }

    /** A copy of a frame of a pool, at a port. */
    public static ForetoldFrame of(MemorySegment memory, Batch b, int i, int port) {
        byte[] bytes = new byte[b.length[i]];
        MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, b.start[i], bytes, 0, bytes.length);
        return new ForetoldFrame(
                port,
                bytes,
                b.offload[i],
                b.gsoType[i],
                b.gsoSizeBytes[i],
                b.gsoHeaderBytes[i],
                b.csumStart[i],
                b.csumOffset[i]);
    }
}
