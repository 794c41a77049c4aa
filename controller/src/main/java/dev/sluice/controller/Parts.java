package dev.sluice.controller;

import dev.sluice.model.Capture;
import dev.sluice.model.Configuration;
import dev.sluice.model.Kind;
import dev.sluice.model.LogicalRouter;
import dev.sluice.model.Node;
import dev.sluice.model.Port;
import dev.sluice.model.ReadObject;
import dev.sluice.model.ReadObject.Reference;
import dev.sluice.model.Resource;
import dev.sluice.model.ServiceAttachment;
import dev.sluice.model.ServiceChain;
import dev.sluice.model.ServiceChain.Selection;
import dev.sluice.model.ServiceDeployment;
import dev.sluice.model.ServiceInstance;
import dev.sluice.model.ServiceInstance.AdminState;
import dev.sluice.model.ServiceManager;
import dev.sluice.model.ServicePolicy;
import dev.sluice.model.ServicePolicy.AppliedTo;
import dev.sluice.model.ServiceProfile;
import dev.sluice.model.Traceflow;
import dev.sluice.model.VendorTemplate;
import dev.sluice.southbound.Protocol;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What each node has to have of all objects, and which nodes a change is about. One thread.
 *
 * <p>A node gets its own objects and those of no node; of rule sets the rules applied to it; and what these refer to. Nodes with an underlay work together: each
 * also gets all that the others have except rules, since all compute the same numbers of paths and of routers from it. A node that nobody wrote an object for gets one
 * with nothing but its name, so no part is empty. The compilation of a part gives a node what the compilation of everything would.
 */
public final class Parts {
    private final NavigableMap<String, Item> items = new TreeMap<>();
    private final Map<String, NavigableSet<String>> own = new HashMap<>();
    private final NavigableSet<String> placedNowhere = new TreeSet<>();
    private final NavigableSet<String> common = new TreeSet<>();
    private final NavigableSet<String> withUnderlay = new TreeSet<>();
    private final Places places = new Places();
    private final Map<String, Set<String>> policiesByNode = new HashMap<>();
    private final Set<String> policiesEverywhere = new TreeSet<>();
    private final Map<String, Map<String, Optional<Piece>>> cuts = new HashMap<>();

    /**
     * An object, read.
     *
     * @param nodes of a rule set: where its rules apply, {@link Places#EVERYWHERE} if that is no particular nodes
     */
    private record Item(WantedObject object, ReadObject read, Piece whole, Set<String> nodes) {
        Resource resource() {
            return read.resource();
        }
    }

    /**
     * What a node gets of an object.
     *
     * @param key the object's name as a resource
     * @param version names the text
     * @param generation of the object
     */
    public record Piece(String key, String version, String text, long generation, Set<Reference> references) {}

    /**
     * Which nodes a change is about.
     *
     * @param everywhere all
     * @param nodes these
     * @param underlay all that have an underlay
     * @param holdersOf those that have one of these objects already, by key
     */
    public record Affected(boolean everywhere, Set<String> nodes, boolean underlay, Set<String> holdersOf) {
        /** Of several changes. */
        static Affected none() {
            return new Affected(false, new HashSet<>(), false, new HashSet<>());
        }

        private Affected and(Affected other) {
            Set<String> allNodes = new HashSet<>(nodes);
            allNodes.addAll(other.nodes);
            Set<String> allHolders = new HashSet<>(holdersOf);
            allHolders.addAll(other.holdersOf);
            return new Affected(everywhere || other.everywhere, allNodes, underlay || other.underlay, allHolders);
        }

        private static Affected all() {
            return new Affected(true, Set.of(), true, Set.of());
        }

        private static Affected of(Set<String> nodes) {
            return nodes.isEmpty() ? all() : new Affected(false, nodes, false, Set.of());
        }
    }

    /** No object. */
    public Parts() {}

    /** Takes changes in: objects as they are now, and keys of those that are gone. What cannot be read is left as it was: the manager stores no such objects. */
    public Affected change(Collection<WantedObject> changed, Collection<String> removed) {
        Affected affected = Affected.none();
        boolean implicitBefore = places.implicit();
        boolean placesMoved = false;
        for (String key : removed) {
            Item before = items.remove(key);
            if (before != null) {
                affected = affected.and(remove(before));
                placesMoved |= movesPlaces(before.resource(), null);
            }
        }
        for (WantedObject object : inOrder(changed)) {
            Item before = items.get(object.key());
            if (before != null && before.object.text().equals(object.text())) {
                if (before.object.generation() != object.generation()) {
                    // Changed and changed back: those that have it have the newer generation.
                    items.put(object.key(), read(object, before.read, before.nodes));
                    cuts.remove(object.key());
                    affected = affected.and(new Affected(false, Set.of(), false, Set.of(object.key())));
                }
                continue;
            }
            Optional<ReadObject> read = ReadObject.read(object.text());
            if (read.isEmpty()) {
                continue;
            }
            if (before != null) {
                affected = affected.and(remove(before));
            }
            placesMoved |= movesPlaces(
                    before == null ? null : before.resource(), read.get().resource());
            affected = affected.and(put(object, read.get()));
        }
        if (placesMoved || implicitBefore != places.implicit()) {
            placePoliciesAnew();
            return Affected.all();
        }
        return affected;
    }

    /** Rule sets last: where they apply depends on ports and routers. */
    private static List<WantedObject> inOrder(Collection<WantedObject> changed) {
        List<WantedObject> order = new ArrayList<>();
        changed.stream().filter(each -> each.kind() != Kind.SERVICE_POLICY).forEach(order::add);
        changed.stream().filter(each -> each.kind() == Kind.SERVICE_POLICY).forEach(order::add);
        return order;
    }

    private static Item read(WantedObject object, ReadObject read, Set<String> nodes) {
        return new Item(object, read, piece(object, object.text(), read.references()), nodes);
    }

    private static Piece piece(WantedObject object, String text, Set<Reference> references) {
        return new Piece(object.key(), Protocol.version(text), text, object.generation(), references);
    }

    private Affected put(WantedObject object, ReadObject read) {
        Resource resource = read.resource();
        places.put(resource);
        Set<String> nodes = resource instanceof ServicePolicy policy ? nodesOf(policy) : Set.of();
        Item item = read(object, read, nodes);
        items.put(object.key(), item);
        index(item, true);
        return about(item);
    }

    private Affected remove(Item item) {
        Affected affected = about(item);
        places.remove(item.resource());
        index(item, false);
        return affected;
    }

    private void index(Item item, boolean there) {
        String key = item.object.key();
        switch (item.resource()) {
            case ServicePolicy _ -> {
                cuts.remove(key);
                if (item.nodes.isEmpty()) {
                    set(policiesEverywhere, key, there);
                }
                item.nodes.forEach(node -> set(policiesByNode.computeIfAbsent(node, _ -> new TreeSet<>()), key, there));
            }
            case Node node -> {
                set(own.computeIfAbsent(node.name(), _ -> new TreeSet<>()), key, there);
                set(withUnderlay, node.name(), there && node.spec().underlay().isPresent());
            }
            case Port _, LogicalRouter _, ServiceInstance _ -> {
                Optional<String> node = nodeOf(item.resource());
                set(node.isEmpty() ? placedNowhere : own.computeIfAbsent(node.get(), _ -> new TreeSet<>()), key, there);
            }
            // The manager's own business: what it makes of it are instances.
            case ServiceDeployment _, ServiceManager _, Traceflow _, Capture _ -> {}
            // Hosts get those that a chain of theirs names.
            case ServiceProfile _, VendorTemplate _, ServiceAttachment _ -> {}
            default -> set(common, key, there);
        }
    }

    private static void set(Set<String> keys, String key, boolean there) {
        if (there) {
            keys.add(key);
        } else {
            keys.remove(key);
        }
    }

    private static Optional<String> nodeOf(Resource resource) {
        return switch (resource) {
            case Port port -> port.spec().node();
            case LogicalRouter router -> router.spec().node();
            case ServiceInstance instance -> instance.spec().node();
            case Node node -> Optional.of(node.name());
            default -> Optional.empty();
        };
    }

    private Affected about(Item item) {
        return switch (item.resource()) {
            case ServicePolicy _ -> Affected.of(item.nodes);
            case Node node
            when node.spec().underlay().isPresent() -> new Affected(false, Set.of(node.name()), true, Set.of());
            case Node node -> Affected.of(Set.of(node.name()));
            case Port _, LogicalRouter _, ServiceInstance _ -> {
                Optional<String> node = nodeOf(item.resource());
                yield node.isEmpty()
                        ? Affected.all()
                        : new Affected(false, Set.of(node.get()), withUnderlay.contains(node.get()), Set.of());
            }
            case ServiceDeployment _, ServiceManager _, Traceflow _, Capture _ ->
                new Affected(false, Set.of(), false, Set.of());
            case ServiceProfile _, VendorTemplate _, ServiceAttachment _ ->
                new Affected(false, Set.of(), false, Set.of(item.object.key()));
            default -> new Affected(false, Set.of(), true, Set.of(item.object.key()));
        };
    }

    /** Whether rules may apply elsewhere now. */
    private static boolean movesPlaces(@Nullable Resource before, @Nullable Resource after) {
        return !placing(before).equals(placing(after));
    }

    private static String placing(@Nullable Resource resource) {
        return switch (resource) {
            case Port port ->
                "port " + port.name() + " " + port.spec().node() + " "
                        + port.spec().interfaceName() + " " + port.spec().profile();
            case LogicalRouter router ->
                "router " + router.name() + " " + router.spec().node();
            case null, default -> "";
        };
    }

    private void placePoliciesAnew() {
        policiesByNode.clear();
        policiesEverywhere.clear();
        cuts.clear();
        for (Item item :
                List.copyOf(items.subMap("servicepolicies/", "servicepolicies0").values())) {
            if (item.resource() instanceof ServicePolicy policy) {
                Item anew = new Item(item.object, item.read, item.whole, nodesOf(policy));
                items.put(item.object.key(), anew);
                index(anew, true);
            }
        }
    }

    private Set<String> nodesOf(ServicePolicy policy) {
        Set<String> nodes = new HashSet<>();
        List<AppliedTo> all = new ArrayList<>(policy.spec().appliedTo());
        policy.spec().rules().forEach(rule -> all.addAll(rule.appliedTo()));
        for (AppliedTo at : all) {
            Set<String> here = places.nodes(at);
            if (here.isEmpty()) {
                return Places.EVERYWHERE;
            }
            nodes.addAll(here);
        }
        return nodes;
    }

    // What a node gets.

    /** Every node that objects name. */
    public NavigableSet<String> nodes() {
        NavigableSet<String> nodes = new TreeSet<>();
        own.forEach((node, keys) -> {
            if (!keys.isEmpty()) {
                nodes.add(node);
            }
        });
        policiesByNode.forEach((node, keys) -> {
            if (!keys.isEmpty() && !Places.NOWHERE.contains(node)) {
                nodes.add(node);
            }
        });
        return nodes;
    }

    /** Whether a node works together with others. */
    public boolean hasUnderlay(String node) {
        return withUnderlay.contains(node);
    }

    /** The generation of an object; 0 if there is none. */
    public long generation(String key) {
        Item item = items.get(key);
        return item == null ? 0 : item.object.generation();
    }

    /** {@code Kind/name} of an object; empty if there is none. */
    public String title(String key) {
        Item item = items.get(key);
        return item == null ? "" : item.object.title();
    }

    /** Whether what a node says of an object counts: an object that has moved is not what its former node still sees. */
    boolean isOf(String key, String node) {
        Item item = items.get(key);
        Optional<String> at = item == null
                ? Optional.empty()
                : switch (item.resource()) {
                    case Port port -> port.spec().node();
                    case ServiceInstance instance -> instance.spec().node();
                    default -> Optional.empty();
                };
        return at.isEmpty() || at.get().equals(node);
    }

    /** Whether there is such an object, and what a node says of it counts. */
    boolean isThereFor(String key, String node) {
        return items.containsKey(key) && isOf(key, node);
    }

    /** Services over whose instances chains spread flows by load: by name, those of its instances that get new flows, with the weight of each; not those that each host has for itself. */
    Map<String, Map<String, Integer>> spreadByLoad() {
        Map<String, Map<String, Integer>> services = new TreeMap<>();
        for (ServiceChain chain : chainsByService().all(ServiceChain.class)) {
            if (chain.spec().selection() == Selection.LEAST_LOAD) {
                chain.spec().services().forEach(service -> services.put(service, new TreeMap<>()));
            }
        }
        if (services.isEmpty()) {
            return services;
        }
        for (Item item : items.subMap("serviceinstances/", "serviceinstances0").values()) {
            if (item.resource() instanceof ServiceInstance instance
                    && instance.spec().adminState() == AdminState.UP
                    && instance.spec().node().isPresent()
                    && services.containsKey(instance.spec().service())) {
                services.get(instance.spec().service())
                        .put(instance.name(), instance.spec().weight());
            }
        }
        return services;
    }

    /** The chains, with the services of the profiles that they name. */
    private Configuration chainsByService() {
        List<Resource> named = new ArrayList<>();
        for (Kind kind : List.of(Kind.SERVICE_CHAIN, Kind.SERVICE_PROFILE, Kind.VENDOR_TEMPLATE)) {
            items.subMap(kind.plural() + "/", kind.plural() + "0").values().forEach(item -> named.add(item.resource()));
        }
        return Configuration.of(named);
    }

    /** The part of a node, by key. */
    public NavigableMap<String, Piece> part(String node) {
        Collected part = new Collected();
        own.getOrDefault(node, new TreeSet<>()).forEach(part::add);
        placedNowhere.forEach(part::add);
        if (withUnderlay.contains(node)) {
            withUnderlay.forEach(
                    other -> own.getOrDefault(other, new TreeSet<>()).forEach(part::add));
            common.forEach(part::add);
        }
        if (places.implicit() || part.hasPlaces()) {
            policiesByNode
                    .getOrDefault(node, Set.of())
                    .forEach(key -> cut(key, node).ifPresent(part::add));
            policiesEverywhere.forEach(key -> cut(key, node).ifPresent(part::add));
        }
        part.close();
        String nodeKey = WantedObject.key(Kind.NODE, node);
        part.pieces.computeIfAbsent(nodeKey, _ -> bare(node));
        return part.pieces;
    }

    private static Piece bare(String node) {
        String text = "{\"apiVersion\":\"" + Resource.API_VERSION + "\",\"kind\":\"Node\",\"metadata\":{\"name\":\""
                + node + "\"}}";
        return piece(new WantedObject(Kind.NODE, node, 0, text), text, Set.of());
    }

    private Optional<Piece> cut(String key, String node) {
        return cuts.computeIfAbsent(key, _ -> new HashMap<>()).computeIfAbsent(node, _ -> newCut(key, node));
    }

    private Optional<Piece> newCut(String key, String node) {
        Item item = items.get(key);
        if (item == null || !(item.resource() instanceof ServicePolicy policy)) {
            return Optional.empty();
        }
        Optional<String> text = RuleCut.cut(policy, item.object.text(), at -> {
            Set<String> nodes = places.nodes(at);
            return nodes.isEmpty() || nodes.contains(node);
        });
        return text.map(cut -> cut.equals(item.object.text())
                ? item.whole
                : piece(
                        item.object,
                        cut,
                        ReadObject.read(cut).map(ReadObject::references).orElse(Set.of())));
    }

    /** A part while it is collected. */
    private final class Collected {
        final NavigableMap<String, Piece> pieces = new TreeMap<>();
        final Deque<Piece> unseen = new ArrayDeque<>();

        void add(String key) {
            Item item = items.get(key);
            if (item != null) {
                add(item.whole);
            }
        }

        void add(Piece piece) {
            if (pieces.put(piece.key(), piece) == null) {
                unseen.add(piece);
            }
        }

        /** What others of the underlay have is no port of this node, but then it has ports itself. */
        boolean hasPlaces() {
            return pieces.keySet().stream()
                    .anyMatch(key -> key.startsWith("ports/") || key.startsWith("logicalrouters/"));
        }

        /** Adds what is referred to. */
        void close() {
            while (!unseen.isEmpty()) {
                for (Reference reference : unseen.remove().references()) {
                    String key = WantedObject.key(reference.kind(), reference.name());
                    if (!pieces.containsKey(key)) {
                        add(key);
                    }
                }
            }
        }
    }
}
