package dev.sluice.ports;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Lists something that the kernel knows by rtnetlink(7), once. Stateless; any thread; about the network namespace of the calling thread. */
final class NetlinkDump {
    private static final int NLM_F_REQUEST = 1;
    private static final int NLM_F_DUMP = 0x300;
    private static final int BUFFER_BYTES = 256 * 1024;
    private static final int WAIT_SECONDS = 2;
    private static final int TYPE_MASK = 0x3fff;

    private NetlinkDump() {}

    /** Takes one message of a list. */
    @FunctionalInterface
    interface Visitor {
        /**
         * One message.
         *
         * @param body where it begins, behind the header of netlink
         * @param end where it ends
         */
        void take(MemorySegment messages, long body, long end);
    }

    /** Takes one attribute. */
    @FunctionalInterface
    interface AttributeVisitor {
        /**
         * One attribute.
         *
         * @param kind its number
         * @param value where its value begins
         * @param end where that ends
         */
        void take(int kind, long value, long end);
    }

    /**
     * Lists everything of a kind.
     *
     * @param object what it is, for messages
     * @param request RTM_GET...
     * @param answer the type of the messages that are taken
     * @param bodyBytes how long the fixed part behind the header is; its first byte is the family
     * @throws PortException if the kernel refuses, or does not answer
     */
    static void list(String object, int request, int answer, int family, int bodyBytes, Visitor visitor)
            throws PortException {
        int fd = Linux.socket(
                KernelConstants.AF_NETLINK,
                KernelConstants.SOCK_RAW | KernelConstants.SOCK_NONBLOCK | KernelConstants.SOCK_CLOEXEC,
                0);
        if (fd < 0) {
            throw PortException.of(object, "socket", fd, "a netlink socket");
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment question = arena.allocate(LinkMessage.HEADER_BYTES + (long) bodyBytes, 4);
            question.set(ValueLayout.JAVA_INT, 0, (int) question.byteSize());
            question.set(ValueLayout.JAVA_SHORT, 4, (short) request);
            question.set(ValueLayout.JAVA_SHORT, 6, (short) (NLM_F_REQUEST | NLM_F_DUMP));
            question.set(ValueLayout.JAVA_BYTE, LinkMessage.HEADER_BYTES, (byte) family);
            long sent = Linux.sendto(fd, question, question.byteSize(), 0, MemorySegment.NULL, 0);
            if (sent < 0) {
                throw PortException.of(object, "sendto", sent, "a netlink socket");
            }
            MemorySegment buffer = arena.allocate(BUFFER_BYTES, 8);
            boolean more = true;
            while (more) {
                more = take(object, buffer, receive(object, fd, buffer, WAIT_SECONDS), answer, visitor);
            }
        } finally {
            Linux.close(fd);
        }
    }

    /** Bytes of the next messages, of a socket that does not block. */
    static long receive(String object, int fd, MemorySegment buffer, int waitSeconds) throws PortException {
        try (Arena scratch = Arena.ofConfined()) {
            MemorySegment entry = scratch.allocate(KernelLayouts.POLLFD);
            entry.set(ValueLayout.JAVA_INT, 0, fd);
            entry.set(ValueLayout.JAVA_SHORT, 4, KernelConstants.POLLIN);
            while (true) {
                int ready = Linux.poll(entry, 1, 1000 * waitSeconds);
                long bytes = Linux.recv(fd, buffer, buffer.byteSize(), KernelConstants.MSG_DONTWAIT);
                if (bytes > 0) {
                    return bytes;
                }
                if (bytes == -Errno.EAGAIN && ready == 0) {
                    throw new PortException(object + ": the kernel did not list them within " + waitSeconds
                            + " s; is the machine overloaded? Try again");
                }
                if (bytes != -Errno.EINTR && bytes != -Errno.EAGAIN) {
                    throw PortException.of(object, "recv", bytes, "a netlink socket");
                }
            }
        }
    }

    /**
     * Whether more is to come.
     *
     * @throws PortException if the kernel says that it could not list all
     */
    static boolean take(String object, MemorySegment buffer, long bytes, int answer, Visitor visitor)
            throws PortException {
        for (long at = 0; at + LinkMessage.HEADER_BYTES <= bytes; ) {
            int length = LinkMessage.length(buffer, at);
            if (length < LinkMessage.HEADER_BYTES || at + length > bytes) {
                return true;
            }
            int type = LinkMessage.type(buffer, at);
            boolean done = type == LinkMessage.NLMSG_DONE;
            if (type == LinkMessage.NLMSG_ERROR || (done && LinkMessage.error(buffer, at) < 0)) {
                throw PortException.of(object, "dump", LinkMessage.error(buffer, at), "a netlink socket");
            }
            if (done) {
                return false;
            }
            if (type == answer) {
                visitor.take(buffer, at + LinkMessage.HEADER_BYTES, at + length);
            }
            at += (length + 3) & ~3;
        }
        return true;
    }

    /** The attributes between two places; those that are cut off are left out. */
    static void attributes(MemorySegment messages, long from, long end, AttributeVisitor visitor) {
        for (long at = from; at + 4 <= end; ) {
            int bytes = messages.get(ValueLayout.JAVA_SHORT_UNALIGNED, at) & 0xffff;
            if (bytes < 4 || at + bytes > end) {
                return;
            }
            int kind = messages.get(ValueLayout.JAVA_SHORT_UNALIGNED, at + 2) & TYPE_MASK;
            visitor.take(kind, at + 4, at + bytes);
            at += (bytes + 3) & ~3;
        }
    }
}
