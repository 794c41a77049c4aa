package dev.sluice.ports;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Two interfaces that are the ends of one wire inside the machine, made and removed by rtnetlink(7). Immutable; for control threads. Belongs to the network namespace of the thread that
 * makes it, and outlives the process.
 *
 * @param name of one end
 * @param index of this end
 * @param peerName of the other
 * @param peerIndex of the other end
 */
public record VethPair(String name, int index, String peerName, int peerIndex) {
    /** Largest packet that a veth carries. */
    public static final int MTU_MAX = 65_535;

    private static final String CAPABILITY = "CAP_NET_ADMIN";
    private static final int RTM_NEWLINK = 16;
    private static final int RTM_DELLINK = 17;
    private static final int REQUEST_WITH_ANSWER = 1 | 4;
    private static final int CREATE_EXCLUSIVE = 0x400 | 0x200;
    private static final int NLMSG_ERROR = 2;
    private static final int HEADER_BYTES = 16;
    private static final int INTERFACE_BYTES = 16;
    private static final int UP_WITHOUT_ARP = 1 | 0x80;
    private static final int NAME = 3;
    private static final int MTU = 4;
    private static final int LINK_INFO = 18;
    private static final int INFO_KIND = 1;
    private static final int INFO_DATA = 2;
    private static final int PEER = 1;
    private static final int BUFFER_BYTES = 1024;

    /**
     * Makes a pair, both ends up, without addresses; takes over one that is there under these names.
     *
     * @param mtuBytes of both ends, up to {@link #MTU_MAX}
     */
    public static VethPair make(String name, String peerName, int mtuBytes) throws PortException {
        String object = "interfaces " + name + " and " + peerName;
        int answer;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment message = arena.allocate(BUFFER_BYTES, 8);
            Writer w = new Writer(message);
            w.header(RTM_NEWLINK, REQUEST_WITH_ANSWER | CREATE_EXCLUSIVE);
            w.link(0, 0);
            w.names(name, mtuBytes);
            int info = w.begin(LINK_INFO);
            w.text(INFO_KIND, "veth");
            int data = w.begin(INFO_DATA);
            int peer = w.begin(PEER);
            w.link(0, 0);
            w.names(peerName, mtuBytes);
            w.end(peer);
            w.end(data);
            w.end(info);
            answer = ask(message, w.finish());
        }
        if (answer < 0 && answer != -Errno.EEXIST) {
            throw PortException.of(object, "RTM_NEWLINK", answer, CAPABILITY);
        }
        int index = Linux.interfaceIndex(name);
        int peerIndex = Linux.interfaceIndex(peerName);
        if (index < 0 || peerIndex < 0) {
            throw new PortException(
                    object + ": one of the names is taken by another interface; remove it with: ip link del "
                            + (index < 0 ? peerName : name));
        }
        quiet(name);
        quiet(peerName);
        VethPair pair = new VethPair(name, index, peerName, peerIndex);
        int up = Math.min(setUp(index), setUp(peerIndex));
        if (up < 0) {
            pair.remove();
            throw PortException.of(object, "setting up", up, CAPABILITY);
        }
        return pair;
    }

    private static int setUp(int index) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment message = arena.allocate(BUFFER_BYTES, 8);
            Writer w = new Writer(message);
            w.header(RTM_NEWLINK, REQUEST_WITH_ANSWER);
            w.link(index, UP_WITHOUT_ARP);
            return ask(message, w.finish());
        }
    }

    /** The kernel would ask for routers there. If it cannot be told not to, that does no harm. */
    private static void quiet(String name) {
        try {
            Files.writeString(Path.of("/proc/sys/net/ipv6/conf", name, "disable_ipv6"), "1");
        } catch (IOException e) {
            return;
        }
    }

    /** Removes both ends; 0, or the negative errno. */
    public int remove() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment message = arena.allocate(BUFFER_BYTES, 8);
            Writer w = new Writer(message);
            w.header(RTM_DELLINK, REQUEST_WITH_ANSWER);
            w.link(index, 0);
            return ask(message, w.finish());
        }
    }

    private static int ask(MemorySegment message, int bytes) {
        int fd = Linux.socket(KernelConstants.AF_NETLINK, KernelConstants.SOCK_RAW | KernelConstants.SOCK_CLOEXEC, 0);
        if (fd < 0) {
            return fd;
        }
        try (Arena arena = Arena.ofConfined()) {
            long sent = Linux.sendto(fd, message, bytes, 0, MemorySegment.NULL, 0);
            if (sent < 0) {
                return (int) sent;
            }
            MemorySegment answer = arena.allocate(BUFFER_BYTES, 8);
            long received = Linux.recv(fd, answer, BUFFER_BYTES, 0);
            if (received < 0) {
                return (int) received;
            }
            boolean isAnswer = received >= HEADER_BYTES + 4 && answer.get(ValueLayout.JAVA_SHORT, 4) == NLMSG_ERROR;
            return isAnswer ? answer.get(ValueLayout.JAVA_INT, HEADER_BYTES) : -Errno.EINVAL;
        } finally {
            Linux.close(fd);
        }
    }

    /** Appends attributes, each padded to 4 bytes. */
    private static final class Writer {
        private final MemorySegment message;
        private int at;

        Writer(MemorySegment message) {
            this.message = message;
        }

        void header(int type, int flags) {
            message.set(ValueLayout.JAVA_SHORT, 4, (short) type);
            message.set(ValueLayout.JAVA_SHORT, 6, (short) flags);
            message.set(ValueLayout.JAVA_INT, 8, 1);
            at = HEADER_BYTES;
        }

        /** struct ifinfomsg. */
        void link(int index, int flags) {
            message.set(ValueLayout.JAVA_INT_UNALIGNED, at + 4, index);
            message.set(ValueLayout.JAVA_INT_UNALIGNED, at + 8, flags);
            message.set(ValueLayout.JAVA_INT_UNALIGNED, at + 12, flags);
            at += INTERFACE_BYTES;
        }

        void names(String name, int mtuBytes) {
            text(NAME, name);
            int mtu = begin(MTU);
            message.set(ValueLayout.JAVA_INT_UNALIGNED, at, mtuBytes);
            at += Integer.BYTES;
            end(mtu);
        }

        void text(int type, String text) {
            int start = begin(type);
            byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
            MemorySegment.copy(bytes, 0, message, ValueLayout.JAVA_BYTE, at, bytes.length);
            at += bytes.length + 1;
            end(start);
        }

        int begin(int type) {
            int start = at;
            message.set(ValueLayout.JAVA_SHORT_UNALIGNED, start + 2, (short) type);
            at += 4;
            return start;
        }

        void end(int start) {
            message.set(ValueLayout.JAVA_SHORT_UNALIGNED, start, (short) (at - start));
            at = (at + 3) & ~3;
        }

        int finish() {
            message.set(ValueLayout.JAVA_INT, 0, at);
            return at;
        }
    }
}
