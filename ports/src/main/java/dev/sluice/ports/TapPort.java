package dev.sluice.ports;

import static dev.sluice.ports.KernelLayouts.IOVEC;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.datapath.packet.PortCounters;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/**
 * A port that is the far side of a Linux TAP interface (Linux documentation networking/tuntap). One user: the worker that owns it.
 *
 * <p>What the kernel sends out of the interface is received here and the reverse. A virtio_net_hdr in front of each frame carries super-frames and partial
 * checksums. One system call per frame: for management and for virtual machines, not for speed. The interface goes away with the port unless it was made
 * persistent by somebody else.
 */
public final class TapPort implements InterfaceHolder {
    private static final String CAPABILITY = "CAP_NET_ADMIN";
    private static final int BUFFER_BYTES = 72 * 1024;
    private static final int CHECKSUM_AND_TCP = KernelConstants.TUN_F_CSUM
            | KernelConstants.TUN_F_TSO4
            | KernelConstants.TUN_F_TSO6
            | KernelConstants.TUN_F_TSO_ECN;
    private static final int UDP = KernelConstants.TUN_F_USO4 | KernelConstants.TUN_F_USO6;

    private final String name;
    private final int fd;
    private final boolean udpSuperFrames;
    private final PortCounters counters;
    private final FramePool pool;
    private final MemorySegment frames;
    private final FrameIntake intake;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment buffer = arena.allocate(BUFFER_BYTES, 8);
    private final MemorySegment header = arena.allocate(16, 8);
    private final MemorySegment vectors = arena.allocate(IOVEC, 2);
    private boolean closed;

    private TapPort(String name, int fd, boolean udpSuperFrames, int portIndex, FramePool pool, PortCounters counters) {
        this.name = name;
        this.fd = fd;
        this.udpSuperFrames = udpSuperFrames;
        this.counters = counters;
        this.pool = pool;
        this.frames = pool.memory();
        this.intake = new FrameIntake(pool, portIndex, counters);
        vectors.set(ValueLayout.JAVA_LONG, 0, header.address());
        vectors.set(ValueLayout.JAVA_LONG, 8, VirtioNetHeader.BYTES);
    }

    /**
     * Attaches to the TAP interface of this name in the calling thread's network namespace, or makes it.
     *
     * @param portIndex what {@link Batch#port} says of frames received here
     */
    public static TapPort open(String interfaceName, int portIndex, FramePool pool) throws PortException {
        return open(interfaceName, portIndex, pool, new PortCounters());
    }

    static TapPort open(String interfaceName, int portIndex, FramePool pool, PortCounters counters)
            throws PortException {
        String object = "TAP " + interfaceName;
        int fd = Linux.open(
                "/dev/net/tun", KernelConstants.O_RDWR | KernelConstants.O_NONBLOCK | KernelConstants.O_CLOEXEC);
        if (fd < 0) {
            throw PortException.of(object, "open /dev/net/tun", fd, CAPABILITY);
        }
        boolean opened = false;
        try {
            attach(fd, object, interfaceName);
            boolean udp = offload(fd, object);
            opened = true;
            return new TapPort(interfaceName, fd, udp, portIndex, pool, counters);
        } finally {
            if (!opened) {
                Linux.close(fd);
            }
        }
    }

    private static void attach(int fd, String object, String interfaceName) throws PortException {
        byte[] ascii = interfaceName.getBytes(StandardCharsets.US_ASCII);
        if (ascii.length == 0 || ascii.length > KernelLayouts.INTERFACE_NAME_BYTES_MAX) {
            throw new PortException(object + ": name has " + ascii.length + " bytes, allowed are 1.."
                    + KernelLayouts.INTERFACE_NAME_BYTES_MAX + "; choose a shorter one");
        }
        try (Arena scratch = Arena.ofConfined()) {
            MemorySegment request = scratch.allocate(KernelLayouts.IFREQ);
            MemorySegment.copy(ascii, 0, request, ValueLayout.JAVA_BYTE, 0, ascii.length);
            request.set(ValueLayout.JAVA_SHORT, KernelLayouts.IFREQ_VALUE, (short)
                    (KernelConstants.IFF_TAP | KernelConstants.IFF_NO_PI | KernelConstants.IFF_VNET_HDR));
            int answer = Linux.ioctl(fd, KernelConstants.TUNSETIFF, request);
            if (answer < 0) {
                throw PortException.of(object, "TUNSETIFF", answer, CAPABILITY);
            }
        }
    }

    /** Lets the kernel send us super-frames: of TCP always, of UDP from Linux 6.2 on; whether of UDP too. */
    private static boolean offload(int fd, String object) throws PortException {
        if (Linux.ioctl(fd, KernelConstants.TUNSETOFFLOAD, MemorySegment.ofAddress(CHECKSUM_AND_TCP | UDP)) >= 0) {
            return true;
        }
        int answer = Linux.ioctl(fd, KernelConstants.TUNSETOFFLOAD, MemorySegment.ofAddress(CHECKSUM_AND_TCP));
        if (answer < 0) {
            throw PortException.of(object, "TUNSETOFFLOAD", answer, CAPABILITY);
        }
        return false;
    }

    @Override
    public boolean holdsInterface() {
        try (Arena scratch = Arena.ofConfined()) {
            return Linux.ioctl(fd, KernelConstants.TUNGETIFF, scratch.allocate(KernelLayouts.IFREQ)) != -Errno.EBADFD;
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int receive(Batch batch) {
        int appended = 0;
        while (batch.hasRoom()) {
            long bytes = Linux.read(fd, buffer, BUFFER_BYTES);
            if (bytes < VirtioNetHeader.BYTES) {
                break;
            }
            int frameBytes = (int) bytes - VirtioNetHeader.BYTES;
            appended += intake.take(batch, buffer, 0, VirtioNetHeader.BYTES, frameBytes, 0);
        }
        return appended;
    }

    @Override
    public void send(Batch batch, int slot) {
        VirtioNetHeader.write(header, 0, batch, slot, frames);
        int bytes = batch.length[slot];
        vectors.set(ValueLayout.JAVA_LONG, 16, frames.address() + batch.start[slot]);
        vectors.set(ValueLayout.JAVA_LONG, 24, bytes);
        long answer = Linux.writev(fd, vectors, 2);
        if (answer < 0) {
            answer = Linux.writev(fd, vectors, 2);
        }
        if (answer >= 0) {
            counters.sentFrames++;
            counters.sentBytes += bytes;
        } else {
            counters.sendDropped++;
        }
        pool.give(batch.start[slot]);
    }

    /** Nothing waits: {@link #send} writes at once. */
    @Override
    public void flush() {}

    @Override
    public int pollDescriptor() {
        return fd;
    }

    @Override
    public boolean carriesOffloads() {
        return true;
    }

    @Override
    public String description() {
        return "TAP, carries super-frames of " + (udpSuperFrames ? "TCP and UDP" : "TCP") + " and partial checksums";
    }

    @Override
    public PortCounters counters() {
        return counters;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            Linux.close(fd);
            arena.close();
        }
    }
}
