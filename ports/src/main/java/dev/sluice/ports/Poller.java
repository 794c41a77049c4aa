package dev.sluice.ports;

import dev.sluice.datapath.packet.PacketPort;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Lets a worker sleep until a frame waits on one of its ports or another thread calls. One user: the worker; {@link #wakeUp} is for any thread.
 *
 * <p>Waiting allocates nothing. A descriptor in trouble (an interface that went down or away) is cleared of its error; if it stays in trouble it is left out
 * until {@link #watch} is called again, so that it cannot keep the worker spinning. Ports without a descriptor are not waited for.
 */
public final class Poller implements AutoCloseable {
    private static final int TROUBLE = KernelConstants.POLLERR | KernelConstants.POLLHUP | KernelConstants.POLLNVAL;
    private static final long ENTRY_BYTES = KernelLayouts.POLLFD.byteSize();
    private static final int EVENTS = 4;
    private static final int REVENTS = 6;

    /** Rounds in a row that a descriptor may be in trouble before it is left out. */
    private static final int TROUBLE_MAX = 3;

    private final int wakeFd;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment entries;
    private final MemorySegment scratch = arena.allocate(16, 8);
    private final MemorySegment scratchBytes = scratch.asSlice(8, Integer.BYTES);
    private final MemorySegment wakeValue = arena.allocate(8, 8);
    private final int[] troubled;
    private int count = 1;

    private Poller(int wakeFd, int portsMax) {
        this.wakeFd = wakeFd;
        this.entries = arena.allocate(KernelLayouts.POLLFD, portsMax + 1L);
        this.troubled = new int[portsMax + 1];
        entries.set(ValueLayout.JAVA_INT, 0, wakeFd);
        entries.set(ValueLayout.JAVA_SHORT, EVENTS, KernelConstants.POLLIN);
        wakeValue.set(ValueLayout.JAVA_LONG, 0, 1);
    }

    /** A poller over the given ports. */
    public static Poller open(PacketPort... ports) throws PortException {
        Poller poller = open(ports.length);
        poller.watch(ports);
        return poller;
    }

    /** A poller for up to the given number of ports, none of them watched yet. */
    public static Poller open(int portsMax) throws PortException {
        int fd = Linux.eventfd(0, KernelConstants.EFD_NONBLOCK | KernelConstants.EFD_CLOEXEC);
        if (fd < 0) {
            throw PortException.of("worker's poller", "eventfd", fd, "a free file descriptor");
        }
        return new Poller(fd, portsMax);
    }

    /** Watches these ports from now on and no others; to be called again when a port's descriptor has changed. */
    public void watch(PacketPort... ports) {
        if (ports.length >= troubled.length) {
            throw new IllegalArgumentException(
                    ports.length + " ports for a poller of up to " + (troubled.length - 1) + "; open a larger one");
        }
        count = 1;
        for (PacketPort port : ports) {
            long entry = count * ENTRY_BYTES;
            // The kernel passes over negative descriptors.
            entries.set(ValueLayout.JAVA_INT, entry, port.pollDescriptor());
            entries.set(ValueLayout.JAVA_SHORT, entry + EVENTS, KernelConstants.POLLIN);
            troubled[count] = 0;
            count++;
        }
    }

    /**
     * Waits until a frame waits, {@link #wakeUp} is or was called, or the time is over.
     *
     * @param timeoutMs 0 to look only, -1 for no limit
     * @return whether there is something to do
     */
    public boolean await(int timeoutMs) {
        int ready = Linux.poll(entries, count, timeoutMs);
        if (ready <= 0) {
            return false;
        }
        if (entries.get(ValueLayout.JAVA_SHORT, REVENTS) != 0) {
            Linux.read(wakeFd, scratch, Long.BYTES);
        }
        for (int i = 1; i < count; i++) {
            short events = entries.get(ValueLayout.JAVA_SHORT, i * ENTRY_BYTES + REVENTS);
            if ((events & TROUBLE) != 0) {
                calm(i);
            } else {
                troubled[i] = 0;
            }
        }
        return true;
    }

    /** Reading the pending error of a socket clears it. */
    private void calm(int index) {
        long entry = index * ENTRY_BYTES;
        int fd = entries.get(ValueLayout.JAVA_INT, entry);
        scratchBytes.set(ValueLayout.JAVA_INT, 0, Integer.BYTES);
        Linux.getsockopt(fd, KernelConstants.SOL_SOCKET, KernelConstants.SO_ERROR, scratch, scratchBytes);
        if (++troubled[index] >= TROUBLE_MAX) {
            entries.set(ValueLayout.JAVA_INT, entry, -1);
        }
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
