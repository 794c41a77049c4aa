package dev.sluice.ports;

import com.sun.management.ThreadMXBean;
import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.datapath.packet.PacketPort;
import dev.sluice.fuzz.network.Namespace;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.concurrent.FutureTask;

/** A worker that carries frames between two ports, for tests: what comes in on one goes out on the other. */
final class Forwarder {
    /** Opens the two ports over the forwarder's pool. */
    interface Opener {
        PacketPort open(int portIndex, FramePool pool) throws PortException;
    }

    /** What is done to a frame between the ports. */
    interface Edit {
        void apply(Batch batch, int slot, MemorySegment memory);
    }

    private final int spinRounds;

    private final FutureTask<Void> task;
    private volatile boolean stopped;
    private volatile boolean running;
    // Read after stop().
    int frameBytesMax;
    long partialChecksums;
    long superFrames;
    boolean leaked;
    String counters = "";
    long forwarded;

    /** Processor time of the worker, sleeping excluded. */
    long cpuNs;

    /** Fewest bytes that the worker allocated in any 50,000 frames: what is left once everything is compiled. */
    long allocatedBytes = Long.MAX_VALUE;

    Forwarder(Namespace namespace, Opener left, Opener right) throws Exception {
        this(namespace, left, right, (batch, slot, memory) -> {}, 0);
    }

    /** A forwarder that looks in vain so many times before it sleeps. */
    Forwarder(Namespace namespace, Opener left, Opener right, Edit edit, int spinRounds) throws Exception {
        this.spinRounds = spinRounds;
        task = namespace.start(() -> {
            try (Arena arena = Arena.ofShared()) {
                FramePool pool = new FramePool(arena.allocate(FramePool.bytesFor(8192, 512), 4096), 8192, 512);
                try (PacketPort first = left.open(0, pool);
                        PacketPort second = right.open(1, pool)) {
                    running = true;
                    loop(first, second, edit, pool);
                    cpuNs = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
                    forwarded = second.counters().sentFrames;
                    counters = counters(first) + " | " + counters(second);
                }
                leaked = pool.freeSmallCount() != 8192 || pool.freeLargeCount() != 512;
            }
            return null;
        });
        while (!running && !task.isDone()) {
            Thread.onSpinWait();
        }
        if (task.isDone()) {
            task.get();
        }
    }

    private void loop(PacketPort first, PacketPort second, Edit edit, FramePool pool) throws PortException {
        Batch batch = new Batch();
        WorkersView view = new WorkersView(pool);
        try (Poller poller = Poller.open(first, second)) {
            ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
            long allocatedBefore = 0;
            long nextSample = 50_000;
            int idleRounds = 0;
            while (!stopped) {
                if (first.counters().receivedFrames >= nextSample) {
                    nextSample += 50_000;
                    long allocated = threads.getCurrentThreadAllocatedBytes();
                    allocatedBytes = Math.min(allocatedBytes, allocated - allocatedBefore);
                    allocatedBefore = allocated;
                }
                int moved = move(first, second, batch, edit, pool.memory(), view)
                        + move(second, first, batch, edit, pool.memory(), view);
                idleRounds = moved == 0 ? idleRounds + 1 : 0;
                if (idleRounds > spinRounds) {
                    poller.await(10);
                }
            }
        }
    }

    private int move(PacketPort from, PacketPort to, Batch batch, Edit edit, MemorySegment memory, WorkersView view) {
        batch.count = 0;
        int received = from.receive(batch);
        for (int i = 0; i < batch.count; i++) {
            frameBytesMax = Math.max(frameBytesMax, batch.length[i]);
            if ((batch.offload[i] & Batch.CHECKSUM_PARTIAL) != 0) {
                partialChecksums++;
            }
            if (batch.gsoType[i] != Batch.GSO_NONE) {
                superFrames++;
                view.parse(batch, i);
            }
            edit.apply(batch, i, memory);
            to.send(batch, i);
        }
        to.flush();
        return received;
    }

    private static String counters(PacketPort port) {
        return port.name() + " rx " + port.counters().receivedFrames + " tx " + port.counters().sentFrames + " lost "
                + port.counters().kernelDropped + " rx-dropped " + port.counters().receiveDropped + " tx-dropped "
                + port.counters().sendDropped;
    }

    /** Stops, closes the ports and checks nothing was thrown. */
    void stop() throws Exception {
        stopped = true;
        task.get();
    }
}
