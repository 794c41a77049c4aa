package dev.sluice.model;

import dev.sluice.model.LogicalRouter.Route;
import dev.sluice.model.LogicalRouter.RouterInterface;
import dev.sluice.model.LogicalRouter.ToPort;
import dev.sluice.model.LogicalRouter.ToRouter;
import dev.sluice.model.LogicalRouter.ToSwitch;
import dev.sluice.model.LogicalRouter.Via;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.IpPrefix;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** What has to hold inside a router, between routers, and between a router and its ports. */
final class RouterChecks {
    private final Configuration all;

    /** Which router interface has a port, for those checked so far. */
    private final Map<String, String> owners = new HashMap<>();

    /** Names of all routers, also of those that have problems of their own. */
    private final Set<String> routerNames;

    RouterChecks(Configuration all, Set<String> routerNames) {
        this.all = all;
        this.routerNames = routerNames;
    }

    void check(LogicalRouter router, Document at) {
        List<RouterInterface> interfaces = router.spec().interfaces();
        Map<String, Integer> names = new HashMap<>();
        Map<String, Integer> segments = new HashMap<>();
        for (int i = 0; i < interfaces.size(); i++) {
            String path = "spec.interfaces[" + i + "]";
            Integer earlier = names.putIfAbsent(interfaces.get(i).name(), i);
            if (earlier != null) {
                at.error(
                        path + ".name", "duplicate interface name; interfaces[" + earlier + "] has it", "unique names");
            }
            switch (interfaces.get(i).attachment()) {
                case ToPort to -> checkPort(router, to, path + ".port", at);
                case ToSwitch to -> {
                    Integer other = segments.putIfAbsent(to.logicalSwitch(), i);
                    if (other != null) {
                        at.error(
                                path + ".switch",
                                "interfaces[" + other + "] is in this segment already",
                                "one interface of a router per switch; it may have several addresses");
                    }
                }
                case ToRouter to -> checkLink(router, interfaces.get(i), to, path + ".link", at);
            }
        }
        checkAddresses(interfaces, at);
        checkRoutes(router, at);
    }

    private void checkPort(LogicalRouter router, ToPort to, String path, Document at) {
        String owner = owners.putIfAbsent(to.port(), router.title());
        if (owner != null) {
            at.error(path, "the port belongs to " + owner + " already", "one router interface per Port");
        }
        Optional<Port> port = all.port(to.port());
        if (port.isPresent()
                && !PortChecks.mayMeet(port.get().spec().node(), router.spec().node())) {
            String message = "the port is on node " + port.get().spec().node().orElse("");
            at.error(path, message, "a Port of node " + router.spec().node().orElse(""));
        }
    }

    private void checkLink(LogicalRouter router, RouterInterface from, ToRouter to, String path, Document at) {
        if (to.router().equals(router.name())) {
            at.error(path, "links the router with itself", "interface of another LogicalRouter");
            return;
        }
        Optional<LogicalRouter> other = all.router(to.router());
        if (other.isEmpty()) {
            if (!routerNames.contains(to.router())) {
                Set<String> names = new TreeSet<>(routerNames);
                names.remove(router.name());
                String hint = Spelling.hint(to.router(), names);
                at.error(path, "there is no LogicalRouter " + to.router() + hint, CrossChecks.names(names));
            }
            return;
        }
        Optional<RouterInterface> far = other.get().interfaceNamed(to.interfaceName());
        if (far.isEmpty()) {
            List<String> names = other.get().spec().interfaces().stream()
                    .map(RouterInterface::name)
                    .toList();
            String hint = Spelling.hint(to.interfaceName(), names);
            String message = "LogicalRouter/" + to.router() + " has no interface " + to.interfaceName() + hint;
            at.error(path, message, String.join(", ", names));
        } else if (!far.get().attachment().equals(new ToRouter(router.name(), from.name()))) {
            String back = router.name() + "/" + from.name();
            at.error(path, "the other interface does not link back", "an interface with link: " + back);
        }
        if (!PortChecks.mayMeet(router.spec().node(), other.get().spec().node())) {
            String message = "LogicalRouter/" + to.router() + " is on node "
                    + other.get().spec().node().orElse("");
            at.error(
                    path,
                    message,
                    "a LogicalRouter of node " + router.spec().node().orElse(""));
        }
    }

    private static void checkAddresses(List<RouterInterface> interfaces, Document at) {
        Map<IpAddress, String> addresses = new HashMap<>();
        Map<IpPrefix, Integer> connected = new HashMap<>();
        for (int i = 0; i < interfaces.size(); i++) {
            List<InterfaceAddress> own = interfaces.get(i).addresses();
            for (int j = 0; j < own.size(); j++) {
                String path = "spec.interfaces[" + i + "].addresses[" + j + "]";
                String earlier = addresses.putIfAbsent(own.get(j).address(), path);
                Integer owner = connected.putIfAbsent(own.get(j).prefix(), i);
                if (earlier != null) {
                    at.error(path, "duplicate address; " + earlier + " has it", "unique addresses in a router");
                } else if (owner != null && owner != i) {
                    String message = own.get(j).prefix() + " is connected at interfaces[" + owner + "] already";
                    at.error(path, message, "each block on one interface of a router");
                }
            }
        }
    }

    private static void checkRoutes(LogicalRouter router, Document at) {
        List<InterfaceAddress> own = router.spec().interfaces().stream()
                .flatMap(i -> i.addresses().stream())
                .toList();
        List<IpPrefix> connected =
                own.stream().map(InterfaceAddress::prefix).distinct().toList();
        Map<IpPrefix, Integer> prefixes = new HashMap<>();
        List<Route> routes = router.spec().routes();
        for (int i = 0; i < routes.size(); i++) {
            String path = "spec.routes[" + i + "]";
            Integer earlier = prefixes.putIfAbsent(routes.get(i).prefix(), i);
            if (earlier != null) {
                at.error(path + ".prefix", "duplicate prefix; routes[" + earlier + "] has it", "each prefix once");
            }
            if (connected.contains(routes.get(i).prefix())) {
                at.error(path + ".prefix", "is connected already; a route for it has no effect", "other prefixes");
            }
            List<IpAddress> hops = routes.get(i).target() instanceof Via via ? via.addresses() : List.of();
            for (int j = 0; j < hops.size(); j++) {
                IpAddress hop = hops.get(j);
                String hopPath = path + ".via[" + j + "]";
                if (own.stream().anyMatch(address -> address.address().equals(hop))) {
                    at.error(hopPath, "is an address of the router itself", "address of a neighbour");
                } else if (connected.stream().noneMatch(block -> block.contains(hop))) {
                    String allowed = connected.isEmpty() ? "the router has no addresses" : join(connected);
                    at.error(hopPath, "lies in no connected block of the router", allowed);
                }
            }
        }
    }

    private static String join(List<IpPrefix> blocks) {
        return String.join(", ", blocks.stream().map(IpPrefix::toString).toList());
    }
}
