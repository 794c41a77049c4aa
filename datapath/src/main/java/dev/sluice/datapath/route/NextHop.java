package dev.sluice.datapath.route;

import dev.sluice.wire.IpAddress;

/**
 * Where a route leads. Immutable; shared by threads.
 *
 * @param port index of the egress port; {@link #NO_PORT} for {@link Kind#LOCAL} and {@link Kind#BLACKHOLE} where no port is meant
 * @param addressHi upper 64 bits of the gateway's address; 0 unless the kind is {@link Kind#GATEWAY}
 * @param addressLo lower 64 bits of it
 * @param kind what is done with the packet
 */
public record NextHop(int port, long addressHi, long addressLo, Kind kind) {
    /** {@link #port} of a next hop that is not bound to a port. */
    public static final int NO_PORT = -1;

    /** What is done with a packet that follows the route. */
    public enum Kind {
        /** The packet's destination is itself the neighbour on the port. */
        CONNECTED,
        /** The packet goes to the gateway on the port. */
        GATEWAY,
        /** The destination is an address of the router itself. */
        LOCAL,
        /** The packet is dropped and counted. */
        BLACKHOLE
    }

    /** Checks that a kind that needs a port has one. */
    public NextHop {
        boolean needsPort = kind == Kind.CONNECTED || kind == Kind.GATEWAY;
        if (port < (needsPort ? 0 : NO_PORT)) {
            throw new IllegalArgumentException("next hop " + kind + " has port " + port + ", needs an index from 0");
        }
    }

    /** A next hop for the destinations that are themselves neighbours on the port. */
    public static NextHop connected(int port) {
        return new NextHop(port, 0, 0, Kind.CONNECTED);
    }

    /** A next hop through a gateway on the port. */
    public static NextHop gateway(int port, IpAddress address) {
        return new NextHop(port, address.hi(), address.lo(), Kind.GATEWAY);
    }

    /** The router's own address on the port. */
    public static NextHop local(int port) {
        return new NextHop(port, 0, 0, Kind.LOCAL);
    }

    /** A next hop that drops. */
    public static NextHop blackhole() {
        return new NextHop(NO_PORT, 0, 0, Kind.BLACKHOLE);
    }
}
