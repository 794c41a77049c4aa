package dev.sluice.controller;

import dev.sluice.model.LogicalRouter;
import dev.sluice.model.Port;
import dev.sluice.model.PortProfile;
import dev.sluice.model.Resource;
import dev.sluice.model.ServicePolicy.AppliedTo;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** On which nodes a place is where rules apply, by ports and routers that are indexed. Says the same as the model's cut for a node. One thread. */
final class Places {
    private final Map<String, LogicalRouter> routers = new HashMap<>();
    private final Map<String, Port> ports = new HashMap<>();
    private final Set<String> discovering = new HashSet<>();
    private final Map<String, Map<String, Port>> portsByInterface = new HashMap<>();

    /** What was found since a port or a router was another. */
    private final Map<AppliedTo, Set<String>> known = new HashMap<>();

    /** Every node. */
    static final Set<String> EVERYWHERE = Set.of();

    void put(Resource resource) {
        known.clear();
        if (resource instanceof LogicalRouter router) {
            routers.put(router.name(), router);
        } else if (resource instanceof PortProfile profile
                && profile.spec().discover().isPresent()) {
            discovering.add(profile.name());
        } else if (resource instanceof Port port) {
            ports.put(port.name(), port);
            portsByInterface
                    .computeIfAbsent(port.spec().interfaceName(), _ -> new TreeMap<>())
                    .put(port.name(), port);
        }
    }

    void remove(Resource resource) {
        known.clear();
        if (resource instanceof LogicalRouter router) {
            routers.remove(router.name());
        } else if (resource instanceof PortProfile profile) {
            discovering.remove(profile.name());
        } else if (resource instanceof Port port) {
            ports.remove(port.name());
            Map<String, Port> named = portsByInterface.get(port.spec().interfaceName());
            if (named != null) {
                named.remove(port.name());
            }
        }
    }

    /** Without any, and without profiles by which ports are discovered, the interfaces that appliedTo names are the ports. */
    boolean implicit() {
        return ports.isEmpty() && routers.isEmpty() && discovering.isEmpty();
    }

    /** Names of the nodes; {@link #EVERYWHERE} if it is no particular ones. */
    Set<String> nodes(AppliedTo at) {
        return known.computeIfAbsent(at, this::find);
    }

    private Set<String> find(AppliedTo at) {
        if (at.scope().isPresent()) {
            LogicalRouter router = routers.get(at.scope().get());
            return router == null
                    ? at.scope().map(Set::of).orElseThrow()
                    : one(router.spec().node());
        }
        Port named = ports.get(at.interfaceName());
        if (named != null) {
            return one(named.spec().node());
        }
        Set<String> nodes = new HashSet<>();
        for (Port port :
                portsByInterface.getOrDefault(at.interfaceName(), Map.of()).values()) {
            if (port.spec().node().isEmpty()) {
                return EVERYWHERE;
            }
            nodes.add(port.spec().node().get());
        }
        return nodes;
    }

    private static Set<String> one(Optional<String> node) {
        return node.map(Set::of).orElse(EVERYWHERE);
    }
}
