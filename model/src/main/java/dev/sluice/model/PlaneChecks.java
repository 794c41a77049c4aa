package dev.sluice.model;

import dev.sluice.model.LogicalRouter.RouterInterface;
import dev.sluice.model.Node.BfdKey;
import dev.sluice.model.Node.Underlay;
import dev.sluice.wire.IpAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/** What has to hold between nodes that share a service plane: their addresses, and the numbers they know each other's things by. */
final class PlaneChecks {
    private static final String ADDRESS = "spec.underlay.address";

    private final Configuration all;
    private final List<Node> nodes;

    /** Routers that have problems of their own are missing; then nothing is said about addresses. */
    private final boolean allRouters;

    /** Whether nodes are numbered by what they have in common with others. */
    private final boolean shared;

    private final Set<String> withUnderlay = new HashSet<>();
    private final Map<IpAddress, String> addresses = new HashMap<>();
    private final Map<IpAddress, List<LogicalRouter>> routersByAddress = new HashMap<>();
    private final Map<Integer, String> nodeNumbers = new HashMap<>();
    private final Map<Integer, String> instanceNumbers = new HashMap<>();
    private final Map<Integer, BfdKey> bfdKeys = new HashMap<>();
    private final Map<Integer, String> tenants = new HashMap<>();

    PlaneChecks(Configuration all, int routersDeclared) {
        this.all = all;
        nodes = all.nodesWithUnderlay();
        nodes.forEach(node -> withUnderlay.add(node.name()));
        allRouters = routersDeclared == all.routers().size();
        shared = nodes.size() > 1;
        for (LogicalRouter router : nodes.isEmpty() ? List.<LogicalRouter>of() : all.routers()) {
            for (RouterInterface at : router.spec().interfaces()) {
                at.addresses().forEach(own -> addOwner(own.address(), router));
            }
        }
    }

    /** A router counts once, whatever its interfaces have. */
    private void addOwner(IpAddress address, LogicalRouter router) {
        List<LogicalRouter> owners = routersByAddress.computeIfAbsent(address, _ -> new ArrayList<>());
        if (owners.isEmpty() || !owners.getLast().name().equals(router.name())) {
            owners.add(router);
        }
    }

    void check(Node node, Document at) {
        Optional<Underlay> underlay = node.spec().underlay();
        if (underlay.isEmpty()) {
            return;
        }
        IpAddress address = underlay.get().address();
        String owner = addresses.putIfAbsent(address, node.title());
        if (owner != null) {
            at.error(ADDRESS, owner + " has this address already", "an address of its own for each node");
        }
        if (allRouters) {
            checkRouter(node, address, at);
        }
        checkFamily(address, at);
        underlay.get().bfd().key().ifPresent(key -> checkKey(key, at));
        String same = nodeNumbers.putIfAbsent(PlaneNumbers.node(node.name()), node.title());
        if (same != null) {
            at.error(
                    "metadata.name",
                    "by chance " + same + " and " + node.title()
                            + " get the same number; give one of them another name",
                    "names with different numbers");
        }
    }

    /** All nodes take all keys: one number must not mean two. */
    private void checkKey(BfdKey key, Document at) {
        BfdKey same = bfdKeys.putIfAbsent(key.id(), key);
        if (same != null && !same.equals(key)) {
            at.error(
                    "spec.underlay.bfd.key.id",
                    "another Node has a key with this id and another secret",
                    "an id of its own for each secret");
        }
    }

    private void checkRouter(Node node, IpAddress address, Document at) {
        List<LogicalRouter> owners = routersByAddress.getOrDefault(address, List.of()).stream()
                .filter(router -> PortChecks.mayMeet(router.spec().node(), Optional.of(node.name())))
                .toList();
        if (owners.isEmpty()) {
            at.error(
                    ADDRESS,
                    "no LogicalRouter of the node has this address; give it to an interface of one, which then carries"
                            + " the tunnels",
                    "an address of an interface of a LogicalRouter with node: " + node.name());
        } else if (owners.size() > 1) {
            at.error(
                    ADDRESS,
                    owners.get(0).title() + " and " + owners.get(1).title()
                            + " both have this address, so it does not say which carries the tunnels",
                    "an address of one LogicalRouter of the node");
        } else if (owners.getFirst().spec().node().isEmpty() && all.nodes().size() > 1) {
            at.error(
                    ADDRESS,
                    owners.getFirst().title() + ", which has this address, is on every node; write node: " + node.name()
                            + " into it",
                    "an address of a LogicalRouter of this node alone");
        }
    }

    private void checkFamily(IpAddress address, Document at) {
        if (address.hi() >>> 54 == 0xfe80 >>> 6) {
            at.error(
                    ADDRESS,
                    "means another host on each link, so packets between nodes could not say where they end",
                    "an address that is no link-local one");
        }
        Node first = nodes.getFirst();
        IpAddress other = first.spec().underlay().map(Underlay::address).orElse(address);
        if (other.isIpv4() != address.isIpv4()) {
            String version = other.isIpv4() ? "IPv4" : "IPv6";
            at.error(
                    ADDRESS,
                    "is of another IP version than that of " + first.title() + ", " + other,
                    "an " + version + " address");
        }
    }

    /** Instances need numbers of their own; one where nobody else can reach it is legal, but probably not meant. */
    void check(ServiceInstance instance, Document at) {
        Optional<String> node = instance.spec().node();
        String same = shared && node.isPresent()
                ? instanceNumbers.putIfAbsent(PlaneNumbers.instance(instance.name(), node.get()), instance.title())
                : null;
        if (same != null) {
            at.error(
                    "metadata.name",
                    "by chance " + same + " and " + instance.title()
                            + " get the same number; give one of them another name",
                    "names with different numbers");
        }
        if (!nodes.isEmpty() && node.isPresent() && !withUnderlay.contains(node.get())) {
            at.warning(
                    "spec.node",
                    "Node/" + node.get()
                            + " has no underlay, so other nodes cannot use this instance; give the node one if they"
                            + " are to");
        }
    }

    void check(LogicalRouter router, Document at) {
        if (shared) {
            checkTenant(PlaneNumbers.router(router.name()), router.title(), at);
        }
    }

    void check(LogicalSwitch segment, Document at) {
        if (shared) {
            checkTenant(PlaneNumbers.segment(segment.name()), segment.title(), at);
        }
    }

    void check(Port port, Document at) {
        if (!shared || port.spec().peer().isEmpty()) {
            return;
        }
        String peer = port.spec().peer().get();
        for (String node : port.spec().node().map(Set::of).orElse(withUnderlay)) {
            String low = port.name().compareTo(peer) <= 0 ? port.name() : peer;
            String high = Objects.equals(low, port.name()) ? peer : port.name();
            checkTenant(
                    PlaneNumbers.pair(node, low, high),
                    "the pair of Port/" + low + " and Port/" + high + " on node " + node,
                    at);
        }
    }

    private void checkTenant(int number, String owner, Document at) {
        String same = tenants.putIfAbsent(number, owner);
        if (same != null && !same.equals(owner)) {
            at.error(
                    "metadata.name",
                    "by chance " + same + " and " + owner + " get the same number; give this object another name",
                    "names with different numbers");
        }
    }
}
