package dev.sluice.manager.discovery;

import dev.sluice.manager.discovery.Found.FoundPort;
import dev.sluice.manager.discovery.Sought.Instance;
import dev.sluice.manager.discovery.Sought.Profile;
import dev.sluice.manager.events.Happening.Reason;
import dev.sluice.manager.objects.Caller;
import dev.sluice.manager.objects.Edit;
import dev.sluice.manager.objects.ManagedObject;
import dev.sluice.manager.objects.Tenants;
import dev.sluice.manager.objects.Trees;
import dev.sluice.model.Kind;
import dev.sluice.model.PortProfile;
import dev.sluice.model.ReadObject;
import dev.sluice.model.WrittenObject;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What discovery reads out of objects, and how it writes what it found into them: ports that it owns alone, and the fields of instances that say where they are. It owns its
 * fields under the name of {@code discovery}, so whoever wants them otherwise meets a conflict that says so. Stateless.
 */
final class FoundObjects {
    /** Who owns what was found. */
    static final String MANAGER = ManagedObject.DISCOVERY;

    static final Caller CALLER = new Caller(MANAGER, MANAGER);

    /** Tells people, and selectors, that a port was discovered, and by which profile. */
    static final String LABEL = "sluice.dev/discovered";

    private static final String ALIAS = "sluice.dev/alias";
    private static final String PORT_INTERFACE = "/spec/interface";
    private static final String SEGMENT = "/spec/switch";
    private static final String NODE = "/spec/node";
    private static final String IN = "/spec/interfaces/in/interface";

    private FoundObjects() {}

    // Reading.

    /** What objects say about discovery. */
    static Sought read(Collection<ManagedObject> objects, Tenants tenants) {
        List<Profile> profiles = new ArrayList<>();
        Map<String, Instance> nodes = new TreeMap<>();
        Map<String, FoundPort> ports = new TreeMap<>();
        Map<String, Long> revisions = new TreeMap<>();
        Set<String> taken = new HashSet<>();
        Set<String> foreign = new HashSet<>();
        Set<String> ownSegment = new HashSet<>();
        for (ManagedObject object : objects) {
            JsonNode spec = object.tree().path("spec");
            switch (object.kind()) {
                case PORT_PROFILE -> profile(object, tenants).ifPresent(profiles::add);
                case PORT -> {
                    if (isFound(object)) {
                        ports.put(object.name(), port(object, spec));
                        revisions.put(object.name(), object.revision());
                        if (!Set.of(MANAGER).containsAll(object.ownersOf(SEGMENT))) {
                            ownSegment.add(object.name());
                        }
                    } else {
                        foreign.add(object.name());
                        taken.add(text(spec, "node") + "/" + text(spec, "interface"));
                    }
                }
                case SERVICE_INSTANCE -> {
                    instance(object, spec, tenants).ifPresent(each -> nodes.put(each.name(), each));
                    if (!object.ownersOf(IN).equals(Set.of(MANAGER))) {
                        for (String side : List.of("in", "out")) {
                            taken.add(text(spec, "node") + "/"
                                    + sideInterface(spec.path("interfaces").path(side)));
                        }
                    }
                }
                default -> {}
            }
        }
        profiles.sort(Comparator.comparing(Profile::name));
        return new Sought(profiles, nodes, ports, revisions, taken, foreign, ownSegment);
    }

    private static Optional<Profile> profile(ManagedObject object, Tenants tenants) {
        if (!object.tree().path("spec").has("discover")) {
            return Optional.empty();
        }
        return ReadObject.read(Trees.text(object.written()))
                .filter(read -> read.resource() instanceof PortProfile)
                .map(read -> (PortProfile) read.resource())
                .flatMap(profile -> profile.spec()
                        .discover()
                        .map(discover ->
                                new Profile(profile.name(), tenants.of(profile.name()), profile.spec(), discover)));
    }

    /** Whether nobody but discovery says what a port is. */
    private static boolean isFound(ManagedObject port) {
        return port.ownersOf(PORT_INTERFACE).equals(Set.of(MANAGER))
                && port.ownersOf(NODE).equals(Set.of(MANAGER));
    }

    private static FoundPort port(ManagedObject object, JsonNode spec) {
        return new FoundPort(
                Place.of(text(spec, "node"), text(spec, "interface")),
                text(spec, "profile"),
                Optional.of(text(spec, "switch")).filter(name -> !name.isEmpty()),
                object.tree().path("metadata").path("annotations").path(ALIAS).asString(""));
    }

    private static Optional<Instance> instance(ManagedObject object, JsonNode spec, Tenants tenants) {
        String identifier = text(spec, "identifier");
        if (identifier.isEmpty()) {
            return Optional.empty();
        }
        String node = text(spec, "node");
        boolean own = object.ownersOf(NODE).equals(Set.of(MANAGER));
        JsonNode interfaces = spec.path("interfaces");
        String in = sideInterface(interfaces.path("in"));
        String out = sideInterface(interfaces.path("out"));
        boolean found = object.ownersOf(IN).contains(MANAGER) && !in.isEmpty() && !node.isEmpty();
        boolean twoSided = interfaces.has("out")
                && !object.ownersOf("/spec/interfaces/out").equals(Set.of(MANAGER));
        return Optional.of(new Instance(
                object.name(),
                tenants.of(object.name()),
                object.uid(),
                identifier,
                own || node.isEmpty() ? Optional.empty() : Optional.of(node),
                twoSided,
                found
                        ? Optional.of(new Place(node, in, Optional.of(out).filter(name -> !name.isEmpty())))
                        : Optional.empty()));
    }

    private static String text(JsonNode spec, String field) {
        return spec.path(field).asString("");
    }

    /** A side is written as the interface alone, or with more. */
    private static String sideInterface(JsonNode side) {
        return side.isObject() ? text(side, "interface") : side.asString("");
    }

    // Writing.

    /**
     * A change of an object.
     *
     * @param reason what has happened to it
     * @param node where it is now, or was
     * @param words the same as a sentence behind its name
     */
    record Wish(Edit edit, Reason reason, String node, String words) {
        static Wish of(Edit edit, @Nullable Place before, @Nullable Place after) {
            if (after == null) {
                String node = before == null ? "" : before.node();
                return new Wish(edit, Reason.VANISHED, node, "has vanished from " + before);
            }
            return before == null || before.equals(after)
                    ? new Wish(edit, Reason.FOUND, after.node(), "was found at " + after)
                    : new Wish(edit, Reason.MOVED, after.node(), "has moved from " + before + " to " + after);
        }
    }

    /** Brings objects from what they are to what was found; by {@code Kind/name}. */
    static Map<String, Wish> edits(Sought is, Found found) {
        Map<String, Wish> edits = new TreeMap<>();
        is.ports().forEach((name, port) -> {
            if (!found.ports().containsKey(name)) {
                // Somebody may have taken it over since it was read: then it stays.
                Edit edit = new Edit.Remove(Kind.PORT, name, is.revisions().getOrDefault(name, 0L));
                edits.put("Port/" + name, Wish.of(edit, port.place(), null));
            }
        });
        found.ports().forEach((name, wanted) -> {
            FoundPort before = is.ports().get(name);
            FoundPort port = before != null && is.ownSegment().contains(name)
                    ? new FoundPort(wanted.place(), wanted.profile(), before.segment(), wanted.alias())
                    : wanted;
            if (!port.equals(before) && !is.foreign().contains(name)) {
                Edit edit = new Edit.Apply(written(name, port), false);
                edits.put("Port/" + name, Wish.of(edit, before == null ? null : before.place(), port.place()));
            }
        });
        is.nodes().forEach((name, instance) -> {
            Place place = found.nodes().get(name);
            if (!Optional.ofNullable(place).equals(instance.found())) {
                Edit edit = new Edit.Apply(written(instance, place), false);
                edits.put(
                        "ServiceInstance/" + name,
                        Wish.of(edit, instance.found().orElse(null), place));
            }
        });
        return edits;
    }

    private static WrittenObject written(String name, FoundPort port) {
        ObjectNode tree = head(Kind.PORT, name);
        if (tree.get("metadata") instanceof ObjectNode metadata) {
            metadata.putObject("labels").put(LABEL, port.profile());
            if (!port.alias().isEmpty()) {
                metadata.putObject("annotations").put(ALIAS, port.alias());
            }
        }
        ObjectNode spec = tree.putObject("spec");
        spec.put("node", port.place().node());
        spec.put("interface", port.place().in());
        spec.put("profile", port.profile());
        port.segment().ifPresent(segment -> spec.put("switch", segment));
        return written(tree);
    }

    private static WrittenObject written(Instance instance, @Nullable Place place) {
        ObjectNode tree = head(Kind.SERVICE_INSTANCE, instance.name());
        if (place != null) {
            ObjectNode spec = tree.putObject("spec");
            if (instance.only().isEmpty()) {
                spec.put("node", place.node());
            }
            ObjectNode interfaces = spec.putObject("interfaces");
            interfaces.putObject("in").put("interface", place.in());
            place.out().ifPresent(out -> interfaces.putObject("out").put("interface", out));
        }
        return written(tree);
    }

    private static ObjectNode head(Kind kind, String name) {
        ObjectNode tree = Trees.object();
        tree.put("apiVersion", ManagedObject.API_VERSION);
        tree.put("kind", kind.word());
        tree.putObject("metadata").put("name", name);
        return tree;
    }

    private static WrittenObject written(ObjectNode tree) {
        return WrittenObject.read("", Trees.text(tree)).objects().getFirst();
    }
}
