package dev.sluice.manager.paths;

import dev.sluice.manager.objects.Conditions;
import dev.sluice.manager.objects.Generated.Content;
import dev.sluice.manager.objects.ManagedObject;
import dev.sluice.manager.objects.Trees;
import dev.sluice.model.Kind;
import dev.sluice.southbound.InstanceRuntime;
import dev.sluice.southbound.Plane;
import dev.sluice.southbound.PlaneMembership;
import dev.sluice.southbound.Protocol;
import dev.sluice.southbound.RouterRuntime;
import dev.sluice.southbound.RuntimeInterface;
import dev.sluice.southbound.Runtimes;
import dev.sluice.wire.MacAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What serves chains on hosts, and the ServiceInstanceRuntime objects that this makes (V16, V20, V31): the service instances that hosts have, and their routers as the internal
 * service "routing". No threads, clocks or store: everything that happens is a call. One user.
 *
 * <p>A host that is not connected goes on; what it said last is kept as long as the host and the instance or router are there.
 */
final class RuntimeTable {
    /** More are left off, those whose names come last. */
    static final int RUNTIMES_MAX = 10_000;

    /** Most names in one list of a router on a plane; more are left off. */
    static final int NAMES_MAX = 50;

    /** Most planes of one of them; more are left off. */
    static final int PLANES_MAX = 20;

    private static final String ROUTING = "routing";
    private static final String UNKNOWN = "unknown";
    private static final String INSTANCE = "instance";
    private static final int TEXT_MAX = 300;

    /** Two names of objects, and what is between them. */
    private static final int LISTED_MAX = 128;

    private static final int NAME_IN_NAME_MAX = 52;
    private static final int DIGITS = 10;
    private static final Set<String> SERVING = Set.of("up", "drain");

    private final RoutingWords routing;
    private final NavigableMap<String, Word> words = new TreeMap<>();

    /** @param routing what hosts say of each other, kept by whoever hears it */
    RuntimeTable(RoutingWords routing) {
        this.routing = routing;
    }

    /**
     * What a host said last.
     *
     * @param byName how instances are, as it said; those of routers is for others to say
     */
    private record Word(boolean connected, Map<String, ObjectNode> specs, Map<String, InstanceRuntime> byName) {}

    /** What a manager before wrote; of hosts that have said nothing to this one yet. */
    void remember(Collection<ManagedObject> stored) {
        for (ManagedObject object : stored) {
            if (object.tree().path("spec") instanceof ObjectNode spec) {
                String node = spec.path("node").asString("");
                Word word = words.computeIfAbsent(node, _ -> new Word(false, new HashMap<>(), Map.of()));
                if (!word.connected) {
                    word.specs.put(object.name(), spec);
                }
            }
        }
    }

    /** A host tells what it has. */
    void told(String node, Runtimes told) {
        Map<String, ObjectNode> specs = new HashMap<>();
        Map<String, InstanceRuntime> byName = new HashMap<>();
        for (InstanceRuntime instance : told.getInstancesList()) {
            String name = objectName(INSTANCE, instance.getInstance(), node);
            specs.put(name, spec(instance, node));
            byName.put(name, instance);
        }
        for (RouterRuntime router : told.getRoutersList()) {
            specs.put(objectName(router.getKind(), router.getName(), node), spec(router, node));
        }
        words.put(node, new Word(true, specs, byName));
    }

    /** A host's agent has gone. */
    void lost(String node) {
        words.computeIfPresent(node, (_, word) -> new Word(false, word.specs, Map.of()));
    }

    /**
     * Forgets what hosts that are not connected said of what is gone.
     *
     * @param names by kind those of all objects
     * @param nodes hosts that there are
     */
    void keep(Map<Kind, Set<String>> names, Set<String> nodes) {
        words.entrySet().removeIf(each -> !each.getValue().connected && !nodes.contains(each.getKey()));
        words.values().stream()
                .filter(word -> !word.connected)
                .forEach(word -> word.specs.values().removeIf(spec -> !stands(spec, names)));
    }

    /** A pair of ports stands as long as its host does: ports may have names that no object has. */
    private static boolean stands(ObjectNode spec, Map<Kind, Set<String>> names) {
        return switch (spec.path("kind").asString("")) {
            case INSTANCE ->
                names.getOrDefault(Kind.SERVICE_INSTANCE, Set.of())
                        .contains(spec.path("instance").asString(""));
            case "router" ->
                names.getOrDefault(Kind.LOGICAL_ROUTER, Set.of())
                        .contains(spec.path("router").asString(""));
            case "switch" ->
                names.getOrDefault(Kind.LOGICAL_SWITCH, Set.of())
                        .contains(spec.path("router").asString(""));
            default -> true;
        };
    }

    /** The instance's or router's, and digits of what it is and where; the tenant's name stays in front. */
    static String objectName(String kind, String name, String node) {
        String begin = name.replace('/', '-');
        String digest = Protocol.sha256((kind + '\n' + name + '\n' + node).getBytes(StandardCharsets.UTF_8));
        return begin.substring(0, Math.min(begin.length(), NAME_IN_NAME_MAX)) + "-" + digest.substring(0, DIGITS);
    }

    private static ObjectNode spec(InstanceRuntime instance, String node) {
        ObjectNode spec = Trees.object();
        spec.put("kind", INSTANCE);
        spec.put("service", instance.getService());
        spec.put(INSTANCE, instance.getInstance());
        spec.put("node", node);
        if (!instance.getEndpoint().isEmpty()) {
            spec.put("endpoint", instance.getEndpoint());
        }
        if (instance.getInterfacesCount() > 0) {
            ArrayNode interfaces = spec.putArray("interfaces");
            for (RuntimeInterface at : instance.getInterfacesList()) {
                ObjectNode each =
                        interfaces.addObject().put("side", at.getSide()).put("name", shorten(at.getName()));
                if (at.hasMac()) {
                    each.put("mac", new MacAddress(at.getMac() & 0xffff_ffff_ffffL).toString());
                }
            }
        }
        ArrayNode planes = spec.putArray("planes");
        instance.getPlanesList().stream().limit(PLANES_MAX).forEach(plane -> put(planes.addObject(), plane));
        return spec;
    }

    private static void put(ObjectNode at, Plane plane) {
        at.put("svni", plane.getSvni());
        if (!plane.getAttachment().isEmpty()) {
            at.put("attachment", plane.getAttachment());
        }
    }

    private static ObjectNode spec(RouterRuntime router, String node) {
        ObjectNode spec = Trees.object();
        spec.put("kind", router.getKind());
        spec.put("service", ROUTING);
        spec.put("router", router.getName());
        spec.put("node", node);
        if (!router.getEndpoint().isEmpty()) {
            spec.put("tenant", Integer.toUnsignedLong(router.getTenant()));
            spec.put("endpoint", router.getEndpoint());
        }
        ArrayNode planes = spec.putArray("planes");
        for (PlaneMembership member :
                router.getPlanesList().stream().limit(PLANES_MAX).toList()) {
            ObjectNode plane = planes.addObject();
            put(plane, member.getPlane());
            names(plane, "chains", member.getChainsList());
            names(plane, "ports", member.getPortsList());
            names(plane, "interfaces", member.getInterfacesList());
            names(plane, "instances", member.getInstancesList());
        }
        return spec;
    }

    private static void names(ObjectNode at, String field, List<String> names) {
        at.set(
                field,
                Trees.tree(names.stream()
                        .limit(NAMES_MAX)
                        .map(name -> Trees.shorten(name, LISTED_MAX))
                        .toList()));
    }

    /**
     * The objects as they are to be, by name.
     *
     * @param before as they are
     */
    Map<String, Content> objects(Map<String, ManagedObject> before, Instant now) {
        NavigableMap<String, Content> objects = new TreeMap<>();
        words.forEach((node, word) -> {
            Life ofRouting = ofRouting(node, word.connected);
            word.specs.forEach((name, spec) -> {
                ManagedObject old = before.get(name);
                InstanceRuntime instance = word.byName.get(name);
                boolean router = !spec.path("kind").asString("").equals(INSTANCE);
                ObjectNode status = status(
                        router ? ofRouting : ofInstance(instance),
                        old == null ? null : old.tree().path("status"),
                        now);
                if (instance != null) {
                    downInterfaces(status, instance);
                }
                objects.put(name, new Content(spec, status));
            });
        });
        while (objects.size() > RUNTIMES_MAX) {
            objects.pollLastEntry();
        }
        return objects;
    }

    /**
     * How it is.
     *
     * @param liveness up, down, unproven or unknown
     * @param admin what is wanted of it; empty: nothing is told
     */
    private record Life(String liveness, String admin, String reason) {
        String state() {
            return liveness.equals(UNKNOWN)
                    ? UNKNOWN
                    : liveness.equals("up") && (admin.isEmpty() || SERVING.contains(admin)) ? "active" : "inactive";
        }
    }

    private static ObjectNode status(Life life, @Nullable JsonNode old, Instant now) {
        ObjectNode status = Trees.object();
        status.put("state", life.state());
        status.put("liveness", life.liveness);
        if (!life.admin.isEmpty()) {
            status.put("adminState", life.admin);
        }
        if (!life.reason.isEmpty()) {
            status.put("reason", shorten(life.reason));
        }
        Conditions.add(status, 0, condition(life, old, now));
        return status;
    }

    private Life ofRouting(String node, boolean connected) {
        RoutingWords.Verdict verdict = routing.of(node, routing.tellers(), connected);
        String liveness = switch (verdict.state()) {
            case "alive" -> "up";
            case "dead" -> "down";
            default -> verdict.state();
        };
        return new Life(liveness, "", verdict.reason());
    }

    private static Life ofInstance(@Nullable InstanceRuntime instance) {
        if (instance == null) {
            return new Life(UNKNOWN, "", "the agent of its host is not connected");
        }
        String liveness = !instance.getAlive() ? "down" : instance.getProven() ? "up" : "unproven";
        return new Life(liveness, instance.getAdminState(), instance.getReason());
    }

    private static void downInterfaces(ObjectNode status, InstanceRuntime instance) {
        ArrayNode down = Trees.object().putArray("down");
        for (RuntimeInterface at : instance.getInterfacesList()) {
            if (!at.getTrouble().isEmpty()) {
                down.addObject().put("name", shorten(at.getName())).put("reason", shorten(at.getTrouble()));
            }
        }
        if (!down.isEmpty()) {
            status.set("downInterfaces", down);
        }
    }

    private static ObjectNode condition(Life life, @Nullable JsonNode old, Instant now) {
        String truth = switch (life.liveness) {
            case "up" -> "True";
            case "down" -> "False";
            default -> "Unknown";
        };
        String reason = switch (life.liveness) {
            case "up" -> "Alive";
            case "down" -> "NotAlive";
            case "unproven" -> "Unproven";
            default -> "NoWord";
        };
        JsonNode before = old == null ? null : old.path("conditions").get(0);
        return Conditions.of("Alive", truth, reason, shorten(life.reason), before, now);
    }

    private static String shorten(String text) {
        return Trees.shorten(text, TEXT_MAX);
    }
}
