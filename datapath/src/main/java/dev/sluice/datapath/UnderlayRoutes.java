package dev.sluice.datapath;

import dev.sluice.datapath.route.NextHop;
import dev.sluice.datapath.route.Routes;
import dev.sluice.wire.IpAddress;
import org.jspecify.annotations.Nullable;

/** Where the underlay sends what this node has for other switches, and for nodes with an address there (packet-life.md, to another switch). One user: the worker. */
final class UnderlayRoutes {
    private final LivenessView liveness;
    private Routes routes = Routes.EMPTY;

    UnderlayRoutes(LivenessView liveness) {
        this.liveness = liveness;
    }

    void apply(Snapshot next) {
        int router = next.plane().router();
        routes = router < 0 ? Routes.EMPTY : next.router(router).routes();
    }

    /**
     * The next hop towards an address; null if nothing leads there.
     *
     * @param hash chooses among equal routes
     */
    @Nullable
    NextHop to(IpAddress address, long hash) {
        int index = routes.lookup(address.hi(), address.lo());
        if (index == Routes.NO_ROUTE) {
            return null;
        }
        NextHop hop = routes.group(index).choose(hash, liveness.downPorts());
        boolean leads = hop != null && (hop.kind() == NextHop.Kind.CONNECTED || hop.kind() == NextHop.Kind.GATEWAY);
        return leads ? hop : null;
    }
}
