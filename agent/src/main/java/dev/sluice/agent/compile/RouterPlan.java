package dev.sluice.agent.compile;

import dev.sluice.agent.compile.IdRegistry.Space;
import dev.sluice.datapath.route.NextHop;
import dev.sluice.datapath.route.NextHopGroup;
import dev.sluice.datapath.route.RouteEntry;
import dev.sluice.datapath.route.Routes;
import dev.sluice.datapath.snapshot.RouterEntry;
import dev.sluice.model.Configuration;
import dev.sluice.model.InterfaceAddress;
import dev.sluice.model.LogicalRouter;
import dev.sluice.model.LogicalRouter.Blackhole;
import dev.sluice.model.LogicalRouter.Route;
import dev.sluice.model.LogicalRouter.RouterInterface;
import dev.sluice.model.LogicalRouter.Via;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.IpPrefix;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Routers and their routes: own addresses, connected prefixes, static routes, in this order of preference. One writer: the compilation. */
final class RouterPlan {
    private final PortPlan ports;
    private final IdRegistry ids;
    private final CompileLog log;
    private final Map<String, Routes> routes = new HashMap<>();

    RouterPlan(Configuration configuration, PortPlan ports, IdRegistry ids, CompileLog log) {
        this.ports = ports;
        this.ids = ids;
        this.log = log;
        for (LogicalRouter router : configuration.routers()) {
            ids.index(Space.ROUTER, "router/" + router.name());
            routes.put("router/" + router.name(), routes(router));
        }
    }

    private Routes routes(LogicalRouter router) {
        List<RouteEntry> entries = new ArrayList<>();
        for (RouterInterface at : router.spec().interfaces()) {
            PortDraft port = ports.at(router, at);
            if (port == null) {
                continue;
            }
            for (InterfaceAddress own : at.addresses()) {
                int bits = own.address().isIpv4() ? 32 : 128;
                entries.add(new RouteEntry(
                        IpPrefix.around(own.address(), bits), NextHopGroup.of(NextHop.local(port.index))));
            }
        }
        for (RouterInterface at : router.spec().interfaces()) {
            PortDraft port = ports.at(router, at);
            if (port == null) {
                continue;
            }
            for (InterfaceAddress own : at.addresses()) {
                entries.add(new RouteEntry(own.prefix(), NextHopGroup.of(NextHop.connected(port.index))));
            }
        }
        for (Route route : router.spec().routes()) {
            addStatic(router, route, entries);
        }
        return Routes.of(entries);
    }

    private void addStatic(LogicalRouter router, Route route, List<RouteEntry> entries) {
        switch (route.target()) {
            case Blackhole() -> entries.add(new RouteEntry(route.prefix(), NextHopGroup.of(NextHop.blackhole())));
            case Via(List<IpAddress> addresses) -> {
                List<NextHop> hops = new ArrayList<>();
                for (IpAddress address : addresses) {
                    PortDraft port = connected(router, address);
                    if (port == null) {
                        log.error(
                                router,
                                "spec.routes",
                                "route to " + route.prefix()
                                        + ": the next hop lies in no subnet of the router's interfaces",
                                address.toString(),
                                "an address in a connected subnet");
                        return;
                    }
                    hops.add(NextHop.gateway(port.index, address));
                }
                entries.add(new RouteEntry(route.prefix(), new NextHopGroup(hops)));
            }
        }
    }

    /** The port whose connected prefix holds the address most narrowly. */
    private @Nullable PortDraft connected(LogicalRouter router, IpAddress address) {
        PortDraft best = null;
        int bestBits = -1;
        for (RouterInterface at : router.spec().interfaces()) {
            PortDraft port = ports.at(router, at);
            for (InterfaceAddress own : at.addresses()) {
                if (port != null && own.bits() > bestBits && own.prefix().contains(address)) {
                    best = port;
                    bestBits = own.bits();
                }
            }
        }
        return best;
    }

    /** Entries for every index that was ever given; pairs and vanished routers have no routes. */
    List<RouterEntry> entries() {
        List<RouterEntry> entries = new ArrayList<>();
        for (String key : ids.allNames(Space.ROUTER)) {
            entries.add(new RouterEntry(
                    entries.size(), key.substring(key.indexOf('/') + 1), routes.getOrDefault(key, Routes.EMPTY)));
        }
        return entries;
    }
}
