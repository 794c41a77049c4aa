package dev.sluice.fastpath;

import dev.sluice.datapath.Batch;
import dev.sluice.datapath.FramePool;
import dev.sluice.datapath.PacketPort;
import dev.sluice.ports.PacketSocketPort;
import dev.sluice.wire.Ethernet;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Sends and receives whole frames at the far end of a port. One user: the test. */
final class Outside implements AutoCloseable {
    private final FramePool pool;
    private final PacketPort port;

    private Outside(FramePool pool, PacketPort port) {
        this.pool = pool;
        this.port = port;
    }

    static Outside open(Namespace where, String interfaceName) throws Exception {
        FramePool pool = new FramePool(Arena.ofAuto().allocate(FramePool.bytesFor(64, 4), 4096), 64, 4);
        return new Outside(pool, where.in(() -> PacketSocketPort.open(interfaceName, 0, pool)));
    }

    void send(byte[] frame) {
        Batch batch = new Batch();
        int slot = batch.append(pool.take(frame.length), frame.length, 0);
        MemorySegment.copy(frame, 0, pool.memory(), ValueLayout.JAVA_BYTE, batch.start[slot], frame.length);
        port.send(batch, slot);
        port.flush();
    }

    byte[] receive(FastPath why) {
        byte @Nullable [] frame = next(port, new Batch(), pool);
        if (frame == null) {
            throw new AssertionError("nothing came; " + why.counts());
        }
        return frame;
    }

    /** The next frame of IPv4, with or without tags, that comes within two seconds; it is the batch's first one. Null: none came. */
    static byte @Nullable [] next(PacketPort port, Batch batch, FramePool pool) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(2);
        while (System.nanoTime() < end) {
            batch.count = 0;
            port.receive(batch);
            byte @Nullable [] found = null;
            for (int i = 0; i < batch.count; i++) {
                byte[] frame = new byte[batch.length[i]];
                MemorySegment.copy(pool.memory(), ValueLayout.JAVA_BYTE, batch.start[i], frame, 0, frame.length);
                pool.give(batch.start[i]);
                if (Ethernet.etherType(MemorySegment.ofArray(frame), 0) != 0x86dd) {
                    found = frame;
                }
            }
            if (found != null) {
                return found;
            }
            Thread.onSpinWait();
        }
        return null;
    }

    @Override
    public void close() {
        port.close();
    }
}
