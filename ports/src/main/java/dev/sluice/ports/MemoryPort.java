package dev.sluice.ports;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.datapath.packet.PacketPort;
import dev.sluice.datapath.packet.PortCounters;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * A port without a kernel, for tests and simulations: scripted, or one of two linked ends. One user: the worker that owns it; any thread may inject and
 * collect.
 *
 * <p>Unlike the other ports it allocates, for each frame that crosses it.
 */
public final class MemoryPort implements PacketPort {
    private final String name;
    private final int portIndex;
    private final FramePool pool;
    private final PortCounters counters = new PortCounters();
    private final Queue<MemoryFrame> inbox = new ConcurrentLinkedQueue<>();
    private final Queue<MemoryFrame> outbox = new ConcurrentLinkedQueue<>();
    private final List<MemoryFrame> staged = new ArrayList<>();
    private volatile @Nullable MemoryPort peer;
    private volatile boolean up = true;

    /**
     * A port that receives what is injected and keeps what is sent.
     *
     * @param portIndex what {@link Batch#port} says of frames received here
     */
    public MemoryPort(String name, int portIndex, FramePool pool) {
        this.name = name;
        this.portIndex = portIndex;
        this.pool = pool;
    }

    /** Makes two ports the ends of one wire: what one sends the other receives. */
    public static void link(MemoryPort one, MemoryPort other) {
        one.peer = other;
        other.peer = one;
    }

    /** Lets the port receive a frame without offloads. */
    public void inject(byte[] frame) {
        inject(MemoryFrame.plain(frame));
    }

    /** Lets the port receive a frame. */
    public void inject(MemoryFrame frame) {
        inbox.add(frame);
    }

    /** A frame that somebody else sends out of the interface, as a fast path does. */
    public void pass(MemoryFrame frame) {
        outbox.add(frame);
    }

    /** The frames sent since the last call, in order; empty for a linked port. */
    public List<MemoryFrame> takeSent() {
        List<MemoryFrame> sent = new ArrayList<>();
        for (MemoryFrame frame = outbox.poll(); frame != null; frame = outbox.poll()) {
            sent.add(frame);
        }
        return sent;
    }

    /** Plays an interface that goes away or comes back: a port that is down receives nothing and drops what is sent. */
    public void setUp(boolean nowUp) {
        up = nowUp;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int receive(Batch batch) {
        int appended = 0;
        while (up && batch.hasRoom()) {
            MemoryFrame frame = inbox.poll();
            if (frame == null) {
                break;
            }
            appended += take(batch, frame);
        }
        return appended;
    }

    private int take(Batch batch, MemoryFrame frame) {
        int bytes = frame.bytes().length;
        long start = pool.take(bytes);
        if (start == FramePool.NONE) {
            counters.receiveDropped++;
            return 0;
        }
        MemorySegment.copy(frame.bytes(), 0, pool.memory(), ValueLayout.JAVA_BYTE, start, bytes);
        int slot = batch.append(start, bytes, portIndex);
        batch.offload[slot] = frame.offload();
        batch.gsoType[slot] = frame.gsoType();
        batch.gsoSizeBytes[slot] = frame.gsoSizeBytes();
        batch.gsoHeaderBytes[slot] = frame.gsoHeaderBytes();
        batch.csumStart[slot] = frame.csumStart();
        batch.csumOffset[slot] = frame.csumOffset();
        counters.receivedFrames++;
        counters.receivedBytes += bytes;
        return 1;
    }

    @Override
    public void send(Batch batch, int slot) {
        byte[] bytes = new byte[batch.length[slot]];
        MemorySegment.copy(pool.memory(), ValueLayout.JAVA_BYTE, batch.start[slot], bytes, 0, bytes.length);
        pool.give(batch.start[slot]);
        if (!up) {
            counters.sendDropped++;
            return;
        }
        staged.add(new MemoryFrame(
                bytes,
                batch.offload[slot],
                batch.gsoType[slot],
                batch.gsoSizeBytes[slot],
                batch.gsoHeaderBytes[slot],
                batch.csumStart[slot],
                batch.csumOffset[slot]));
    }

    @Override
    public void flush() {
        MemoryPort other = peer;
        Queue<MemoryFrame> to = other == null ? outbox : other.inbox;
        for (MemoryFrame frame : staged) {
            to.add(frame);
            counters.sentFrames++;
            counters.sentBytes += frame.bytes().length;
        }
        staged.clear();
    }

    /** Always -1: whoever waits for an in-memory port polls it. */
    @Override
    public int pollDescriptor() {
        return -1;
    }

    @Override
    public boolean carriesOffloads() {
        return true;
    }

    @Override
    public String description() {
        return peer == null ? "memory: scripted" : "memory: linked";
    }

    @Override
    public PortCounters counters() {
        return counters;
    }

    @Override
    public void close() {
        inbox.clear();
        staged.clear();
    }
}
