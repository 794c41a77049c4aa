package dev.sluice.model;

import dev.sluice.wire.IpAddress;
import dev.sluice.wire.IpPrefix;
import dev.sluice.wire.MacAddress;
import java.util.List;
import java.util.Optional;

/**
 * A router (VRF) between ports, segments and other routers of one host, or between segments on all hosts.
 *
 * @param metadata the name is the one that appliedTo, links and marks use
 * @param spec interfaces and routes
 */
public record LogicalRouter(Metadata metadata, Spec spec) implements Resource {
    @Override
    public Kind kind() {
        return Kind.LOGICAL_ROUTER;
    }

    /** The interface of that name. */
    public Optional<RouterInterface> interfaceNamed(String name) {
        return spec.interfaces.stream().filter(i -> i.name.equals(name)).findFirst();
    }

    /**
     * Interfaces and routes.
     *
     * @param node host of the router; empty: any host
     * @param interfaces names are unique
     * @param routes prefixes are unique; connected prefixes need no route
     */
    public record Spec(Optional<String> node, List<RouterInterface> interfaces, List<Route> routes) {
        /** Copies the lists. */
        public Spec {
            interfaces = List.copyOf(interfaces);
            routes = List.copyOf(routes);
        }
    }

    /**
     * One interface.
     *
     * @param name unique in the router; by default the port's name
     * @param attachment what it leads to
     * @param addresses own addresses with their connected prefixes
     * @param mac own MAC address; empty: the port's, or one made from the names, the same on all hosts
     */
    public record RouterInterface(
            String name, Attachment attachment, List<InterfaceAddress> addresses, Optional<MacAddress> mac) {
        /** Checks the name and copies the list. */
        public RouterInterface {
            Checks.requireName("interface name", name);
            addresses = List.copyOf(addresses);
        }
    }

    /** What a router interface leads to. */
    public sealed interface Attachment {}

    /**
     * A port.
     *
     * @param port name of the Port
     */
    public record ToPort(String port) implements Attachment {}

    /**
     * A segment. The router is joined to it on each host that has the router.
     *
     * @param logicalSwitch name of the LogicalSwitch
     */
    public record ToSwitch(String logicalSwitch) implements Attachment {}

    /**
     * Another router of the same host, which links back.
     *
     * @param router name of the other LogicalRouter
     * @param interfaceName name of the interface there
     */
    public record ToRouter(String router, String interfaceName) implements Attachment {}

    /**
     * A static route.
     *
     * @param prefix destinations
     * @param target where they go
     */
    public record Route(IpPrefix prefix, RouteTarget target) {}

    /** Where a route leads. */
    public sealed interface RouteTarget {}

    /**
     * One or several next hops; with several, flows are spread over them (ECMP).
     *
     * @param addresses 1..16, all of the family of the route's prefix, no two the same
     */
    public record Via(List<IpAddress> addresses) implements RouteTarget {
        /** Checks the count and copies the list. */
        public Via {
            Checks.requireRange("number of next hops", addresses.size(), 1, 16);
            addresses = List.copyOf(addresses);
        }
    }

    /** Packets are dropped. */
    public record Blackhole() implements RouteTarget {}
}
