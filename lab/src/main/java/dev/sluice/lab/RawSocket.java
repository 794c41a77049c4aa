package dev.sluice.lab;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A packet socket (packet(7)) on one interface, used by one thread: frames with their virtio_net header, so that pending checksums and
 * segmentation survive, and with the VLAN tag put back that the kernel keeps beside the frame.
 */
final class RawSocket implements AutoCloseable {
    /** Size of struct virtio_net_hdr, bytes. */
    static final int VNET_HEADER_BYTES = 10;

    private static final int AF_PACKET = 17;
    private static final int SOCK_RAW = 3;
    private static final int SOCK_CLOEXEC = 0x80000;
    private static final short ETH_P_ALL_BE = 0x0300;
    private static final int SOL_SOCKET = 1;
    private static final int SO_RCVBUF = 8;
    private static final int SO_RCVBUFFORCE = 33;
    private static final int SOL_PACKET = 263;
    private static final int PACKET_ADD_MEMBERSHIP = 1;
    private static final int PACKET_STATISTICS = 6;
    private static final int PACKET_AUXDATA = 8;
    private static final int PACKET_VNET_HDR = 15;
    private static final int PACKET_IGNORE_OUTGOING = 23;
    private static final short PACKET_MR_PROMISC = 1;
    private static final byte PACKET_OUTGOING = 4;
    private static final int MSG_DONTWAIT = 0x40;
    private static final short POLLIN = 1;
    private static final int RECEIVE_BUFFER_BYTES = 32 << 20;

    // Offsets of sockaddr_ll, msghdr, cmsghdr and tpacket_auxdata on 64-bit Linux.
    private static final int SOCKADDR_LL_BYTES = 20;
    private static final int SLL_PROTOCOL = 2;
    private static final int SLL_IFINDEX = 4;
    private static final int SLL_PKTTYPE = 10;
    private static final int MSGHDR_BYTES = 56;
    private static final int MSG_NAME = 0;
    private static final int MSG_NAMELEN = 8;
    private static final int MSG_IOV = 16;
    private static final int MSG_IOVLEN = 24;
    private static final int MSG_CONTROL = 32;
    private static final int MSG_CONTROLLEN = 40;
    private static final int CONTROL_BYTES = 64;
    private static final int CMSG_TYPE = 12;
    private static final int CMSG_DATA = 16;
    private static final int AUX_STATUS = 0;
    private static final int AUX_VLAN_TCI = 16;
    private static final int AUX_VLAN_TPID = 18;
    private static final int TP_STATUS_VLAN_VALID = 1 << 4;
    private static final int TP_STATUS_VLAN_TPID_VALID = 1 << 6;
    private static final int FRAME_BYTES_MAX = 1 << 17;
    private static final int VNET_NEEDS_CSUM = 1;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
    private static final MethodHandle SOCKET =
            call("socket", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle BIND = call("bind", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle SETSOCKOPT =
            call("setsockopt", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle GETSOCKOPT =
            call("getsockopt", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));
    private static final MethodHandle IF_NAMETOINDEX = call("if_nametoindex", FunctionDescriptor.of(JAVA_INT, ADDRESS));
    private static final MethodHandle RECVMSG =
            call("recvmsg", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle SENDMSG =
            call("sendmsg", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle POLL =
            call("poll", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
    private static final MethodHandle CLOSE = call("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment state = arena.allocate(STATE);
    private final MemorySegment header = arena.allocate(VNET_HEADER_BYTES);
    private final MemorySegment frame = arena.allocate(FRAME_BYTES_MAX);
    private final MemorySegment iovecs = arena.allocate(32, 8);
    private final MemorySegment address = arena.allocate(SOCKADDR_LL_BYTES, 8);
    private final MemorySegment control = arena.allocate(CONTROL_BYTES, 8);
    private final MemorySegment message = arena.allocate(MSGHDR_BYTES, 8);
    private final String interfaceName;
    private final int fd;
    private long dropCount;

    private RawSocket(String interfaceName, boolean ignoreOutgoing) {
        this.interfaceName = interfaceName;
        int index = invoke("if_nametoindex", IF_NAMETOINDEX, arena.allocateFrom(interfaceName));
        if (index == 0) {
            throw failure("if_nametoindex (is there such an interface?)");
        }
        fd = invoke("socket", SOCKET, AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
        if (fd < 0) {
            throw failure("socket (needs CAP_NET_RAW)");
        }
        option(PACKET_VNET_HDR, 1);
        option(PACKET_AUXDATA, 1);
        if (ignoreOutgoing) {
            option(PACKET_IGNORE_OUTGOING, 1);
        }
        if (setInt(SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES) < 0) {
            // In a user namespace only what net.core.rmem_max allows.
            setInt(SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER_BYTES);
        }
        promiscuous(index);
        address.set(JAVA_SHORT, 0, (short) AF_PACKET);
        address.set(JAVA_SHORT, SLL_PROTOCOL, ETH_P_ALL_BE);
        address.set(JAVA_INT, SLL_IFINDEX, index);
        if (invoke("bind", BIND, fd, address, SOCKADDR_LL_BYTES) < 0) {
            throw failure("bind");
        }
        iovecs.set(ADDRESS, 0, header);
        iovecs.set(JAVA_LONG, 8, VNET_HEADER_BYTES);
        iovecs.set(ADDRESS, 16, frame);
        message.set(ADDRESS, MSG_IOV, iovecs);
        message.set(JAVA_LONG, MSG_IOVLEN, 2);
    }

    /** Opens it; {@code ignoreOutgoing} leaves out what the interface sends. */
    static RawSocket open(String interfaceName, boolean ignoreOutgoing) {
        return new RawSocket(interfaceName, ignoreOutgoing);
    }

    /** The interface it is bound to. */
    String interfaceName() {
        return interfaceName;
    }

    /** The next frame; null if none waits (or the interface is down). Never blocks. */
    @Nullable
    RawFrame receive() {
        message.set(ADDRESS, MSG_NAME, address);
        message.set(JAVA_INT, MSG_NAMELEN, SOCKADDR_LL_BYTES);
        message.set(ADDRESS, MSG_CONTROL, control);
        message.set(JAVA_LONG, MSG_CONTROLLEN, CONTROL_BYTES);
        iovecs.set(JAVA_LONG, 24, FRAME_BYTES_MAX);
        long bytes = invokeLong("recvmsg", RECVMSG, fd, message, MSG_DONTWAIT);
        if (bytes < VNET_HEADER_BYTES) {
            return null;
        }
        int frameBytes = (int) bytes - VNET_HEADER_BYTES;
        boolean outgoing = address.get(JAVA_BYTE, SLL_PKTTYPE) == PACKET_OUTGOING;
        byte[] vnet = header.toArray(JAVA_BYTE);
        if (message.get(JAVA_LONG, MSG_CONTROLLEN) >= CMSG_DATA + 20
                && control.get(JAVA_INT, CMSG_TYPE) == PACKET_AUXDATA
                && (control.get(JAVA_INT, CMSG_DATA + AUX_STATUS) & TP_STATUS_VLAN_VALID) != 0) {
            return withTag(vnet, frameBytes, outgoing);
        }
        return new RawFrame(vnet, frame.asSlice(0, frameBytes).toArray(JAVA_BYTE), outgoing);
    }

    /** Puts the VLAN tag back behind the MAC addresses and shifts what the vnet header points at by its 4 bytes. */
    private RawFrame withTag(byte[] vnet, int frameBytes, boolean outgoing) {
        short tci = control.get(JAVA_SHORT, CMSG_DATA + AUX_VLAN_TCI);
        boolean tpidValid = (control.get(JAVA_INT, CMSG_DATA + AUX_STATUS) & TP_STATUS_VLAN_TPID_VALID) != 0;
        short tpid = tpidValid ? control.get(JAVA_SHORT, CMSG_DATA + AUX_VLAN_TPID) : (short) 0x8100;
        byte[] bytes = new byte[frameBytes + 4];
        MemorySegment whole = MemorySegment.ofArray(bytes);
        MemorySegment.copy(frame, 0, whole, 0, 12);
        bytes[12] = (byte) (tpid >>> 8);
        bytes[13] = (byte) tpid;
        bytes[14] = (byte) (tci >>> 8);
        bytes[15] = (byte) tci;
        MemorySegment.copy(frame, 12, whole, 16, frameBytes - 12);
        if (vnet[1] != 0) {
            addToShort(vnet, 2);
        }
        if ((vnet[0] & VNET_NEEDS_CSUM) != 0) {
            addToShort(vnet, 6);
        }
        return new RawFrame(vnet, bytes, outgoing);
    }

    /** Adds the size of a tag to a 16-bit field in host (little-endian) order. */
    private static void addToShort(byte[] bytes, int offset) {
        int value = ((bytes[offset] & 0xff) | ((bytes[offset + 1] & 0xff) << 8)) + 4;
        bytes[offset] = (byte) value;
        bytes[offset + 1] = (byte) (value >>> 8);
    }

    /** Sends a frame; false when the kernel refuses it (queue full, interface down, frame too long). */
    boolean send(RawFrame sent) {
        int length = Math.min(sent.bytes().length, FRAME_BYTES_MAX);
        MemorySegment.copy(sent.vnetHeader(), 0, header, JAVA_BYTE, 0, VNET_HEADER_BYTES);
        MemorySegment.copy(sent.bytes(), 0, frame, JAVA_BYTE, 0, length);
        message.set(ADDRESS, MSG_NAME, MemorySegment.NULL);
        message.set(JAVA_INT, MSG_NAMELEN, 0);
        message.set(ADDRESS, MSG_CONTROL, MemorySegment.NULL);
        message.set(JAVA_LONG, MSG_CONTROLLEN, 0);
        iovecs.set(JAVA_LONG, 24, length);
        return invokeLong("sendmsg", SENDMSG, fd, message, 0) >= 0;
    }

    /** Frames that the kernel could not queue on this socket since it was opened. */
    long dropCount() {
        try (Arena call = Arena.ofConfined()) {
            MemorySegment statistics = call.allocate(8, 4);
            MemorySegment length = call.allocate(4, 4);
            length.set(JAVA_INT, 0, 8);
            if (invoke("getsockopt", GETSOCKOPT, fd, SOL_PACKET, PACKET_STATISTICS, statistics, length) == 0) {
                // Reading resets the kernel's counters.
                dropCount += Integer.toUnsignedLong(statistics.get(JAVA_INT, 4));
            }
            return dropCount;
        }
    }

    /** Waits until one of the sockets has a frame, at most the time given. */
    static void awaitAny(List<RawSocket> sockets, int timeoutMs) {
        RawSocket first = sockets.getFirst();
        try (Arena call = Arena.ofConfined()) {
            MemorySegment fds = call.allocate(8L * sockets.size(), 8);
            for (int i = 0; i < sockets.size(); i++) {
                fds.set(JAVA_INT, 8L * i, sockets.get(i).fd);
                fds.set(JAVA_SHORT, 8L * i + 4, POLLIN);
            }
            first.invoke("poll", POLL, fds, (long) sockets.size(), timeoutMs);
        }
    }

    @Override
    public void close() {
        invoke("close", CLOSE, fd);
        arena.close();
    }

    private void option(int name, int value) {
        if (setInt(SOL_PACKET, name, value) < 0) {
            throw failure("setsockopt " + name);
        }
    }

    private int setInt(int level, int name, int value) {
        try (Arena call = Arena.ofConfined()) {
            return invoke("setsockopt", SETSOCKOPT, fd, level, name, call.allocateFrom(JAVA_INT, value), 4);
        }
    }

    private void promiscuous(int index) {
        try (Arena call = Arena.ofConfined()) {
            MemorySegment request = call.allocate(16, 4);
            request.set(JAVA_INT, 0, index);
            request.set(JAVA_SHORT, 4, PACKET_MR_PROMISC);
            if (invoke("setsockopt", SETSOCKOPT, fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, request, 16) < 0) {
                throw failure("setsockopt PACKET_ADD_MEMBERSHIP");
            }
        }
    }

    private LabException failure(String what) {
        return new LabException(
                what + " failed on interface '" + interfaceName + "': errno " + (int) ERRNO.get(state, 0L));
    }

    private static MethodHandle call(String name, FunctionDescriptor descriptor) {
        MemorySegment function = LINKER.defaultLookup()
                .find(name)
                .orElseThrow(() -> new LabException("the C library has no function " + name));
        return LINKER.downcallHandle(function, descriptor, Linker.Option.captureCallState("errno"));
    }

    private int invoke(String name, MethodHandle handle, Object... arguments) {
        return (int) invokeObject(name, handle, arguments);
    }

    private long invokeLong(String name, MethodHandle handle, Object... arguments) {
        return (long) invokeObject(name, handle, arguments);
    }

    /** Slow but plain: the lab is no place for the last microsecond. */
    private Object invokeObject(String name, MethodHandle handle, Object... arguments) {
        try {
            Object[] all = new Object[arguments.length + 1];
            all[0] = state;
            System.arraycopy(arguments, 0, all, 1, arguments.length);
            return handle.invokeWithArguments(all);
        } catch (Throwable e) {
            throw new LabException("call of " + name + " failed", e);
        }
    }
}
