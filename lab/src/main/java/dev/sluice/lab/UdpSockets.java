package dev.sluice.lab;

import java.util.List;
import java.util.regex.Pattern;

/** What the kernel says of the UDP sockets of a namespace (/proc/net/udp and udp6, proc(5)). */
public final class UdpSockets {
    private static final Pattern BLANKS = Pattern.compile("\\s+");
    private static final int LOCAL_ADDRESS_FIELD = 1;
    private static final int FIELD_COUNT = 13;

    private UdpSockets() {}

    /** Datagrams that sockets bound to this port could not queue. */
    public static long dropCount(Namespace namespace, int port) {
        return dropCount(namespace.exec(List.of("cat", "/proc/net/udp", "/proc/net/udp6")), port);
    }

    static long dropCount(String table, int port) {
        return table.lines()
                .map(line -> List.of(BLANKS.split(line.strip(), -1)))
                .filter(fields -> fields.size() == FIELD_COUNT && isPort(fields.get(LOCAL_ADDRESS_FIELD), port))
                .mapToLong(fields -> Long.parseLong(fields.getLast()))
                .sum();
    }

    /** An address is written as hexadecimal octets, a colon and the hexadecimal port; the heading has no colon. */
    private static boolean isPort(String address, int port) {
        int colon = address.indexOf(':');
        return colon > 0 && Integer.parseInt(address.substring(colon + 1), 16) == port;
    }
}
