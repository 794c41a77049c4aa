package dev.sluice.ports;

import static dev.sluice.ports.KernelLayouts.IOVEC;
import static dev.sluice.ports.KernelLayouts.MMSGHDR;

import dev.sluice.wire.IpAddress;
import dev.sluice.wire.Layouts;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/**
 * A UDP socket that knows the TTL, the interface and the destination address of what it receives (RFC 5881 5 asks for the first), and sends with a TTL of its
 * own. One user: the thread that receives and sends; opened by any. The socket belongs to the network namespace of the thread that opens it.
 *
 * <p>Receiving takes up to {@link #BATCH} datagrams in one call; they are valid until the next. Neither receiving nor sending blocks or allocates.
 */
public final class UdpSocket implements AutoCloseable {
    /** Most datagrams in one call. */
    public static final int BATCH = 16;

    /** Bytes kept of a datagram; {@link #bytes} of a longer one is this. */
    public static final int DATAGRAM_BYTES_MAX = 512;

    private static final int NAME_STRIDE = 32;
    private static final int CONTROL_STRIDE = 128;
    private static final int CMSG_HEADER_BYTES = 16;
    private static final int CMSG_LEVEL = 8;
    private static final int CMSG_TYPE = 12;
    private static final int MSG_CTRUNC = 8;

    private final int fd;
    private final int port;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment data = arena.allocate((long) BATCH * DATAGRAM_BYTES_MAX, 8);
    private final MemorySegment names = arena.allocate((long) BATCH * NAME_STRIDE, 8);
    private final MemorySegment controls = arena.allocate((long) BATCH * CONTROL_STRIDE, 8);
    private final MemorySegment vectors = arena.allocate(IOVEC, BATCH);
    private final MemorySegment messages = arena.allocate(MMSGHDR, BATCH);
    private final int[] ttls = new int[BATCH];
    private final int[] interfaces = new int[BATCH];
    private final long[] destinationsHi = new long[BATCH];
    private final long[] destinationsLo = new long[BATCH];

    private UdpSocket(int fd, int port) {
        this.fd = fd;
        this.port = port;
        for (int i = 0; i < BATCH; i++) {
            long vector = i * IOVEC.byteSize();
            vectors.set(ValueLayout.JAVA_LONG, vector, data.address() + (long) i * DATAGRAM_BYTES_MAX);
            vectors.set(ValueLayout.JAVA_LONG, vector + 8, DATAGRAM_BYTES_MAX);
            long message = i * MMSGHDR.byteSize();
            messages.set(
                    ValueLayout.JAVA_LONG,
                    message + KernelLayouts.MMSGHDR_NAME,
                    names.address() + (long) i * NAME_STRIDE);
            messages.set(ValueLayout.JAVA_LONG, message + KernelLayouts.MMSGHDR_IOV, vectors.address() + vector);
            messages.set(ValueLayout.JAVA_LONG, message + KernelLayouts.MMSGHDR_IOVLEN, 1);
            messages.set(
                    ValueLayout.JAVA_LONG,
                    message + KernelLayouts.MMSGHDR_CONTROL,
                    controls.address() + (long) i * CONTROL_STRIDE);
        }
    }

    /**
     * What a socket is to be like.
     *
     * @param local address to bind to; {@link IpAddress#ANY_V4} or {@link IpAddress#ANY_V6} for all of a family
     * @param port to bind to, 1..65535
     * @param interfaceIndex what a link-local local address needs; 0 otherwise
     * @param device interface to send and receive by alone; empty for any
     * @param ttl of what is sent, 1..255
     * @param trafficClass of what is sent: DSCP and ECN, 0..255
     */
    public record Options(IpAddress local, int port, int interfaceIndex, String device, int ttl, int trafficClass) {
        /** Checks the ranges. */
        public Options {
            if (port < 1 || port > 65_535) {
                throw new IllegalArgumentException("port " + port + " is outside 1..65535");
            }
            if (ttl < 1 || ttl > 255 || trafficClass < 0 || trafficClass > 255) {
                throw new IllegalArgumentException(
                        "ttl " + ttl + " or trafficClass " + trafficClass + " is outside 1..255 or 0..255");
            }
            if (device.getBytes(StandardCharsets.UTF_8).length > KernelLayouts.INTERFACE_NAME_BYTES_MAX) {
                throw new IllegalArgumentException("device '" + device + "' has more than 15 bytes");
            }
        }
    }

    /** Opens and binds a socket. */
    public static UdpSocket open(Options options) throws PortException {
        boolean four = options.local.isIpv4();
        String object = "UDP " + (four ? options.local.toString() : "[" + options.local + "]") + ":" + options.port;
        int fd = Linux.socket(
                four ? KernelConstants.AF_INET : KernelConstants.AF_INET6,
                KernelConstants.SOCK_DGRAM | KernelConstants.SOCK_NONBLOCK | KernelConstants.SOCK_CLOEXEC,
                0);
        check(object, "socket", fd);
        boolean opened = false;
        try (Arena scratch = Arena.ofConfined()) {
            configure(object, fd, options, four);
            MemorySegment address = SocketAddresses.write(scratch, options.local, options.port, options.interfaceIndex);
            check(object, "bind", Linux.bind(fd, address, (int) address.byteSize()));
            opened = true;
            return new UdpSocket(fd, options.port);
        } finally {
            if (!opened) {
                Linux.close(fd);
            }
        }
    }

    private static void configure(String object, int fd, Options options, boolean four) throws PortException {
        if (!options.device.isEmpty()) {
            try (Arena scratch = Arena.ofConfined()) {
                MemorySegment name = scratch.allocateFrom(options.device);
                check(
                        object,
                        "SO_BINDTODEVICE " + options.device,
                        Linux.setsockopt(fd, KernelConstants.SOL_SOCKET, KernelConstants.SO_BINDTODEVICE, name, (int)
                                name.byteSize()));
            }
        }
        int level = four ? KernelConstants.IPPROTO_IP : KernelConstants.IPPROTO_IPV6;
        if (four) {
            set(object, fd, level, KernelConstants.IP_TTL, options.ttl);
            set(object, fd, level, KernelConstants.IP_TOS, options.trafficClass);
            set(object, fd, level, KernelConstants.IP_RECVTTL, 1);
            set(object, fd, level, KernelConstants.IP_PKTINFO, 1);
        } else {
            set(object, fd, level, KernelConstants.IPV6_V6ONLY, 1);
            set(object, fd, level, KernelConstants.IPV6_UNICAST_HOPS, options.ttl);
            set(object, fd, level, KernelConstants.IPV6_TCLASS, options.trafficClass);
            set(object, fd, level, KernelConstants.IPV6_RECVHOPLIMIT, 1);
            set(object, fd, level, KernelConstants.IPV6_RECVPKTINFO, 1);
        }
    }

    private static void set(String object, int fd, int level, int option, int value) throws PortException {
        check(object, "setsockopt " + level + "/" + option, Linux.setsockopt(fd, level, option, value));
    }

    private static void check(String object, String call, int answer) throws PortException {
        if (answer < 0) {
            throw PortException.of(object, call, answer, "CAP_NET_RAW");
        }
    }

    /** The port that it is bound to. */
    public int port() {
        return port;
    }

    /** A descriptor that polls readable when datagrams wait. */
    public int pollDescriptor() {
        return fd;
    }

    /** Takes datagrams that wait; how many, 0 for none. Those of the call before are gone. */
    public int receive() {
        for (int i = 0; i < BATCH; i++) {
            long message = i * MMSGHDR.byteSize();
            messages.set(ValueLayout.JAVA_INT, message + KernelLayouts.MMSGHDR_NAMELEN, NAME_STRIDE);
            messages.set(ValueLayout.JAVA_LONG, message + KernelLayouts.MMSGHDR_CONTROLLEN, CONTROL_STRIDE);
        }
        int count = Linux.recvmmsg(fd, messages, BATCH, KernelConstants.MSG_DONTWAIT);
        for (int i = 0; i < count; i++) {
            readControl(i);
        }
        return Math.max(0, count);
    }

    private void readControl(int i) {
        ttls[i] = -1;
        interfaces[i] = 0;
        destinationsHi[i] = 0;
        destinationsLo[i] = 0;
        long message = i * MMSGHDR.byteSize();
        if ((messages.get(ValueLayout.JAVA_INT, message + KernelLayouts.MMSGHDR_FLAGS) & MSG_CTRUNC) != 0) {
            return;
        }
        long at = (long) i * CONTROL_STRIDE;
        long end = at + messages.get(ValueLayout.JAVA_LONG, message + KernelLayouts.MMSGHDR_CONTROLLEN);
        while (at + CMSG_HEADER_BYTES <= end) {
            long length = controls.get(ValueLayout.JAVA_LONG, at);
            if (length < CMSG_HEADER_BYTES || length > end - at) {
                return;
            }
            int level = controls.get(ValueLayout.JAVA_INT, at + CMSG_LEVEL);
            int type = controls.get(ValueLayout.JAVA_INT, at + CMSG_TYPE);
            readControl(i, level, type, at + CMSG_HEADER_BYTES);
            at += (length + 7) & ~7L;
        }
    }

    private void readControl(int i, int level, int type, long value) {
        if (level == KernelConstants.IPPROTO_IP && type == KernelConstants.IP_TTL) {
            ttls[i] = controls.get(ValueLayout.JAVA_INT, value);
        } else if (level == KernelConstants.IPPROTO_IPV6 && type == KernelConstants.IPV6_HOPLIMIT) {
            ttls[i] = controls.get(ValueLayout.JAVA_INT, value);
        } else if (level == KernelConstants.IPPROTO_IP && type == KernelConstants.IP_PKTINFO) {
            // struct in_pktinfo: interface, local address, destination of the header.
            interfaces[i] = controls.get(ValueLayout.JAVA_INT, value);
            destinationsLo[i] = SocketAddresses.ipv4(controls, value + 8);
        } else if (level == KernelConstants.IPPROTO_IPV6 && type == KernelConstants.IPV6_PKTINFO) {
            destinationsHi[i] = controls.get(Layouts.BE64, value);
            destinationsLo[i] = controls.get(Layouts.BE64, value + 8);
            interfaces[i] = controls.get(ValueLayout.JAVA_INT, value + 16);
        }
    }

    /** Where the datagrams of the last {@link #receive} lie. */
    public MemorySegment memory() {
        return data;
    }

    /** Where a datagram begins in {@link #memory}. */
    public long offset(int i) {
        return (long) i * DATAGRAM_BYTES_MAX;
    }

    /** Its length in bytes. */
    public int bytes(int i) {
        return messages.get(ValueLayout.JAVA_INT, i * MMSGHDR.byteSize() + KernelLayouts.MMSGHDR_LEN);
    }

    /** Its TTL or hop limit, -1 if the kernel did not say. */
    public int ttl(int i) {
        return ttls[i];
    }

    /** Number of the interface it came in by. */
    public int interfaceIndex(int i) {
        return interfaces[i];
    }

    /** Its source address, upper half. */
    public long sourceHi(int i) {
        return SocketAddresses.hi(names, (long) i * NAME_STRIDE);
    }

    /** Its source address, lower half. */
    public long sourceLo(int i) {
        return SocketAddresses.lo(names, (long) i * NAME_STRIDE);
    }

    /** Its source port. */
    public int sourcePort(int i) {
        return SocketAddresses.port(names, (long) i * NAME_STRIDE);
    }

    /** Its destination address, upper half. */
    public long destinationHi(int i) {
        return destinationsHi[i];
    }

    /** Its destination address, lower half. */
    public long destinationLo(int i) {
        return destinationsLo[i];
    }

    /** Sends the first bytes of a native segment; whether the kernel took them. */
    public boolean send(MemorySegment datagram, int bytes, UdpTarget target) {
        MemorySegment address = target.address();
        return Linux.sendDatagram(fd, datagram, bytes, address, (int) address.byteSize()) == bytes;
    }

    @Override
    public void close() {
        Linux.close(fd);
        arena.close();
    }
}
