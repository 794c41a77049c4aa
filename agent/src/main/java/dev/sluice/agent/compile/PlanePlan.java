package dev.sluice.agent.compile;

import dev.sluice.agent.compile.IdRegistry.Space;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.OverlayPeer;
import dev.sluice.datapath.snapshot.PlanePath;
import dev.sluice.datapath.snapshot.ServicePlane;
import dev.sluice.model.Configuration;
import dev.sluice.model.Kind;
import dev.sluice.model.LogicalRouter;
import dev.sluice.model.Node;
import dev.sluice.model.PlaneNumbers;
import dev.sluice.model.ServiceChain;
import dev.sluice.model.ServiceInstance;
import dev.sluice.wire.IpAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a node shares with others (V8): who they are, what packets call the paths, routers and pairs of this node. A node without an underlay has none of it. One
 * writer: the compilation.
 */
final class PlanePlan {
    private static final String PAIR = "pair/";

    private final Configuration whole;
    private final Configuration configuration;
    private final String node;
    private final IdRegistry ids;
    private final CompileLog log;
    private final ServicePlane before;
    private final Optional<IpAddress> endpoint;
    private final List<OverlayPeer> peers;
    private final Map<String, OverlayPeer> peerByName = new HashMap<>();
    private final PathIdentifiers identifiers;
    private final int router;
    private final List<Integer> tenants;

    /** By forward identifier. */
    private final Map<Integer, PlanePath> paths = new LinkedHashMap<>();

    /**
     * Looks at the nodes; all routers and pairs have their indices.
     *
     * @param whole the objects of all nodes
     * @param configuration those of this one
     * @param before what the node shared under the snapshot before
     */
    PlanePlan(
            Configuration whole,
            Configuration configuration,
            String node,
            IdRegistry ids,
            CompileLog log,
            ServicePlane before) {
        this.whole = whole;
        this.configuration = configuration;
        this.node = node;
        this.ids = ids;
        this.log = log;
        this.before = before;
        endpoint = configuration.underlay(node).map(Node.Underlay::address);
        peers = endpoint.isPresent() ? peers(whole) : List.of();
        peers.forEach(peer -> peerByName.put(peer.name(), peer));
        // Aware nodes name paths to their switch, too, though that may be alone.
        identifiers = endpoint.isEmpty() ? PathIdentifiers.NONE : PathIdentifiers.of(whole);
        router = endpoint.map(this::router).orElse(-1);
        tenants = endpoint.isPresent() ? tenants() : List.of();
    }

    private List<OverlayPeer> peers(Configuration whole) {
        List<OverlayPeer> others = new ArrayList<>();
        for (Node other : whole.nodesWithUnderlay()) {
            if (!other.name().equals(node)) {
                IpAddress address = other.spec().underlay().orElseThrow().address();
                others.add(new OverlayPeer(others.size(), other.name(), PlaneNumbers.node(other.name()), address));
            }
        }
        return List.copyOf(others);
    }

    private int router(IpAddress address) {
        for (LogicalRouter each : configuration.routers()) {
            boolean owns = each.spec().interfaces().stream()
                    .flatMap(at -> at.addresses().stream())
                    .anyMatch(own -> own.address().equals(address));
            if (owns) {
                return ids.index(Space.ROUTER, "router/" + each.name());
            }
        }
        configuration
                .find(Kind.NODE, node)
                .ifPresent(itself -> log.error(
                        itself,
                        "spec.underlay.address",
                        "no LogicalRouter of the node has this address",
                        address.toString(),
                        "an address of an interface of a LogicalRouter with node: " + node));
        return -1;
    }

    /** By index of the router or pair; also those that are gone, since flows may still be theirs. */
    private List<Integer> tenants() {
        Set<Integer> numbers = new LinkedHashSet<>();
        for (String key : ids.allNames(Space.ROUTER)) {
            int slash = key.indexOf('/');
            String name = key.substring(slash + 1);
            int number = key.startsWith(SegmentPlan.KEY) ? PlaneNumbers.segment(name) : PlaneNumbers.router(name);
            if (key.startsWith(PAIR)) {
                int between = name.indexOf('/');
                number = PlaneNumbers.pair(node, name.substring(0, between), name.substring(between + 1));
            }
            if (!numbers.add(number)) {
                log.error(
                        "by chance two routers or pairs of ports have the same number on the service plane; give this one another name",
                        name,
                        "names with different numbers");
            }
        }
        return List.copyOf(numbers);
    }

    /** Whether there are other nodes to share paths with. */
    boolean shares() {
        return !peers.isEmpty();
    }

    /** The paths of the objects, for others to know; empty if there are no others. */
    Optional<Transition.PathSet> pathSet() {
        return shares()
                ? Optional.of(new Transition.PathSet(identifiers.digest(whole), identifiers.names()))
                : Optional.empty();
    }

    /** The paths of a chain whose instances make more than it may have, as all nodes know them; empty if it has room for all, or nobody else knows them. */
    Optional<List<List<ServiceInstance>>> cut(ServiceChain chain) {
        return identifiers.cut(chain);
    }

    /** Whether a path, named with the places of its instances, is one that all nodes know. */
    boolean knows(String path) {
        return identifiers.of(path) != 0;
    }

    /** Name of the path that packets call by an identifier. */
    Optional<String> pathCalled(int spi) {
        return identifiers.called(spi);
    }

    /** Gives a path of the configuration what packets call it, if all its instances have a place. */
    void share(PathDraft path) {
        PlanePath named = named(path);
        if (named != null) {
            paths.putIfAbsent(named.forwardSpi(), named);
        }
    }

    /**
     * Gives a path that is kept for its flows what packets call it, after all of the configuration have theirs: what the objects say, or what it was called
     * before, unless another one is called so now.
     *
     * @return whether packets of the path can cross hosts
     */
    boolean keep(PathDraft path) {
        PlanePath named = named(path);
        PlanePath kept = named == null && endpoint.isPresent() ? before.ofPath(path.id()) : named;
        return kept != null && paths.putIfAbsent(kept.forwardSpi(), kept) == null;
    }

    private @Nullable PlanePath named(PathDraft path) {
        int number = identifiers.of(path.placedName());
        Optional<ServiceChain> chain = configuration.chain(path.content().chain());
        if (number == 0 || chain.isEmpty()) {
            return null;
        }
        ServiceChain.Spec spec = chain.get().spec();
        return new PlanePath(
                path.id(),
                spec.svni(),
                PlaneNumbers.chain(chain.get().name()),
                number << 1,
                (number << 1) + 1,
                spec.mode() == ServiceChain.Mode.HUB,
                spec.afterLast() == ServiceChain.AfterLast.DESTINATION);
    }

    /** Whether this node is on the service plane of a chain. */
    boolean isOn(ServiceChain chain) {
        return whole.reaches(chain, node);
    }

    /** Whether a service instance is; one without a node is this node's own. */
    boolean isOn(ServiceChain chain, ServiceInstance instance) {
        return whole.reaches(chain, instance.spec().node().orElse(node));
    }

    /** The other nodes. */
    List<OverlayPeer> peers() {
        return peers;
    }

    /** Whether packets can call a path by a number. */
    boolean isNamed(PathDraft path) {
        return paths.values().stream().anyMatch(named -> named.path() == path.id());
    }

    /** Whether instances on a node are placed: paths over them have numbers. */
    boolean isPlace(String host) {
        return endpoint.isPresent() && (host.equals(node) || isPeer(host));
    }

    /** Whether there is such another node. */
    boolean isPeer(String host) {
        return peerByName.containsKey(host);
    }

    /** The place of another node among the peers; {@link Attachment#LOCAL} for the empty name, which is this node. */
    int peer(String host) {
        OverlayPeer peer = peerByName.get(host);
        return peer == null ? Attachment.LOCAL : peer.index();
    }

    /** All of it. */
    ServicePlane plane() {
        return endpoint.isEmpty()
                ? ServicePlane.NONE
                : new ServicePlane(
                        PlaneNumbers.node(node), router, endpoint.get(), peers, List.copyOf(paths.values()), tenants);
    }
}
