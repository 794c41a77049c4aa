package dev.sluice.agent.admin;

import dev.sluice.agent.NodeException;
import dev.sluice.datapath.packet.Batch;
import dev.sluice.wire.EtherTypes;
import dev.sluice.wire.IpAddress;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Which packets a trace follows, and how long.
 *
 * @param packets most packets
 * @param seconds longest time
 * @param address source or destination as the packet comes in, empty for any
 * @param port source or destination port as the packet comes in, empty for any
 * @param session of a trace over several nodes, empty for one of this node alone
 * @param name by which one of this node alone can be ended before its time, empty if nobody wants to
 */
public record TraceFilter(
        int packets,
        int seconds,
        Optional<IpAddress> address,
        OptionalInt port,
        Optional<TraceSession> session,
        OptionalInt name) {
    /** Most packets in one trace. */
    public static final int PACKETS_MAX = 10_000;

    /** Longest trace. */
    public static final int SECONDS_MAX = 60;

    /** What a request may have. */
    public static final List<String> FIELDS =
            List.of("packets", "seconds", "address", "port", "session", "origin", "name");

    public static final int PACKETS_DEFAULT = 20;
    public static final int SECONDS_DEFAULT = 10;

    /** Of a trace of one node. */
    public TraceFilter(int packets, int seconds, Optional<IpAddress> address, OptionalInt port) {
        this(packets, seconds, address, port, Optional.empty());
    }

    /** Of a trace over several nodes. */
    public TraceFilter(
            int packets, int seconds, Optional<IpAddress> address, OptionalInt port, Optional<TraceSession> session) {
        this(packets, seconds, address, port, session, OptionalInt.empty());
    }

    /**
     * As a request says.
     *
     * @throws NodeException if it says what cannot be
     */
    public static TraceFilter of(AdminRequest request) throws NodeException {
        OptionalInt most = request.number("packets", 1, PACKETS_MAX);
        OptionalInt longest = request.number("seconds", 1, SECONDS_MAX);
        return new TraceFilter(
                most.orElse(PACKETS_DEFAULT),
                longest.orElse(SECONDS_DEFAULT),
                request.address("address"),
                request.port("port"),
                TraceSession.of(request),
                TraceSession.id(request, "name"));
    }

    /** Whether every frame is meant, malformed ones and those that are not IP too. */
    public boolean takesAll() {
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
