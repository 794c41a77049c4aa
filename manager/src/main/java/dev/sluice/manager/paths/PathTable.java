package dev.sluice.manager.paths;

import dev.sluice.manager.objects.Conditions;
import dev.sluice.manager.objects.Generated.Content;
import dev.sluice.manager.objects.ManagedObject;
import dev.sluice.manager.objects.Tenants;
import dev.sluice.manager.objects.Trees;
import dev.sluice.southbound.PathHop;
import dev.sluice.southbound.PathState;
import dev.sluice.southbound.Paths;
import dev.sluice.southbound.Protocol;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What hosts say of paths, and the ServicePath objects that this makes. No threads, clocks or store: everything that happens is a call. One user.
 *
 * <p>A host that is not connected goes on with its paths, and nobody knows how they are: what it said last is kept as long as the chain and the host are there, as unknown.
 */
final class PathTable {
    /** More paths are left off, those whose names come last. */
    static final int PATHS_MAX = 10_000;

    /** More hosts are counted, not listed. */
    static final int NODES_MAX = 50;

    private static final int NAMED_MAX = 3;
    private static final int TEXT_MAX = 300;
    private static final int CHAIN_IN_NAME_MAX = 52;
    private static final int DIGITS = 10;
    private static final String IN_USE = "in use";
    private static final String UNKNOWN = "unknown";
    private static final String MIXED = "mixed";

    private final NavigableMap<String, Word> words = new TreeMap<>();
    private final RoutingWords routing;
    private Tenants tenants = new Tenants(new TreeSet<>());

    /** @param routing what hosts say of each other, kept by whoever hears it */
    PathTable(RoutingWords routing) {
        this.routing = routing;
    }

    /** What a host said last. */
    private record Word(boolean connected, Map<String, PathState> byName) {}

    /** What one host says of one path. */
    private record Said(String node, boolean connected, PathState path) {
        String state() {
            return connected ? path.getState() : UNKNOWN;
        }

        String reason() {
            return connected ? shorten(path.getReason()) : "its agent is not connected";
        }
    }

    /** Whose names are nobody else's business. */
    void tenants(Tenants now) {
        tenants = now;
    }

    /** What a manager before wrote; of hosts that have said nothing to this one yet. */
    void remember(Collection<ManagedObject> stored) {
        for (ManagedObject object : stored) {
            PathState path = read(object.tree().path("spec"));
            for (JsonNode node : object.tree().path("status").path("nodes")) {
                String name = node.path("name").asString("");
                Word word = words.computeIfAbsent(name, _ -> new Word(false, new HashMap<>()));
                if (!word.connected) {
                    word.byName.put(
                            object.name(),
                            path.toBuilder()
                                    .addAllRouters(routers(object, name))
                                    .build());
                }
            }
        }
    }

    private static List<String> routers(ManagedObject object, String node) {
        List<String> routers = new ArrayList<>();
        for (JsonNode each : object.tree().path("status").path("routing")) {
            if (each.path("node").asString("").equals(node) && each.has("router")) {
                routers.add(each.path("router").asString(""));
            }
        }
        return routers;
    }

    /** A host tells of its paths. */
    void told(String node, Paths paths) {
        Map<String, PathState> byName = new LinkedHashMap<>();
        paths.getPathsList().forEach(path -> byName.put(objectName(path), placed(path, node)));
        words.put(node, new Word(true, byName));
    }

    /** A host's agent has gone. */
    void lost(String node) {
        words.computeIfPresent(node, (_, word) -> new Word(false, word.byName));
    }

    /** Forgets what hosts that are not connected said of chains that are gone, and hosts that are. */
    void keep(Set<String> chains, Set<String> nodes) {
        words.entrySet().removeIf(each -> !each.getValue().connected && !nodes.contains(each.getKey()));
        words.values().stream()
                .filter(word -> !word.connected)
                .forEach(word -> word.byName.values().removeIf(path -> !chains.contains(path.getChain())));
    }

    /** The chain's, and digits of the name that all hosts know the path by; the tenant's name stays in front. */
    static String objectName(PathState path) {
        String chain = path.getChain();
        String begin = chain.substring(0, Math.min(chain.length(), CHAIN_IN_NAME_MAX));
        String digest = Protocol.sha256((chain + '\n' + path.getName()).getBytes(StandardCharsets.UTF_8));
        return begin + "-" + digest.substring(0, DIGITS);
    }

    /** With the hosts of all its nodes. */
    private static PathState placed(PathState path, String teller) {
        PathState.Builder placed = path.toBuilder();
        for (PathHop.Builder hop : placed.getHopsBuilderList()) {
            if (hop.getNode().isEmpty()) {
                hop.setNode(teller);
            }
        }
        return placed.build();
    }

    /**
     * The objects as they are to be, by name.
     *
     * @param before as they are
     */
    Map<String, Content> objects(Map<String, ManagedObject> before, Instant now) {
        NavigableMap<String, List<Said>> byName = new TreeMap<>();
        words.forEach((node, word) -> word.byName.forEach((name, path) ->
                byName.computeIfAbsent(name, _ -> new ArrayList<>()).add(new Said(node, word.connected, path))));
        Map<String, Content> objects = new TreeMap<>();
        byName.forEach((name, said) -> {
            if (objects.size() < PATHS_MAX) {
                ManagedObject old = before.get(name);
                objects.put(name, content(said, old == null ? null : old.tree().path("status"), now));
            }
        });
        return objects;
    }

    private Content content(List<Said> said, @Nullable JsonNode oldStatus, Instant now) {
        // Who is connected knows better what the path is.
        Said best = said.stream().filter(Said::connected).findFirst().orElse(said.getFirst());
        return new Content(spec(best.path), status(said, oldStatus, now));
    }

    private static ObjectNode spec(PathState path) {
        ObjectNode spec = Trees.object();
        spec.put("chain", path.getChain());
        spec.put("path", shorten(path.getName()));
        if (path.getSpi() > 0) {
            spec.put("spi", path.getSpi());
            spec.put("reverseSpi", path.getReverseSpi());
        }
        if (path.hasSvni()) {
            spec.put("svni", path.getSvni());
            spec.put("mode", path.getMode());
        }
        ArrayNode hops = spec.putArray("hops");
        for (PathHop hop : path.getHopsList()) {
            ObjectNode each = hops.addObject();
            each.put("service", hop.getService());
            each.put("instance", hop.getInstance());
            each.put("node", hop.getNode());
            each.put("copy", hop.getCopy());
            each.put("visits", hop.getVisits());
            if (!hop.getOnFailure().isEmpty()) {
                each.put("onFailure", hop.getOnFailure());
            }
        }
        return spec;
    }

    private static PathState read(JsonNode spec) {
        PathState.Builder path = PathState.newBuilder()
                .setChain(spec.path("chain").asString(""))
                .setName(spec.path("path").asString(""))
                .setSpi(spec.path("spi").asInt(0))
                .setReverseSpi(spec.path("reverseSpi").asInt(0))
                .setMode(spec.path("mode").asString(""));
        if (spec.has("svni")) {
            path.setSvni(spec.path("svni").asInt(0));
        }
        for (JsonNode hop : spec.path("hops")) {
            path.addHops(PathHop.newBuilder()
                    .setService(hop.path("service").asString(""))
                    .setInstance(hop.path("instance").asString(""))
                    .setNode(hop.path("node").asString(""))
                    .setCopy(hop.path("copy").asBoolean(false))
                    .setVisits(hop.path("visits").asString(""))
                    .setOnFailure(hop.path("onFailure").asString("")));
        }
        return path.build();
    }

    private ObjectNode status(List<Said> said, @Nullable JsonNode old, Instant now) {
        List<Said> order = said.stream()
                .sorted(Comparator.comparing((Said each) -> each.state().equals(IN_USE))
                        .thenComparing(Said::node))
                .toList();
        List<Said> heard = order.stream().filter(Said::connected).toList();
        Set<String> states = heard.stream().map(Said::state).collect(Collectors.toCollection(TreeSet::new));
        Set<String> dead = new TreeSet<>();
        heard.forEach(each -> each.path.getHopsList().stream()
                .filter(hop -> !hop.getAlive())
                .forEach(hop -> dead.add(hop.getInstance())));
        ObjectNode status = Trees.object();
        status.put(
                "state",
                states.isEmpty()
                        ? UNKNOWN
                        : states.size() > 1 ? MIXED : states.iterator().next());
        status.put("nodesTotal", said.size());
        ArrayNode nodes = status.putArray("nodes");
        order.stream().limit(NODES_MAX).forEach(each -> {
            ObjectNode node = nodes.addObject();
            node.put("name", each.node);
            node.put("state", each.state());
            if (!each.reason().isEmpty()) {
                node.put("reason", each.reason());
            }
        });
        if (!dead.isEmpty()) {
            status.set("deadInstances", Trees.tree(List.copyOf(dead)));
        }
        routing(status, order);
        Conditions.add(status, 0, condition(order, heard, old, now));
        return status;
    }

    /** The first and the last hop: routing at each router whose rules lead to the path. Those come first that are not alive. */
    private void routing(ObjectNode status, List<Said> order) {
        List<ObjectNode> ends = new ArrayList<>();
        for (Said said : order) {
            Set<String> names = new TreeSet<>();
            said.path.getRoutersList().forEach(router -> names.add(shown(router, said.path.getChain())));
            List<String> tellers =
                    said.path.getHopsList().stream().map(PathHop::getNode).toList();
            RoutingWords.Verdict verdict = routing.of(said.node, tellers, said.connected);
            names.forEach(name -> ends.add(end(name, said, verdict)));
        }
        ends.sort(Comparator.comparing(end -> end.path("state").asString("").equals("alive")));
        if (!ends.isEmpty()) {
            status.set("routing", Trees.tree(ends.stream().limit(NODES_MAX).toList()));
        }
    }

    /** Who may see a chain need not know the tenants of routers that lead to it. */
    private String shown(String router, String chain) {
        String tenant = tenants.of(router);
        return tenant.isEmpty() || tenant.equals(tenants.of(chain)) ? router : "";
    }

    private static ObjectNode end(String router, Said said, RoutingWords.Verdict verdict) {
        ObjectNode end = Trees.object();
        if (!router.isEmpty()) {
            end.put("router", router);
        }
        end.put("node", said.node);
        end.put("state", verdict.state());
        if (!verdict.reason().isEmpty()) {
            end.put("reason", shorten(verdict.reason()));
        }
        String onFailure = said.path.getHopsCount() == 0
                ? ""
                : said.path.getHopsList().getLast().getOnFailure();
        if (!onFailure.isEmpty()) {
            end.put("onFailure", onFailure);
        }
        return end;
    }

    private static ObjectNode condition(List<Said> all, List<Said> heard, @Nullable JsonNode old, Instant now) {
        long using = heard.stream().filter(each -> each.state().equals(IN_USE)).count();
        String truth = heard.isEmpty() ? "Unknown" : using == heard.size() ? "True" : "False";
        String reason = heard.isEmpty() ? "NoWord" : using == heard.size() ? "InUse" : "NotInUse";
        List<Said> others =
                all.stream().filter(each -> !each.state().equals(IN_USE)).toList();
        String named = others.stream()
                .limit(NAMED_MAX)
                .map(each ->
                        "; " + each.node + ": " + each.state() + (each.reason().isEmpty() ? "" : ", " + each.reason()))
                .collect(Collectors.joining());
        int more = others.size() - NAMED_MAX;
        String message = "in use on " + using + " of " + all.size() + (all.size() == 1 ? " node" : " nodes") + named
                + (more > 0 ? "; and " + more + " more" : "");
        return Conditions.of("InUse", truth, reason, message, condition(old), now);
    }

    private static @Nullable JsonNode condition(@Nullable JsonNode status) {
        return status == null ? null : status.path("conditions").get(0);
    }

    private static String shorten(String text) {
        return Trees.shorten(text, TEXT_MAX);
    }
}
