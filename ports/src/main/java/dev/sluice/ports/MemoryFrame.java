package dev.sluice.ports;

import dev.sluice.datapath.packet.Batch;

/**
 * A frame outside a pool, for tests: its bytes and its offload metadata as in {@link Batch}. Immutable.
 *
 * <p>The array is not copied; who makes a frame does not write to it any more.
 */
@SuppressWarnings("ArrayRecordComponent") // compared by its parts in tests, never as a whole
public record MemoryFrame(
        byte[] bytes, byte offload, byte gsoType, int gsoSizeBytes, int gsoHeaderBytes, int csumStart, int csumOffset) {
    /** A frame without offloads. */
    public static MemoryFrame plain(byte[] bytes) {
        return new MemoryFrame(bytes, (byte) 0, Batch.GSO_NONE, 0, 0, 0, 0);
    }

    /** A frame whose checksum is still to be completed. */
    public static MemoryFrame partial(byte[] bytes, int csumStart, int csumOffset) {
        return new MemoryFrame(bytes, Batch.CHECKSUM_PARTIAL, Batch.GSO_NONE, 0, 0, csumStart, csumOffset);
    }

    /** A super-frame, to be cut into segments of the given payload. */
    public static MemoryFrame superFrame(
            byte[] bytes, byte gsoType, int gsoSizeBytes, int gsoHeaderBytes, int csumStart, int csumOffset) {
        return new MemoryFrame(
                bytes, Batch.CHECKSUM_PARTIAL, gsoType, gsoSizeBytes, gsoHeaderBytes, csumStart, csumOffset);
    }
}
