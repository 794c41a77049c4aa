package dev.sluice.ports;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.datapath.packet.PortCounters;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.locks.LockSupport;

/**
 * One AF_XDP socket: one queue of one interface with its four rings. One user: the worker that owns the port.
 *
 * <p>Every chunk that lies in one of the rings is marked, so that closing can give all of them back. Packet path: no allocation; one system call per batch at
 * most.
 */
final class XdpSocket implements AutoCloseable {
    /** Entries of each ring. */
    static final int RING_ENTRIES = 1024;

    /** Part of the pool that one fill ring may hold, so that a small pool serves several queues. */
    private static final int FILL_SHARE = 8;

    private static final int XDP_MMAP_OFFSETS = 1;
    private static final int XDP_RX_RING = 2;
    private static final int XDP_TX_RING = 3;
    private static final int XDP_UMEM_FILL_RING = 5;
    private static final int XDP_UMEM_COMPLETION_RING = 6;
    private static final int XDP_STATISTICS = 7;
    private static final int XDP_OPTIONS = 8;
    private static final int OFFSETS_BYTES = 128;
    private static final int STATISTICS_BYTES = 48;
    private static final long PGOFF_RX = 0;
    private static final long PGOFF_TX = 0x80000000L;
    private static final long PGOFF_FILL = 0x100000000L;
    private static final long PGOFF_COMPLETION = 0x180000000L;
    private static final int BIND_SHARED_UMEM = 1;
    private static final int BIND_COPY = 2;
    private static final int BIND_ZEROCOPY = 4;
    private static final int BIND_NEED_WAKEUP = 8;
    private static final int SOCKADDR_XDP_BYTES = 16;
    private static final long BUSY_WAIT_NS = 250_000_000;
    private static final long BUSY_STEP_NS = 1_000_000;

    /** System calls that one flush may take: the kernel sends 32 frames in each. */
    private static final int KICKS_MAX = RING_ENTRIES / 32 + 2;

    private final int fd;
    private final XdpUmem umem;
    private final FramePool pool;
    private final int portIndex;
    private final PortCounters counters;
    private final Arena arena;
    private final XdpRing fill;
    private final XdpRing completion;
    private final XdpRing receive;
    private final XdpRing transmit;
    private final boolean[] inKernel;
    private final MemorySegment statistics;
    private final MemorySegment statisticsBytes;
    private final long[] lostBefore = {0, 0, 0};
    private final int fillTarget;
    private int inFill;
    private int inTransmit;
    private boolean zeroCopy;

    private XdpSocket(int fd, Arena arena, XdpUmem umem, int portIndex, PortCounters counters, String object)
            throws PortException {
        this.fd = fd;
        this.arena = arena;
        this.statistics = arena.allocate(STATISTICS_BYTES, 8);
        this.statisticsBytes = arena.allocate(ValueLayout.JAVA_INT);
        this.umem = umem;
        this.pool = umem.pool();
        this.portIndex = portIndex;
        this.counters = counters;
        this.inKernel = new boolean[(int) (pool.smallRegionBytes() / FramePool.SMALL_BYTES)];
        this.fillTarget = Math.min(RING_ENTRIES, inKernel.length / FILL_SHARE);
        try (Arena scratch = Arena.ofConfined()) {
            MemorySegment offsets = scratch.allocate(OFFSETS_BYTES, 8);
            MemorySegment bytes = scratch.allocateFrom(ValueLayout.JAVA_INT, OFFSETS_BYTES);
            require(
                    Linux.getsockopt(fd, XdpUmem.SOL_XDP, XDP_MMAP_OFFSETS, offsets, bytes),
                    object,
                    "XDP_MMAP_OFFSETS");
            if (bytes.get(ValueLayout.JAVA_INT, 0) != OFFSETS_BYTES) {
                throw new PortException(object + ": the kernel's struct xdp_mmap_offsets has "
                        + bytes.get(ValueLayout.JAVA_INT, 0) + " bytes, not " + OFFSETS_BYTES
                        + "; needs Linux 5.4 or later");
            }
            receive = map(object, offsets.asSlice(0, 32), PGOFF_RX, XdpRing.DESCRIPTOR_BYTES);
            transmit = map(object, offsets.asSlice(32, 32), PGOFF_TX, XdpRing.DESCRIPTOR_BYTES);
            fill = map(object, offsets.asSlice(64, 32), PGOFF_FILL, XdpRing.ADDRESS_BYTES);
            completion = map(object, offsets.asSlice(96, 32), PGOFF_COMPLETION, XdpRing.ADDRESS_BYTES);
        }
    }

    /** Opens and binds a socket; {@code object} names it in errors. */
    static XdpSocket open(
            XdpUmem umem,
            int interfaceIndex,
            int queue,
            PortOptions.ZeroCopy wanted,
            int portIndex,
            PortCounters counters,
            String object)
            throws PortException {
        int fd = Linux.socket(KernelConstants.AF_XDP, KernelConstants.SOCK_RAW | KernelConstants.SOCK_CLOEXEC, 0);
        require(fd, object, "socket");
        Arena arena = Arena.ofShared();
        XdpSocket socket = null;
        boolean opened = false;
        try {
            int shared = umem.sharedFd();
            if (shared < 0) {
                require(
                        umem.register(fd),
                        object,
                        "XDP_UMEM_REG of " + umem.pool().smallRegionBytes() + " bytes");
            }
            for (int ring : new int[] {XDP_UMEM_FILL_RING, XDP_UMEM_COMPLETION_RING, XDP_RX_RING, XDP_TX_RING}) {
                require(Linux.setsockopt(fd, XdpUmem.SOL_XDP, ring, RING_ENTRIES), object, "ring set-up");
            }
            socket = new XdpSocket(fd, arena, umem, portIndex, counters, object);
            socket.refill();
            socket.bind(interfaceIndex, queue, wanted, shared, object);
            umem.onBound(socket);
            opened = true;
            return socket;
        } finally {
            if (!opened) {
                if (socket == null) {
                    Linux.close(fd);
                    arena.close();
                } else {
                    socket.close();
                }
            }
        }
    }

    private XdpRing map(String object, MemorySegment offsets, long pageOffset, int entryBytes) throws PortException {
        long entries = offsets.getAtIndex(ValueLayout.JAVA_LONG, 2);
        long bytes = entries + (long) RING_ENTRIES * entryBytes;
        long address = Linux.mmap(
                bytes,
                KernelConstants.PROT_READ | KernelConstants.PROT_WRITE,
                KernelConstants.MAP_SHARED | KernelConstants.MAP_POPULATE,
                fd,
                pageOffset);
        if (address < 0) {
            throw PortException.of(object, "mmap of a ring", address, XdpPort.CAPABILITY);
        }
        MemorySegment ring =
                MemorySegment.ofAddress(address).reinterpret(bytes, arena, segment -> Linux.munmap(address, bytes));
        return new XdpRing(
                ring,
                offsets.getAtIndex(ValueLayout.JAVA_LONG, 0),
                offsets.getAtIndex(ValueLayout.JAVA_LONG, 1),
                offsets.getAtIndex(ValueLayout.JAVA_LONG, 3),
                entries,
                RING_ENTRIES);
    }

    /** A socket that was closed on this queue a moment ago may still hold it, 30 ms on an idle machine: EBUSY is retried. */
    private void bind(int interfaceIndex, int queue, PortOptions.ZeroCopy wanted, int sharedFd, String object)
            throws PortException {
        try (Arena scratch = Arena.ofConfined()) {
            MemorySegment address = scratch.allocate(SOCKADDR_XDP_BYTES, 4);
            address.set(ValueLayout.JAVA_SHORT, 0, (short) KernelConstants.AF_XDP);
            address.set(ValueLayout.JAVA_INT, 4, interfaceIndex);
            address.set(ValueLayout.JAVA_INT, 8, queue);
            // A socket that shares memory takes the mode of the first one.
            int flags = switch (wanted) {
                case AUTO -> BIND_NEED_WAKEUP;
                case ON -> BIND_NEED_WAKEUP | BIND_ZEROCOPY;
                case OFF -> BIND_NEED_WAKEUP | BIND_COPY;
            };
            address.set(ValueLayout.JAVA_SHORT, 2, (short) (sharedFd < 0 ? flags : BIND_SHARED_UMEM));
            address.set(ValueLayout.JAVA_INT, 12, Math.max(sharedFd, 0));
            long deadline = System.nanoTime() + BUSY_WAIT_NS;
            int answer = Linux.bind(fd, address, SOCKADDR_XDP_BYTES);
            while (answer == -Errno.EBUSY && System.nanoTime() - deadline < 0) {
                LockSupport.parkNanos(BUSY_STEP_NS);
                answer = Linux.bind(fd, address, SOCKADDR_XDP_BYTES);
            }
            require(answer, object, "bind");
            MemorySegment options = scratch.allocate(4, 4);
            MemorySegment bytes = scratch.allocateFrom(ValueLayout.JAVA_INT, 4);
            zeroCopy = Linux.getsockopt(fd, XdpUmem.SOL_XDP, XDP_OPTIONS, options, bytes) == 0
                    && (options.get(ValueLayout.JAVA_INT, 0) & 1) != 0;
        }
    }

    private static void require(int answer, String object, String call) throws PortException {
        if (answer < 0) {
            throw PortException.of(object, call, answer, XdpPort.CAPABILITY);
        }
    }

    int fd() {
        return fd;
    }

    boolean zeroCopy() {
        return zeroCopy;
    }

    /** As {@link dev.sluice.datapath.packet.PacketPort#receive}. */
    int receive(Batch batch) {
        int received = Math.min(receive.available(), Batch.CAPACITY - batch.count);
        for (int i = 0; i < received; i++) {
            long start = receive.peekAddress();
            int bytes = receive.takeLength();
            inKernel[chunk(start)] = false;
            batch.append(start, bytes, portIndex);
            counters.receivedBytes += bytes;
        }
        if (received > 0) {
            receive.release();
            inFill -= received;
            counters.receivedFrames += received;
        }
        reap();
        refill();
        return received;
    }

    /** Tops the fill ring up in large steps, so that its counter is written seldom. */
    private void refill() {
        int missing = fillTarget - inFill;
        if (missing * 4 >= fillTarget) {
            int chunks = Math.min(Math.min(missing, fill.free(missing)), pool.freeSmallCount());
            for (int i = 0; i < chunks; i++) {
                long start = pool.takeSmall();
                inKernel[chunk(start)] = true;
                fill.putAddress(start - FramePool.HEADROOM_BYTES);
            }
            if (chunks > 0) {
                fill.publish();
                inFill += chunks;
            }
        }
        if (fill.needsWakeup()) {
            Linux.kickReceive(fd);
        }
    }

    /** Gives chunks back that the kernel has sent. */
    private void reap() {
        int sent = inTransmit == 0 ? 0 : completion.available();
        for (int i = 0; i < sent; i++) {
            long start = completion.takeAddress();
            inKernel[chunk(start)] = false;
            pool.give(start);
        }
        if (sent > 0) {
            completion.release();
            inTransmit -= sent;
        }
    }

    /** Queues a frame that lies in a small chunk; gives it back and counts it as dropped if the ring stays full. */
    void send(long start, int bytes) {
        if (isFull()) {
            flush();
        }
        if (isFull()) {
            counters.sendDropped++;
            pool.give(start);
            return;
        }
        transmit.putDescriptor(start, bytes);
        inKernel[chunk(start)] = true;
        inTransmit++;
        counters.sentFrames++;
        counters.sentBytes += bytes;
    }

    /** Never more under way than the completion ring has room for: the kernel stops sending when that is full. */
    private boolean isFull() {
        return inTransmit >= RING_ENTRIES || transmit.free(1) == 0;
    }

    /** As {@link dev.sluice.datapath.packet.PacketPort#flush}. */
    void flush() {
        if (inTransmit > 0) {
            transmit.publish();
            for (int kick = 0; kick < KICKS_MAX && transmit.needsWakeup() && !transmit.isDrained(); kick++) {
                // Not all of it: the kernel takes a share per call, or the interface is down; a few more calls do no
                // harm.
                Linux.kickSend(fd);
                reap();
            }
            reap();
        }
    }

    /** Adds what the kernel lost on this socket since the last call; one system call. */
    void countLost() {
        statisticsBytes.set(ValueLayout.JAVA_INT, 0, STATISTICS_BYTES);
        int answer = Linux.getsockopt(fd, XdpUmem.SOL_XDP, XDP_STATISTICS, statistics, statisticsBytes);
        if (answer == 0) {
            counters.kernelDropped += delta(0, 0) + delta(1, 3) + delta(2, 4);
        }
    }

    /** Growth of one of: rx_dropped (0), rx_ring_full (3), rx_fill_ring_empty_descs (4). */
    private long delta(int index, int field) {
        long now = statistics.getAtIndex(ValueLayout.JAVA_LONG, field);
        long delta = now - lostBefore[index];
        lostBefore[index] = now;
        return delta;
    }

    private static int chunk(long start) {
        return (int) (start / FramePool.SMALL_BYTES);
    }

    @Override
    public void close() {
        umem.onClosed(this);
        Linux.close(fd);
        arena.close();
        for (int i = 0; i < inKernel.length; i++) {
            if (inKernel[i]) {
                pool.give((long) i * FramePool.SMALL_BYTES);
                inKernel[i] = false;
            }
        }
    }
}
