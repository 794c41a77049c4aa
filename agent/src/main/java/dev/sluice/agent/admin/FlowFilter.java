package dev.sluice.agent.admin;

import dev.sluice.datapath.track.ConnectionTable;
import dev.sluice.wire.IpAddress;
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
