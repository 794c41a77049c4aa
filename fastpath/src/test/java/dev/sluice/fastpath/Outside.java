package dev.sluice.fastpath;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.datapath.packet.PacketPort;
import dev.sluice.fuzz.network.Namespace;
import dev.sluice.ports.MemoryFrame;
import dev.sluice.ports.PacketSocketPort;
import dev.sluice.wire.Ethernet;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Sends and receives whole frames at the far end of a port. One user: the test. */
final class Outside implements AutoCloseable {
    private static final int IPV6_NEXT_HEADER = 14 + 6;
    private static final int ICMPV6 = 58;
    private static final int HOP_BY_HOP = 0;

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
        send(MemoryFrame.plain(frame));
    }

    void send(MemoryFrame frame) {
        Batch batch = new Batch();
        int bytes = frame.bytes().length;
        int slot = batch.append(pool.take(bytes), bytes, 0);
        MemorySegment.copy(frame.bytes(), 0, pool.memory(), ValueLayout.JAVA_BYTE, batch.start[slot], bytes);
        batch.offload[slot] = frame.offload();
        batch.gsoType[slot] = frame.gsoType();
        batch.gsoSizeBytes[slot] = frame.gsoSizeBytes();
        batch.csumStart[slot] = frame.csumStart();
        batch.csumOffset[slot] = frame.csumOffset();
        port.send(batch, slot);
        port.flush();
    }

    byte[] receive(FastPath why) {
        return receiveFrame(why).bytes();
    }

    MemoryFrame receiveFrame(FastPath why) {
        MemoryFrame frame = next(port, new Batch(), pool);
        if (frame == null) {
            throw new AssertionError("nothing came; " + why.counts());
        }
        return frame;
    }

    /** As {@link #next}, and it has to come. */
    static MemoryFrame nextFrame(PacketPort port, Batch batch, FramePool pool) {
        MemoryFrame frame = next(port, batch, pool);
        if (frame == null) {
            throw new AssertionError("nothing came");
        }
        return frame;
    }

    /** The last of the frames that come first within two seconds, neighbour discovery left out; the batch's first entry says where it came in. Null: none came. */
    static @Nullable MemoryFrame next(PacketPort port, Batch batch, FramePool pool) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(2);
        while (System.nanoTime() < end) {
            batch.count = 0;
            port.receive(batch);
            MemoryFrame found = null;
            for (int i = 0; i < batch.count; i++) {
                byte[] bytes = new byte[batch.length[i]];
                MemorySegment.copy(pool.memory(), ValueLayout.JAVA_BYTE, batch.start[i], bytes, 0, bytes.length);
                pool.give(batch.start[i]);
                if (!isOfKernel(bytes)) {
                    batch.port[0] = batch.port[i];
                    found = new MemoryFrame(
                            bytes,
                            batch.offload[i],
                            batch.gsoType[i],
                            batch.gsoSizeBytes[i],
                            batch.gsoHeaderBytes[i],
                            batch.csumStart[i],
                            batch.csumOffset[i]);
                }
            }
            if (found != null) {
                return found;
            }
            Thread.onSpinWait();
        }
        return null;
    }

    /** Neighbour discovery and what belongs to it, which every interface sends on its own. */
    private static boolean isOfKernel(byte[] frame) {
        boolean six = Ethernet.etherType(MemorySegment.ofArray(frame), 0) == 0x86dd;
        return six && (frame[IPV6_NEXT_HEADER] == ICMPV6 || frame[IPV6_NEXT_HEADER] == HOP_BY_HOP);
    }

    @Override
    public void close() {
        port.close();
    }
}
