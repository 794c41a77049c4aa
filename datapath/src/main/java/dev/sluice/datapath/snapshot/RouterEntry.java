package dev.sluice.datapath.snapshot;

import dev.sluice.datapath.route.Routes;

/**
 * A router (VRF), or the key space of a transparent pair.
 *
 * @param index small number; part of every flow key, so that tenants never share a record (V29)
 * @param name for people
 * @param routes its routes; of a transparent pair: no routes
 */
public record RouterEntry(int index, String name, Routes routes) {
    /** Whether it has routes: pairs, segments and routers that are gone have none. */
    public boolean isRouting() {
        return routes != Routes.EMPTY;
    }
}
