package dev.sluice.datapath.snapshot;

import dev.sluice.wire.IpAddress;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
    private final int[] tenants;
    private final IntTable<RouterOfTenant> byTenant;
    private final IntTable<OverlayPeer> byNumber;
    private final AddressTable<OverlayPeer> byAddress;
    private final IntTable<PlanePath> byPath;
    private final IntTable<PlanePath> byForwardSpi;
    private final IntTable<PlanePath> byReverseSpi;

    private record RouterOfTenant(int tenant, int router) {}

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
        this.tenants = tenants.stream().mapToInt(Integer::intValue).toArray();
        byTenant = byTenant(this.tenants);
        byNumber = IntTable.of(peers, OverlayPeer::number);
        byAddress = AddressTable.of(peers, OverlayPeer::address);
        byPath = IntTable.of(paths, PlanePath::path);
        byForwardSpi = IntTable.of(paths, PlanePath::forwardSpi);
        byReverseSpi = IntTable.of(paths, PlanePath::reverseSpi);
    }

    /** Of two with one number the first counts. */
    private static IntTable<RouterOfTenant> byTenant(int[] tenants) {
        Map<Integer, RouterOfTenant> all = new LinkedHashMap<>();
        for (int i = 0; i < tenants.length; i++) {
            all.putIfAbsent(tenants[i], new RouterOfTenant(tenants[i], i));
        }
        return IntTable.of(List.copyOf(all.values()), RouterOfTenant::tenant);
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
    public boolean isEndpoint(int ofRouter, long hi, long lo) {
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
    public OverlayPeer peerAt(long hi, long lo) {
        return byAddress.at(hi, lo);
    }

    /** The peer that packets call so, null if there is none. */
    @Nullable
    public OverlayPeer peerNumbered(long number) {
        return number >>> 32 == 0 ? byNumber.get((int) number) : null;
    }

    /** What packets call a path, null if it does not cross hosts. */
    public @Nullable PlanePath ofPath(int path) {
        return byPath.get(path);
    }

    /** The path of a forward identifier, null if there is none. */
    @Nullable
    public PlanePath forward(int spi) {
        return byForwardSpi.get(spi);
    }

    /** The path of a reverse identifier, null if there is none. */
    @Nullable
    public PlanePath reverse(int spi) {
        return byReverseSpi.get(spi);
    }

    /** The number of a router or pair that all nodes know it by, 0 if it has none. */
    public int tenant(int ofRouter) {
        return ofRouter >= 0 && ofRouter < tenants.length ? tenants[ofRouter] : 0;
    }

    /** Index of the router or pair with that number, -1 if there is none here. */
    public int routerOf(long tenant) {
        RouterOfTenant found = tenant == 0 || tenant >>> 32 != 0 ? null : byTenant.get((int) tenant);
        return found == null ? -1 : found.router;
    }

    /** The routers and pairs by the numbers that all nodes know them by; for control code. */
    public List<Integer> tenants() {
        return Arrays.stream(tenants).boxed().toList();
    }
}
