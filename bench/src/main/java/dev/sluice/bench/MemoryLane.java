package dev.sluice.bench;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.datapath.packet.PacketPort;
import dev.sluice.datapath.packet.PortCounters;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * A port in memory that allocates nothing. One user: the benchmark's thread.
 *
 * <p>Frames sent to it wait in a queue, without a copy, for the port it is joined with; a lane joined with none gives them back to the pool. Two lanes joined with each other are the two
 * sides of a service node that bridges.
 */
final class MemoryLane implements PacketPort {
    private final int index;
    private final FramePool pool;
    private final PortCounters counters = new PortCounters();
    private final long[] starts = new long[2 * Batch.CAPACITY];
    private final int[] lengths = new int[2 * Batch.CAPACITY];
    private int waiting;
    private MemoryLane far = this;
    private @Nullable Turn turn;

    /** What somebody behind a port makes of a frame that he sends back, in place. */
    interface Turn {
        void apply(MemorySegment frames, long start, int bytes);
    }

    MemoryLane(int index, FramePool pool) {
        this.index = index;
        this.pool = pool;
    }

    /** From now on what is sent to one is received from the other. */
    static void join(MemoryLane a, MemoryLane b) {
        a.far = b;
        b.far = a;
    }

    /** From now on what is sent comes back, as this makes it. */
    void turnBack(Turn newTurn) {
        turn = newTurn;
    }

    @Override
    public String name() {
        return "lane" + index;
    }

    @Override
    public int receive(Batch batch) {
        int received = Math.min(waiting, Batch.CAPACITY - batch.count);
        for (int i = 0; i < received; i++) {
            batch.append(starts[i], lengths[i], index);
        }
        waiting -= received;
        System.arraycopy(starts, received, starts, 0, waiting);
        System.arraycopy(lengths, received, lengths, 0, waiting);
        counters.receivedFrames += received;
        return received;
    }

    @Override
    public void send(Batch batch, int slot) {
        counters.sentFrames++;
        Turn back = turn;
        if (back != null && waiting < starts.length) {
            back.apply(pool.memory(), batch.start[slot], batch.length[slot]);
            starts[waiting] = batch.start[slot];
            lengths[waiting++] = batch.length[slot];
            return;
        }
        if (far.equals(this) || far.waiting == far.starts.length) {
            pool.give(batch.start[slot]);
            return;
        }
        far.starts[far.waiting] = batch.start[slot];
        far.lengths[far.waiting++] = batch.length[slot];
    }

    @Override
    public void flush() {
        // Nothing waits on this side.
    }

    @Override
    public int pollDescriptor() {
        return -1;
    }

    @Override
    public boolean carriesOffloads() {
        return false;
    }

    @Override
    public String description() {
        return "memory, for benchmarks";
    }

    @Override
    public PortCounters counters() {
        return counters;
    }

    @Override
    public void close() {
        // Holds nothing of its own.
    }
}
