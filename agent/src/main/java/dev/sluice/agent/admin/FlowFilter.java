package dev.sluice.agent.admin;

import dev.sluice.agent.NodeException;
import dev.sluice.datapath.track.ConnectionTable;
import dev.sluice.wire.IpAddress;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Which connections a request means.
 *
 * @param limit most connections in the answer
 * @param address source or destination, empty for any
 * @param port source or destination port, empty for any
 */
public record FlowFilter(int limit, Optional<IpAddress> address, OptionalInt port) {
    /** Most connections in one answer. */
    public static final int LIMIT_MAX = 100_000;

    /** Connections in an answer if nothing is asked for. */
    public static final int LIMIT_DEFAULT = 100;

    /** What a request may have. */
    public static final List<String> FIELDS = List.of("limit", "address", "port");

    /**
     * As a request says.
     *
     * @throws NodeException if it says what cannot be
     */
    public static FlowFilter of(AdminRequest request) throws NodeException {
        return of(request, limit(request));
    }

    /** As above, with a limit that the request does not say. */
    public static FlowFilter of(AdminRequest request, int limit) throws NodeException {
        return new FlowFilter(limit, request.address("address"), request.port("port"));
    }

    /** How many of a list a request wants. */
    public static int limit(AdminRequest request) throws NodeException {
        return request.number("limit", 1, LIMIT_MAX).orElse(LIMIT_DEFAULT);
    }

    public boolean matches(ConnectionTable table, int slot) {
        return (address.isEmpty() || hasAddress(table, slot, address.get()))
                && (port.isEmpty()
                        || table.sourcePort(slot) == port.getAsInt()
                        || table.destinationPort(slot) == port.getAsInt());
    }

    private static boolean hasAddress(ConnectionTable table, int slot, IpAddress wanted) {
        return (table.sourceHi(slot) == wanted.hi() && table.sourceLo(slot) == wanted.lo())
                || (table.destinationHi(slot) == wanted.hi() && table.destinationLo(slot) == wanted.lo());
    }
}
