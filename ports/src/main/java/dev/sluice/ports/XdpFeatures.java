package dev.sluice.ports;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/**
 * Asks the kernel what interfaces can do with XDP (generic netlink family "netdev" of Linux 6.3, linux/netdev.h). One user: the worker; about the network namespace of the thread that opens it.
 *
 * <p>{@link #of} is one question and its answer, and allocates nothing.
 */
public final class XdpFeatures implements AutoCloseable {
    /** NETDEV_XDP_ACT_NDO_XMIT: it sends frames that a program on another interface redirects to it. */
    public static final int TAKES_FRAMES = 4;

    private static final int NETLINK_GENERIC = 16;
    private static final int CONTROLLER = 16;
    private static final int CONTROLLER_GET_FAMILY = 3;
    private static final int FAMILY_NAME = 2;
    private static final int FAMILY_ID = 1;
    private static final int DEVICE_GET = 1;
    private static final int DEVICE_INDEX = 1;
    private static final int DEVICE_XDP_FEATURES = 3;
    private static final int REQUEST = 1;
    private static final int NLMSG_ERROR = 2;
    private static final int HEADER_BYTES = 20;
    private static final int ATTRIBUTE_BYTES = 4;
    private static final int BUFFER_BYTES = 8192;

    private final Arena arena = Arena.ofShared();
    private final MemorySegment message = arena.allocate(BUFFER_BYTES, 8);
    private final int fd;
    private int family;

    private XdpFeatures(int fd) {
        this.fd = fd;
    }

    /** Opens the socket and looks the family up. */
    public static XdpFeatures open() throws PortException {
        String object = "XDP features of interfaces";
        int fd = Linux.socket(
                KernelConstants.AF_NETLINK, KernelConstants.SOCK_RAW | KernelConstants.SOCK_CLOEXEC, NETLINK_GENERIC);
        if (fd < 0) {
            throw PortException.of(object, "socket", fd, "CAP_NET_ADMIN");
        }
        XdpFeatures opened = new XdpFeatures(fd);
        int family = opened.familyOf("netdev");
        if (family < 0) {
            opened.close();
            throw PortException.of(object, "generic netlink family netdev (Linux 6.3 or later)", family, "none");
        }
        opened.family = family;
        return opened;
    }

    private int familyOf(String name) {
        byte[] ascii = (name + "\0").getBytes(StandardCharsets.US_ASCII);
        begin(CONTROLLER, CONTROLLER_GET_FAMILY, FAMILY_NAME, ascii.length);
        MemorySegment.copy(ascii, 0, message, ValueLayout.JAVA_BYTE, HEADER_BYTES + ATTRIBUTE_BYTES, ascii.length);
        int at = ask(FAMILY_ID);
        return at < 0 ? at : Short.toUnsignedInt(message.get(ValueLayout.JAVA_SHORT_UNALIGNED, at));
    }

    /** The features of an interface, {@link #TAKES_FRAMES} among them; a negative errno if it is gone. */
    public int of(int interfaceIndex) {
        begin(family, DEVICE_GET, DEVICE_INDEX, Integer.BYTES);
        message.set(ValueLayout.JAVA_INT, HEADER_BYTES + ATTRIBUTE_BYTES, interfaceIndex);
        int at = ask(DEVICE_XDP_FEATURES);
        return at < 0 ? at : message.get(ValueLayout.JAVA_INT_UNALIGNED, at);
    }

    /** A request with one attribute, whose content is still to be written. */
    private void begin(int type, int command, int attribute, int contentBytes) {
        message.asSlice(0, HEADER_BYTES + ATTRIBUTE_BYTES + contentBytes).fill((byte) 0);
        message.set(ValueLayout.JAVA_INT, 0, HEADER_BYTES + ATTRIBUTE_BYTES + contentBytes);
        message.set(ValueLayout.JAVA_SHORT, 4, (short) type);
        message.set(ValueLayout.JAVA_SHORT, 6, (short) REQUEST);
        message.set(ValueLayout.JAVA_BYTE, 16, (byte) command);
        message.set(ValueLayout.JAVA_BYTE, 17, (byte) 1);
        message.set(ValueLayout.JAVA_SHORT, HEADER_BYTES, (short) (ATTRIBUTE_BYTES + contentBytes));
        message.set(ValueLayout.JAVA_SHORT, HEADER_BYTES + 2, (short) attribute);
    }

    /** Where the content of an attribute of the answer begins, or a negative errno. */
    private int ask(int attribute) {
        long sent = Linux.sendto(fd, message, message.get(ValueLayout.JAVA_INT, 0), 0, MemorySegment.NULL, 0);
        if (sent < 0) {
            return (int) sent;
        }
        long received = Linux.recv(fd, message, BUFFER_BYTES, 0);
        if (received < HEADER_BYTES) {
            return received < 0 ? (int) received : -Errno.EINVAL;
        }
        if (message.get(ValueLayout.JAVA_SHORT, 4) == NLMSG_ERROR) {
            return Math.min(message.get(ValueLayout.JAVA_INT, 16), -1);
        }
        int at = HEADER_BYTES;
        while (at + ATTRIBUTE_BYTES <= received) {
            int bytes = Short.toUnsignedInt(message.get(ValueLayout.JAVA_SHORT, at));
            if (message.get(ValueLayout.JAVA_SHORT, at + 2) == attribute && bytes >= ATTRIBUTE_BYTES + 2) {
                return at + ATTRIBUTE_BYTES;
            }
            at += Math.max(ATTRIBUTE_BYTES, (bytes + 3) & ~3);
        }
        return -Errno.EINVAL;
    }

    @Override
    public void close() {
        Linux.close(fd);
        arena.close();
    }
}
