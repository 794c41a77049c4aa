package dev.sluice.datapath.tunnel;

import dev.sluice.datapath.liveness.LivenessView;
import dev.sluice.datapath.route.NextHop;
import dev.sluice.datapath.route.Routes;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.wire.IpAddress;
import org.jspecify.annotations.Nullable;

/** Where the underlay sends what this node has for other switches, and for nodes with an address there (packet-life.md, to another switch). One user: the worker. */
public final class UnderlayRoutes {
    private final LivenessView liveness;
    private Routes routes = Routes.EMPTY;

    public UnderlayRoutes(LivenessView liveness) {
        this.liveness = liveness;
    }

    public void apply(Snapshot next) {
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
