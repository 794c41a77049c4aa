package dev.sluice.ports;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.datapath.packet.PortCounters;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Brings frames that the kernel left in a buffer of its own into the worker's pool. One user: the port that owns it.
 *
 * <p>Packet path: per frame one copy, no allocation. The smallest chunk that holds the frame is taken; a tag that the kernel had stripped is put back.
 */
class FrameIntake {
    private static final ValueLayout.OfInt BE32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final int ADDRESSES_BYTES = 12;
    private static final int TAG_BYTES = 4;
    private static final int ETHERNET_BYTES = 14;

    private final FramePool pool;
    private final MemorySegment frames;
    private final int portIndex;
    private final PortCounters counters;

    FrameIntake(FramePool pool, int portIndex, PortCounters counters) {
        this.pool = pool;
        this.frames = pool.memory();
        this.portIndex = portIndex;
        this.counters = counters;
    }

    /**
     * Copies one frame, with its virtio_net_hdr in front of it, to a new slot of the batch; counts it as received or dropped.
     *
     * @param tag TPID in the upper and TCI in the lower 16 bits to be put back, 0 if none was stripped
     * @return frames appended: 1 or 0
     */
    int take(Batch batch, MemorySegment source, long vnetHeader, long frame, int frameBytes, int tag) {
        return copy(batch, source, vnetHeader, frame, frameBytes, tag, portIndex, counters);
    }

    /** As {@link #take}, for a port that is only known with the frame. */
    final int copy(
            Batch batch,
            MemorySegment source,
            long vnetHeader,
            long frame,
            int frameBytes,
            int tag,
            int portIndex,
            PortCounters counters) {
        int bytes = tag == 0 ? frameBytes : frameBytes + TAG_BYTES;
        if (frameBytes < ETHERNET_BYTES) {
            counters.receiveDropped++;
            return 0;
        }
        long start = pool.take(bytes);
        if (start == FramePool.NONE) {
            counters.receiveDropped++;
            return 0;
        }
        int slot = batch.append(start, bytes, portIndex);
        if (tag == 0) {
            MemorySegment.copy(source, frame, frames, start, bytes);
        } else {
            MemorySegment.copy(source, frame, frames, start, ADDRESSES_BYTES);
            frames.set(BE32, start + ADDRESSES_BYTES, tag);
            MemorySegment.copy(
                    source,
                    frame + ADDRESSES_BYTES,
                    frames,
                    start + ADDRESSES_BYTES + TAG_BYTES,
                    frameBytes - ADDRESSES_BYTES);
        }
        VirtioNetHeader.read(source, vnetHeader, batch, slot, bytes - frameBytes);
        counters.receivedFrames++;
        counters.receivedBytes += bytes;
        return 1;
    }
}
