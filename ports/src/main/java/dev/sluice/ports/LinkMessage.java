package dev.sluice.ports;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Reads and writes the rtnetlink messages about interfaces (rtnetlink(7), RFC 3549 2.3.3.1). Static, for control threads.
 *
 * <pre>
 * nlmsghdr:  length(4) type(2) flags(2) sequence(4) port(4)
 * ifinfomsg: family(1) pad(1) type(2) index(4) flags(4) change(4)
 * rtattr...: length(2) type(2) value, padded to 4
 * </pre>
 */
final class LinkMessage {
    static final int NLMSG_ERROR = 2;
    static final int NLMSG_DONE = 3;
    static final int RTM_NEWLINK = 16;
    static final int RTM_DELLINK = 17;
    static final int RTM_GETLINK = 18;
    static final int RTM_NEWADDR = 20;
    static final int RTM_DELADDR = 21;
    static final int HEADER_BYTES = 16;
    private static final int ADDRESS_BYTES = 8;
    private static final int ADDRESS_INTERFACE = 4;
    static final int DUMP_REQUEST_BYTES = 32;

    private static final int NLM_F_REQUEST = 1;
    private static final int NLM_F_DUMP = 0x300;
    private static final int AF_UNSPEC = 0;
    private static final int INFO_BYTES = 16;
    private static final int IFLA_ADDRESS = 1;
    private static final int IFLA_IFNAME = 3;
    private static final int IFLA_MTU = 4;
    private static final int IFLA_MASTER = 10;
    private static final int IFLA_OPERSTATE = 16;
    private static final int IFLA_LINKINFO = 18;
    private static final int IFLA_IFALIAS = 20;
    private static final int IFLA_INFO_KIND = 1;
    private static final int TYPE_MASK = 0x3fff;
    private static final int IFF_UP = 1;
    private static final int IFF_LOWER_UP = 0x10000;
    private static final int OPERSTATE_UNKNOWN = 0;
    private static final int OPERSTATE_DORMANT = 5;
    private static final int MAC_BYTES = 6;

    private LinkMessage() {}

    static int length(MemorySegment messages, long at) {
        return messages.get(ValueLayout.JAVA_INT_UNALIGNED, at);
    }

    static int type(MemorySegment messages, long at) {
        return messages.get(ValueLayout.JAVA_SHORT_UNALIGNED, at + 4) & 0xffff;
    }

    /** Index of the interface that a message about an address is about (struct ifaddrmsg); 0 if the message ends before it. */
    static int addressedInterface(MemorySegment messages, long at) {
        return length(messages, at) < HEADER_BYTES + ADDRESS_BYTES
                ? 0
                : messages.get(ValueLayout.JAVA_INT_UNALIGNED, at + HEADER_BYTES + ADDRESS_INTERFACE);
    }

    static int sequence(MemorySegment messages, long at) {
        return messages.get(ValueLayout.JAVA_INT_UNALIGNED, at + 8);
    }

    /** The error of an NLMSG_ERROR or NLMSG_DONE message (netlink(7)), the first word of its body: 0 or a negative errno; 0 if the message ends before it. */
    static int error(MemorySegment messages, long at) {
        return length(messages, at) < HEADER_BYTES + Integer.BYTES
                ? 0
                : messages.get(ValueLayout.JAVA_INT_UNALIGNED, at + HEADER_BYTES);
    }

    /** Writes a request to list all interfaces. */
    static void writeDumpRequest(MemorySegment request, int sequence) {
        request.asSlice(0, DUMP_REQUEST_BYTES).fill((byte) 0);
        request.set(ValueLayout.JAVA_INT_UNALIGNED, 0, DUMP_REQUEST_BYTES);
        request.set(ValueLayout.JAVA_SHORT_UNALIGNED, 4, (short) RTM_GETLINK);
        request.set(ValueLayout.JAVA_SHORT_UNALIGNED, 6, (short) (NLM_F_REQUEST | NLM_F_DUMP));
        request.set(ValueLayout.JAVA_INT_UNALIGNED, 8, sequence);
    }

    /** The interface of an RTM_NEWLINK or RTM_DELLINK message; null if the message has no name, is cut off or speaks of a bridge port. */
    static @Nullable LinkInfo read(MemorySegment messages, long at) {
        long end = at + length(messages, at);
        long info = at + HEADER_BYTES;
        if (info + INFO_BYTES > end || end > messages.byteSize()) {
            return null;
        }
        if (messages.get(ValueLayout.JAVA_BYTE, info) != AF_UNSPEC) {
            // Bridges tell of their members with messages of their own family; leaving a bridge is not the end of an
            // interface.
            return null;
        }
        int index = messages.get(ValueLayout.JAVA_INT_UNALIGNED, info + 4);
        int flags = messages.get(ValueLayout.JAVA_INT_UNALIGNED, info + 8);
        String name = "";
        String kind = "";
        String alias = "";
        long mac = 0;
        int mtu = 0;
        int master = 0;
        int operState = OPERSTATE_UNKNOWN;
        for (long attribute = info + INFO_BYTES; attribute + 4 <= end; ) {
            int bytes = messages.get(ValueLayout.JAVA_SHORT_UNALIGNED, attribute) & 0xffff;
            if (bytes < 4 || attribute + bytes > end) {
                break;
            }
            long value = attribute + 4;
            switch (messages.get(ValueLayout.JAVA_SHORT_UNALIGNED, attribute + 2) & TYPE_MASK) {
                case IFLA_IFNAME -> name = text(messages, value, bytes - 4);
                case IFLA_ADDRESS -> mac = bytes - 4 == MAC_BYTES ? mac(messages, value) : 0;
                case IFLA_MTU -> mtu = messages.get(ValueLayout.JAVA_INT_UNALIGNED, value);
                case IFLA_MASTER -> master = messages.get(ValueLayout.JAVA_INT_UNALIGNED, value);
                case IFLA_OPERSTATE -> operState = messages.get(ValueLayout.JAVA_BYTE, value);
                case IFLA_IFALIAS -> alias = text(messages, value, bytes - 4);
                case IFLA_LINKINFO -> kind = kind(messages, value, attribute + bytes);
                default -> {}
            }
            attribute += (bytes + 3) & ~3;
        }
        // The kernel works the operational state out later, up to a second after the carrier itself; only "dormant"
        // says more than the carrier.
        boolean carrier = (flags & IFF_LOWER_UP) != 0 && operState != OPERSTATE_DORMANT;
        return name.isEmpty()
                ? null
                : new LinkInfo(name, index, mac, mtu, (flags & IFF_UP) != 0, carrier, kind, master, alias);
    }

    private static String kind(MemorySegment messages, long from, long end) {
        for (long attribute = from; attribute + 4 <= end; ) {
            int bytes = messages.get(ValueLayout.JAVA_SHORT_UNALIGNED, attribute) & 0xffff;
            if (bytes < 4 || attribute + bytes > end) {
                break;
            }
            if ((messages.get(ValueLayout.JAVA_SHORT_UNALIGNED, attribute + 2) & TYPE_MASK) == IFLA_INFO_KIND) {
                return text(messages, attribute + 4, bytes - 4);
            }
            attribute += (bytes + 3) & ~3;
        }
        return "";
    }

    private static long mac(MemorySegment messages, long at) {
        long mac = 0;
        for (int i = 0; i < MAC_BYTES; i++) {
            mac = (mac << 8) | (messages.get(ValueLayout.JAVA_BYTE, at + i) & 0xff);
        }
        return mac;
    }

    /** Text up to its closing zero. */
    private static String text(MemorySegment messages, long at, int bytes) {
        byte[] all = messages.asSlice(at, bytes).toArray(ValueLayout.JAVA_BYTE);
        int length = 0;
        while (length < all.length && all[length] != 0) {
            length++;
        }
        return new String(all, 0, length, StandardCharsets.UTF_8);
    }
}
