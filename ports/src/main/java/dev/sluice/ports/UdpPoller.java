package dev.sluice.ports;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * Lets a thread sleep for nanoseconds (ppoll(2)), until a datagram waits on one of its sockets, or until another thread calls. One user: that thread; {@link
 * #wakeUp} is for any. Waiting allocates nothing.
 */
public final class UdpPoller implements AutoCloseable {
    private static final long ENTRY_BYTES = KernelLayouts.POLLFD.byteSize();
    private static final long NS_PER_S = 1_000_000_000;
    private static final int EVENTS = 4;
    private static final int REVENTS = 6;

    private final int wakeFd;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment entries;
    private final MemorySegment timeout = arena.allocate(16, 8);
    private final MemorySegment scratch = arena.allocate(8, 8);
    private final MemorySegment wakeValue = arena.allocate(8, 8);
    private int count = 1;

    private UdpPoller(int wakeFd, int socketsMax) {
        this.wakeFd = wakeFd;
        entries = arena.allocate(KernelLayouts.POLLFD, socketsMax + 1L);
        entries.set(ValueLayout.JAVA_INT, 0, wakeFd);
        entries.set(ValueLayout.JAVA_SHORT, EVENTS, KernelConstants.POLLIN);
        wakeValue.set(ValueLayout.JAVA_LONG, 0, 1);
    }

    /** A poller for up to the given number of sockets, none watched yet. */
    public static UdpPoller open(int socketsMax) throws PortException {
        int fd = Linux.eventfd(0, KernelConstants.EFD_NONBLOCK | KernelConstants.EFD_CLOEXEC);
        if (fd < 0) {
            throw PortException.of("poller", "eventfd", fd, "a free file descriptor");
        }
        return new UdpPoller(fd, socketsMax);
    }

    /** Watches these sockets from now on and no others. */
    public void watch(List<UdpSocket> sockets) {
        count = 1;
        for (UdpSocket socket : sockets) {
            long entry = count++ * ENTRY_BYTES;
            entries.set(ValueLayout.JAVA_INT, entry, socket.pollDescriptor());
            entries.set(ValueLayout.JAVA_SHORT, entry + EVENTS, KernelConstants.POLLIN);
        }
    }

    /** Waits for at most the given time; whether something wants to be looked at. */
    public boolean await(long timeoutNs) {
        timeout.set(ValueLayout.JAVA_LONG, 0, timeoutNs / NS_PER_S);
        timeout.set(ValueLayout.JAVA_LONG, 8, timeoutNs % NS_PER_S);
        if (Linux.ppoll(entries, count, timeout) <= 0) {
            return false;
        }
        if (entries.get(ValueLayout.JAVA_SHORT, REVENTS) != 0) {
            Linux.read(wakeFd, scratch, Long.BYTES);
        }
        return true;
    }

    /** Ends the current or the next {@link #await}. */
    public void wakeUp() {
        Linux.write(wakeFd, wakeValue, Long.BYTES);
    }

    @Override
    public void close() {
        Linux.close(wakeFd);
        arena.close();
    }
}
