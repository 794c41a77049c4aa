package dev.sluice.datapath.snapshot;

import dev.sluice.datapath.route.NextHop;
import dev.sluice.datapath.route.Routes;
import dev.sluice.wire.IpAddress;
import java.util.BitSet;
import java.util.stream.Stream;

/**
 * By which ports packets for the tunnel endpoint may come in: those to which a route of the underlay router to a peer's endpoint, or to a service node with an address in the underlay, leads (feasible
 * reverse paths, RFC 3704 2.3, of all of them together). So nobody behind another port of that router, or behind a link to it, can speak in a peer's name. Immutable; shared by threads.
 */
public final class UnderlayPorts {
    private final boolean[] ports;

    private UnderlayPorts(boolean[] ports) {
        this.ports = ports;
    }

    /**
     * Looks all routes up.
     *
     * @param routes of the underlay router
     * @param others addresses of peers and nodes
     * @param portCount ports of the snapshot
     */
    static UnderlayPorts of(Routes routes, Stream<IpAddress> others, int portCount) {
        BitSet groups = new BitSet();
        others.mapToInt(address -> routes.lookup(address.hi(), address.lo()))
                .filter(group -> group != Routes.NO_ROUTE)
                .forEach(groups::set);
        boolean[] ports = new boolean[portCount];
        groups.stream()
                .mapToObj(routes::group)
                .flatMap(group -> group.hops().stream())
                .filter(hop -> hop.kind() == NextHop.Kind.CONNECTED || hop.kind() == NextHop.Kind.GATEWAY)
                .forEach(hop -> ports[hop.port()] = true);
        return new UnderlayPorts(ports);
    }

    /** Whether packets for the tunnel endpoint may come in by a port. */
    public boolean has(int port) {
        return ports[port];
    }
}
