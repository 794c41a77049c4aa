package dev.sluice.datapath;

import dev.sluice.wire.IpAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The part of a node in the logical service forwarding element that it forms with other nodes (V8): its tunnel endpoint, its peers, the paths that cross
 * hosts. Immutable; shared by threads.
 */
public final class ServicePlane {
    /** A node that is alone. */
    public static final ServicePlane NONE = new ServicePlane(0, -1, IpAddress.ANY_V4, List.of(), List.of(), List.of());

    private final int node;
    private final int router;
    private final IpAddress endpoint;
    private final List<OverlayPeer> peers;
    private final List<PlanePath> paths;
    private final List<Integer> tenants;
    private final IntTable<PlanePath> byPath;
    private final IntTable<PlanePath> byForwardSpi;
    private final IntTable<PlanePath> byReverseSpi;

    /**
     * Indexes the tables.
     *
     * @param node number of this node, see {@link OverlayPeer#number}
     * @param router index of the router that carries the tunnels, the underlay; -1: no tunnels
     * @param endpoint the router's address that tunnels end at
     * @param peers element i has index i
     * @param paths paths that cross hosts; service path identifiers are unique
     * @param tenants element i is the number that all nodes know the router or transparent pair with index i by, never 0
     */
    public ServicePlane(
            int node,
            int router,
            IpAddress endpoint,
            List<OverlayPeer> peers,
            List<PlanePath> paths,
            List<Integer> tenants) {
        this.node = node;
        this.router = router;
        this.endpoint = endpoint;
        this.peers = List.copyOf(peers);
        this.paths = List.copyOf(paths);
        this.tenants = List.copyOf(tenants);
        byPath = IntTable.of(paths, PlanePath::path);
        byForwardSpi = IntTable.of(paths, PlanePath::forwardSpi);
        byReverseSpi = IntTable.of(paths, PlanePath::reverseSpi);
    }

    /** Number of this node. */
    public int node() {
        return node;
    }

    /** Index of the underlay router, -1 if the node is alone. */
    public int router() {
        return router;
    }

    /** Where tunnels end here. */
    public IpAddress endpoint() {
        return endpoint;
    }

    /** Whether an address of a router is where tunnels end. */
    boolean isEndpoint(int ofRouter, long hi, long lo) {
        return ofRouter == router && lo == endpoint.lo() && hi == endpoint.hi();
    }

    /** All peers. */
    public List<OverlayPeer> peers() {
        return peers;
    }

    /** All paths that cross hosts. */
    public List<PlanePath> paths() {
        return paths;
    }

    /** The peer with this endpoint, null if nobody has it. */
    @Nullable
    OverlayPeer peerAt(long hi, long lo) {
        for (int i = 0; i < peers.size(); i++) {
            IpAddress address = peers.get(i).address();
            if (address.lo() == lo && address.hi() == hi) {
                return peers.get(i);
            }
        }
        return null;
    }

    /** The peer that packets call so, null if there is none. */
    @Nullable
    OverlayPeer peerNumbered(long number) {
        for (int i = 0; i < peers.size(); i++) {
            if (peers.get(i).number() == (int) number && number >>> 32 == 0) {
                return peers.get(i);
            }
        }
        return null;
    }

    /** What packets call a path, null if it does not cross hosts. */
    public @Nullable PlanePath ofPath(int path) {
        return byPath.get(path);
    }

    /** The path of a forward identifier, null if there is none. */
    @Nullable
    PlanePath forward(int spi) {
        return byForwardSpi.get(spi);
    }

    /** The path of a reverse identifier, null if there is none. */
    @Nullable
    PlanePath reverse(int spi) {
        return byReverseSpi.get(spi);
    }

    /** The number of a router or pair that all nodes know it by, 0 if it has none. */
    int tenant(int ofRouter) {
        return ofRouter >= 0 && ofRouter < tenants.size() ? tenants.get(ofRouter) : 0;
    }

    /** Index of the router or pair with that number, -1 if there is none here. */
    int routerOf(long tenant) {
        for (int i = 0; i < tenants.size(); i++) {
            if (tenants.get(i) == (int) tenant && tenant >>> 32 == 0 && tenant != 0) {
                return i;
            }
        }
        return -1;
    }

    /** The routers and pairs by the numbers that all nodes know them by. */
    public List<Integer> tenants() {
        return new ArrayList<>(tenants);
    }
}
