package dev.sluice.manager.paths;

import dev.sluice.manager.objects.Conditions;
import dev.sluice.manager.objects.Edit;
import dev.sluice.manager.objects.Generated.Content;
import dev.sluice.manager.objects.ManagedObject;
import dev.sluice.manager.objects.Tenants;
import dev.sluice.manager.objects.Trees;
import dev.sluice.model.Kind;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * How services are, by how many of their instances serve (V16). No threads, clocks or store: everything that happens is a call. One user.
 *
 * <p>An instance counts once for each host that has it, and once if no host has told of it. A service that never had an instance has no state.
 */
final class ServiceStates {
    private static final String AVAILABLE = "Available";
    private static final String STATE = "state";
    private static final int NAMED_MAX = 3;
    private static final int TEXT_MAX = 300;

    /** The service of each instance. */
    private final Map<String, String> services = new HashMap<>();

    /** What was said last, by service; null: everything is to be looked at. */
    private @Nullable Map<String, Count> said;

    /**
     * How many instances there are.
     *
     * @param unknown how many may serve, and their host does not say
     * @param trouble why others do not serve, the first few of those that everybody may hear of who sees the service
     */
    private record Count(int instances, int serving, int unknown, List<String> trouble) {
        static final Count NONE = new Count(0, 0, 0, List.of());

        Count {
            trouble = List.copyOf(trouble);
        }

        String state() {
            if (serving > 0) {
                return serving == instances ? "available" : "degraded";
            }
            return instances > 0 && unknown == instances ? "unknown" : "unavailable";
        }

        String message() {
            if (instances == 0) {
                return "no ServiceInstance has this service";
            }
            String named = trouble.stream().map(why -> "; " + why).collect(Collectors.joining());
            int more = instances - serving - trouble.size();
            return serving + " of " + instances + (instances == 1 ? " instance serves" : " instances serve") + named
                    + (more > 0 ? "; and " + more + " more" : "");
        }
    }

    /** While it is counted. */
    private static final class Tally {
        private final SortedSet<String> trouble = new TreeSet<>();
        private int instances;
        private int serving;
        private int unknown;

        /** Of one that does not serve and everybody may hear of. */
        void trouble(String why) {
            trouble.add(Trees.shorten(why, TEXT_MAX));
            if (trouble.size() > NAMED_MAX) {
                trouble.removeLast();
            }
        }

        Count count() {
            return new Count(instances, serving, unknown, List.copyOf(trouble));
        }
    }

    /** Objects are others now; what is said of services is looked at again. */
    void objects(Collection<ManagedObject> objects) {
        services.clear();
        said = null;
        for (ManagedObject object : objects) {
            if (object.kind() == Kind.SERVICE_INSTANCE) {
                services.put(
                        object.name(),
                        object.tree().path("spec").path("service").asString(""));
            }
        }
    }

    /** What was to be written last could not be. */
    void again() {
        said = null;
    }

    /**
     * What is to be written.
     *
     * @param runtimes what hosts tell of instances
     * @param objects those that there are; asked for if something is different
     */
    List<Edit> edits(
            Collection<Content> runtimes, Supplier<List<ManagedObject>> objects, Tenants tenants, Instant now) {
        Map<String, Count> counts = counts(runtimes, tenants);
        if (counts.equals(said)) {
            return List.of();
        }
        List<Edit> edits = new ArrayList<>();
        for (ManagedObject object : objects.get()) {
            if (object.kind() == Kind.SERVICE) {
                status(object, counts.getOrDefault(object.name(), Count.NONE), now)
                        .map(status -> new Edit.SetStatus(Kind.SERVICE, object.name(), object.revision(), status))
                        .ifPresent(edits::add);
            }
        }
        said = counts;
        return edits;
    }

    private Map<String, Count> counts(Collection<Content> runtimes, Tenants tenants) {
        Map<String, Tally> tallies = new HashMap<>();
        Set<String> told = new HashSet<>();
        for (Content runtime : runtimes) {
            String name = runtime.spec().path("instance").asString("");
            if (name.isEmpty()) {
                // A router.
                continue;
            }
            told.add(name);
            String service = runtime.spec().path("service").asString("");
            String state = runtime.status().path(STATE).asString("");
            Tally tally = tallies.computeIfAbsent(service, _ -> new Tally());
            tally.instances++;
            if (state.equals("active")) {
                tally.serving++;
            } else {
                tally.unknown += state.equals("unknown") ? 1 : 0;
                if (!isHidden(name, service, tenants)) {
                    String node = runtime.spec().path("node").asString("");
                    tally.trouble(name + " on " + node + ": " + why(runtime.status()));
                }
            }
        }
        services.forEach((name, service) -> {
            if (!told.contains(name)) {
                Tally tally = tallies.computeIfAbsent(service, _ -> new Tally());
                tally.instances++;
                if (!isHidden(name, service, tenants)) {
                    tally.trouble(name + ": no host tells of it");
                }
            }
        });
        Map<String, Count> counts = new HashMap<>();
        tallies.forEach((service, tally) -> counts.put(service, tally.count()));
        return counts;
    }

    /** Who may see a service need not know the tenants that have instances of it. */
    private static boolean isHidden(String instance, String service, Tenants tenants) {
        String tenant = tenants.of(instance);
        return !tenant.isEmpty() && !tenant.equals(tenants.of(service));
    }

    private static String why(ObjectNode status) {
        String reason = status.path("reason").asString("");
        String liveness = status.path("liveness").asString("");
        return !reason.isEmpty()
                ? reason
                : liveness.equals("up")
                        ? "its adminState is " + status.path("adminState").asString("")
                        : "it is " + liveness;
    }

    /** The status of a service; empty: it says that already. */
    private static Optional<ObjectNode> status(ManagedObject service, Count count, Instant now) {
        ObjectNode before = service.tree().get("status") instanceof ObjectNode there ? there : Trees.object();
        if (count.instances == 0 && !before.has(STATE)) {
            return Optional.empty();
        }
        ObjectNode status = before.deepCopy();
        status.put(STATE, count.state());
        status.put("instances", count.instances);
        status.put("serving", count.serving);
        JsonNode old = Conditions.drop(status, AVAILABLE);
        Conditions.add(status, Integer.MAX_VALUE, condition(count, old, now));
        return status.equals(before) ? Optional.empty() : Optional.of(status);
    }

    private static ObjectNode condition(Count count, @Nullable JsonNode old, Instant now) {
        return switch (count.state()) {
            case "available" -> Conditions.of(AVAILABLE, "True", AVAILABLE, count.message(), old, now);
            case "degraded" -> Conditions.of(AVAILABLE, "True", "Degraded", count.message(), old, now);
            case "unknown" -> Conditions.of(AVAILABLE, "Unknown", "NoWord", count.message(), old, now);
            default ->
                Conditions.of(
                        AVAILABLE,
                        "False",
                        count.instances == 0 ? "NoInstances" : "Unavailable",
                        count.message(),
                        old,
                        now);
        };
    }
}
