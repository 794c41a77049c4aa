package dev.sluice.agent.admin;

import dev.sluice.datapath.Batch;
import dev.sluice.wire.EtherTypes;
import dev.sluice.wire.IpAddress;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Which packets a trace follows, and how long.
 *
 * @param packets most packets
 * @param seconds longest time
 * @param address source or destination as the packet comes in, empty for any
 * @param port source or destination port as the packet comes in, empty for any
 */
public record TraceFilter(int packets, int seconds, Optional<IpAddress> address, OptionalInt port) {
    /** Most packets in one trace. */
    public static final int PACKETS_MAX = 10_000;

    /** Longest trace. */
    public static final int SECONDS_MAX = 60;

    public static final int PACKETS_DEFAULT = 20;
    public static final int SECONDS_DEFAULT = 10;

    /** Whether every frame is meant, malformed ones and those that are not IP too. */
    boolean takesAll() {
        return address.isEmpty() && port.isEmpty();
    }

    public boolean matches(Batch batch, int slot) {
        if (takesAll()) {
            return true;
        }
        boolean ip = batch.etherType[slot] == EtherTypes.IPV4 || batch.etherType[slot] == EtherTypes.IPV6;
        return ip
                && batch.parsed[slot] > 0
                && (address.isEmpty() || hasAddress(batch, slot, address.get()))
                && (port.isEmpty()
                        || batch.sourcePort[slot] == port.getAsInt()
                        || batch.destinationPort[slot] == port.getAsInt());
    }

    private static boolean hasAddress(Batch batch, int slot, IpAddress wanted) {
        return (batch.sourceHi[slot] == wanted.hi() && batch.sourceLo[slot] == wanted.lo())
                || (batch.destinationHi[slot] == wanted.hi() && batch.destinationLo[slot] == wanted.lo());
    }
}
