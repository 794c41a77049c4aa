package dev.sluice.ports;

import dev.sluice.datapath.packet.FramePool;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * The small chunks of one worker's pool as the memory of all its AF_XDP sockets. One user: the worker that owns the pool.
 *
 * <p>The first socket registers the memory, later ones share it, so that a frame received on one port leaves on another without a copy. The kernel counts the
 * memory against the locked-memory limit unless the process has CAP_IPC_LOCK: 2,000 chunks fit the usual 8 MiB.
 */
public final class XdpUmem {
    static final int SOL_XDP = 283;

    private static final int XDP_UMEM_REG = 4;
    private static final int UMEM_REG_BYTES = 32;

    private final FramePool pool;
    private final List<XdpSocket> bound = new ArrayList<>();

    /** Shares the small chunks of this pool, whose memory must begin at a page. */
    public XdpUmem(FramePool pool) {
        this.pool = pool;
    }

    FramePool pool() {
        return pool;
    }

    /** A bound socket that others can share the memory of; -1 if there is none and the next has to {@link #register}. */
    int sharedFd() {
        return bound.isEmpty() ? -1 : bound.getFirst().fd();
    }

    void onBound(XdpSocket socket) {
        bound.add(socket);
    }

    void onClosed(XdpSocket socket) {
        bound.remove(socket);
    }

    /** Registers the memory with a socket; 0 or the negative errno. */
    int register(int fd) {
        MemorySegment memory = pool.memory();
        if (memory.address() % FramePool.SMALL_BYTES != 0) {
            return -Errno.EINVAL;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment registration = arena.allocate(UMEM_REG_BYTES, 8);
            registration.set(ValueLayout.JAVA_LONG, 0, memory.address());
            registration.set(ValueLayout.JAVA_LONG, 8, pool.smallRegionBytes());
            registration.set(ValueLayout.JAVA_INT, 16, FramePool.SMALL_BYTES);
            // No headroom of our own: the kernel leaves 256 bytes (XDP_PACKET_HEADROOM), the same as
            // FramePool.HEADROOM_BYTES.
            registration.set(ValueLayout.JAVA_INT, 20, 0);
            return Linux.setsockopt(fd, SOL_XDP, XDP_UMEM_REG, registration, UMEM_REG_BYTES);
        }
    }
}
