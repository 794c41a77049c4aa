package dev.sluice.ports;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.datapath.packet.PacketPort;
import dev.sluice.datapath.packet.PortCounters;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * A port on a Linux interface through an AF_PACKET socket (packet(7)). One user: the worker that owns it.
 *
 * <p>Super-frames and partial checksums cross it as they are, by PACKET_VNET_HDR, in both directions: the driver of choice for veth, tap and bridge members,
 * where the kernel's stack is on the other side. Receives from a shared ring, sends in batches past the queueing discipline. The socket belongs to the
 * network namespace of the thread that opens it.
 */
public final class PacketSocketPort implements PacketPort {
    static final String CAPABILITY = "CAP_NET_RAW";

    /** Ring slots of one port: 32 MiB of kernel memory, a quarter of a millisecond of small frames at 1 Mpps. */
    static final int RING_SLOTS = 256;

    private static final int SEND_BUFFER_BYTES = 16 << 20;

    private final String name;
    private final int fd;
    private final PortCounters counters;
    private final PacketSource source;
    private final PacketSender sender;
    private final String reason;
    private boolean closed;

    private PacketSocketPort(
            String name, int fd, PortCounters counters, PacketSource source, PacketSender sender, String reason) {
        this.name = name;
        this.fd = fd;
        this.counters = counters;
        this.source = source;
        this.sender = sender;
        this.reason = reason;
    }

    /**
     * Opens a port on an interface of the calling thread's network namespace.
     *
     * @param interfaceName Linux interface name
     * @param portIndex what {@link Batch#port} says of frames received here
     * @param pool the worker's frames
     */
    public static PacketSocketPort open(String interfaceName, int portIndex, FramePool pool) throws PortException {
        return open(interfaceName, portIndex, pool, new PortCounters(), RING_SLOTS, "as asked");
    }

    /** As above; 0 ring slots: by recvmmsg, without a ring. */
    static PacketSocketPort open(
            String interfaceName, int portIndex, FramePool pool, PortCounters counters, int ringSlots, String reason)
            throws PortException {
        String object = "AF_PACKET on " + interfaceName;
        int index = Linux.interfaceIndex(interfaceName);
        if (index < 0) {
            throw PortException.of(object, "if_nametoindex", index, CAPABILITY);
        }
        // Protocol 0: nothing is received before bind says from which interface.
        int fd = Linux.socket(
                KernelConstants.AF_PACKET,
                KernelConstants.SOCK_RAW | KernelConstants.SOCK_NONBLOCK | KernelConstants.SOCK_CLOEXEC,
                0);
        if (fd < 0) {
            throw PortException.of(object, "socket", fd, CAPABILITY);
        }
        PacketSource source = null;
        boolean opened = false;
        try {
            configure(fd, object, index);
            FrameIntake intake = new FrameIntake(pool, portIndex, counters);
            source = source(fd, ringSlots, intake, counters);
            bind(fd, object, index, KernelConstants.ETH_P_ALL);
            PacketSender sender = new PacketSender(fd, pool, counters);
            opened = true;
            return new PacketSocketPort(interfaceName, fd, counters, source, sender, reason);
        } finally {
            if (!opened) {
                if (source != null) {
                    source.close();
                }
                Linux.close(fd);
            }
        }
    }

    private static PacketSource source(int fd, int ringSlots, FrameIntake intake, PortCounters counters) {
        if (ringSlots > 0
                && PacketRing.open(fd, ringSlots, intake, counters) instanceof PacketRing.Opened(PacketRing ring)) {
            return ring;
        }
        return new PacketReader(fd, intake, counters);
    }

    static void configure(int fd, String object, int interfaceIndex) throws PortException {
        require(
                Linux.setsockopt(fd, KernelConstants.SOL_PACKET, KernelConstants.PACKET_VNET_HDR, 1),
                object,
                "PACKET_VNET_HDR");
        require(
                Linux.setsockopt(fd, KernelConstants.SOL_PACKET, KernelConstants.PACKET_IGNORE_OUTGOING, 1),
                object,
                "PACKET_IGNORE_OUTGOING (Linux 4.20 or later)");
        require(
                Linux.setsockopt(fd, KernelConstants.SOL_PACKET, KernelConstants.PACKET_QDISC_BYPASS, 1),
                object,
                "PACKET_QDISC_BYPASS");
        // Beyond the system's limit where allowed; without it a few super-frames fill the buffer. Not vital.
        if (Linux.setsockopt(fd, KernelConstants.SOL_SOCKET, KernelConstants.SO_SNDBUFFORCE, SEND_BUFFER_BYTES) < 0) {
            Linux.setsockopt(fd, KernelConstants.SOL_SOCKET, KernelConstants.SO_SNDBUF, SEND_BUFFER_BYTES);
        }
        joinPromiscuous(fd, object, interfaceIndex);
    }

    /** As long as the socket is open, the interface takes frames for other MAC addresses too. */
    static void joinPromiscuous(int fd, String object, int interfaceIndex) throws PortException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment request = arena.allocate(KernelLayouts.PACKET_MREQ);
            request.set(ValueLayout.JAVA_INT, 0, interfaceIndex);
            request.set(ValueLayout.JAVA_SHORT, 4, (short) KernelConstants.PACKET_MR_PROMISC);
            int answer = Linux.setsockopt(
                    fd, KernelConstants.SOL_PACKET, KernelConstants.PACKET_ADD_MEMBERSHIP, request, (int)
                            request.byteSize());
            require(answer, object, "PACKET_MR_PROMISC");
        }
    }

    /** @param protocol ETH_P_ALL to receive everything, 0 to receive nothing */
    static void bind(int fd, String object, int interfaceIndex, int protocol) throws PortException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = arena.allocate(KernelLayouts.SOCKADDR_LL);
            address.set(ValueLayout.JAVA_SHORT, 0, (short) KernelConstants.AF_PACKET);
            address.set(ValueLayout.JAVA_SHORT.withOrder(ByteOrder.BIG_ENDIAN), 2, (short) protocol);
            address.set(ValueLayout.JAVA_INT, 4, interfaceIndex);
            int answer = Linux.bind(fd, address, (int) address.byteSize());
            // An interface that is down binds all the same and says so; frames come when it is up.
            if (answer != -Errno.ENETDOWN) {
                require(answer, object, "bind");
            }
        }
    }

    private static void require(int answer, String object, String call) throws PortException {
        if (answer < 0) {
            throw PortException.of(object, call, answer, CAPABILITY);
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int receive(Batch batch) {
        return source.receive(batch);
    }

    @Override
    public void send(Batch batch, int slot) {
        sender.send(batch, slot);
    }

    @Override
    public void flush() {
        sender.flush();
    }

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
        return "AF_PACKET " + source.description() + ": " + reason;
    }

    @Override
    public PortCounters counters() {
        return counters;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            sender.close();
            source.close();
            Linux.close(fd);
        }
    }
}
