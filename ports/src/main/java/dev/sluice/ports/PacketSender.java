package dev.sluice.ports;

import static dev.sluice.ports.KernelLayouts.IOVEC;
import static dev.sluice.ports.KernelLayouts.MMSGHDR;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.datapath.packet.PortCounters;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Sends frames on an AF_PACKET socket with sendmmsg, up to {@link #MESSAGES} in one call. One user: the port that owns it.
 *
 * <p>Each message is a virtio_net_hdr and the frame where it lies in the pool. The kernel copies during the call, so every frame is given back after it,
 * sent or not. Packet path: no allocation.
 */
final class PacketSender implements AutoCloseable {
    /** Most frames in one system call. */
    static final int MESSAGES = 64;

    /** Calls in a row that sent nothing, two for each frame, after which the interface is taken to be down and the rest is dropped. */
    private static final int FAILURES_MAX = 8;

    private static final int VECTORS_PER_MESSAGE = 2;
    private static final int HEADER_STRIDE = 16;

    private final int fd;
    private final FramePool pool;
    private final MemorySegment frames;
    private final PortCounters counters;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment vectors = arena.allocate(IOVEC, MESSAGES * VECTORS_PER_MESSAGE);
    private final MemorySegment headers = arena.allocate((long) HEADER_STRIDE * MESSAGES, 8);

    /** Message i and all after it, for the call that goes on behind a frame that failed. */
    private final MemorySegment[] messagesFrom = new MemorySegment[MESSAGES];

    private final long[] starts = new long[MESSAGES];
    private final int[] lengths = new int[MESSAGES];
    private int staged;

    PacketSender(int fd, FramePool pool, PortCounters counters) {
        this.fd = fd;
        this.pool = pool;
        this.frames = pool.memory();
        this.counters = counters;
        MemorySegment messages = arena.allocate(MMSGHDR, MESSAGES);
        for (int i = 0; i < MESSAGES; i++) {
            long vector = vectorOffset(i);
            vectors.set(ValueLayout.JAVA_LONG, vector, headers.address() + (long) i * HEADER_STRIDE);
            vectors.set(ValueLayout.JAVA_LONG, vector + 8, VirtioNetHeader.BYTES);
            long message = i * MMSGHDR.byteSize();
            messages.set(ValueLayout.JAVA_LONG, message + KernelLayouts.MMSGHDR_IOV, vectors.address() + vector);
            messages.set(ValueLayout.JAVA_LONG, message + KernelLayouts.MMSGHDR_IOVLEN, VECTORS_PER_MESSAGE);
            messagesFrom[i] = messages.asSlice(message);
        }
    }

    private static long vectorOffset(int message) {
        return (long) message * VECTORS_PER_MESSAGE * IOVEC.byteSize();
    }

    /** Takes the frame over; it leaves at {@link #flush} or when {@link #MESSAGES} wait. */
    void send(Batch batch, int slot) {
        int i = staged++;
        starts[i] = batch.start[slot];
        lengths[i] = batch.length[slot];
        VirtioNetHeader.write(headers, (long) i * HEADER_STRIDE, batch, slot, frames);
        long vector = vectorOffset(i) + IOVEC.byteSize();
        vectors.set(ValueLayout.JAVA_LONG, vector, frames.address() + batch.start[slot]);
        vectors.set(ValueLayout.JAVA_LONG, vector + 8, batch.length[slot]);
        if (staged == MESSAGES) {
            flush();
        }
    }

    /** Hands the waiting frames to the kernel and gives them back to the pool. */
    void flush() {
        if (staged == 0) {
            return;
        }
        int done = 0;
        int failures = 0;
        while (done < staged && failures < FAILURES_MAX) {
            int answer = Linux.sendmmsg(fd, messagesFrom[done], staged - done, KernelConstants.MSG_DONTWAIT);
            if (answer > 0) {
                countSent(done, done + answer);
                done += answer;
                failures = 0;
            } else if ((++failures & 1) == 0) {
                // Twice in vain: a full queue would have moved on, so it is this frame (too long, say) or the
                // interface.
                counters.sendDropped++;
                done++;
            }
        }
        counters.sendDropped += staged - done;
        for (int i = 0; i < staged; i++) {
            pool.give(starts[i]);
        }
        staged = 0;
    }

    private void countSent(int from, int to) {
        for (int i = from; i < to; i++) {
            counters.sentBytes += lengths[i];
        }
        counters.sentFrames += to - from;
    }

    /** Gives back what still waits, unsent. */
    @Override
    public void close() {
        for (int i = 0; i < staged; i++) {
            pool.give(starts[i]);
        }
        counters.sendDropped += staged;
        staged = 0;
        arena.close();
    }
}
