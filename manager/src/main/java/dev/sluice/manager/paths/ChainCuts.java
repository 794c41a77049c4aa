package dev.sluice.manager.paths;

import dev.sluice.manager.objects.Conditions;
import dev.sluice.manager.objects.Edit;
import dev.sluice.manager.objects.Generated.Content;
import dev.sluice.manager.objects.ManagedObject;
import dev.sluice.manager.objects.Trees;
import dev.sluice.model.Kind;
import dev.sluice.model.ServiceChain;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Of which chains hosts have chosen some of the paths that their instances make (V17), and the condition AllPaths that says so; of other chains it says nothing. No threads, clocks or store: everything that happens is a call. One user.
 */
final class ChainCuts {
    private static final String ALL_PATHS = "AllPaths";

    /** What instances of each service say. */
    private final Map<String, List<JsonNode>> instances = new HashMap<>();

    /** How many paths the chains that are cut would have, by name, as it was said last; null: everything is to be looked at. */
    private @Nullable Map<String, BigInteger> said;

    /** Objects are others now; what is said of chains is looked at again. */
    void objects(Collection<ManagedObject> objects) {
        instances.clear();
        said = null;
        for (ManagedObject object : objects) {
            if (object.kind() == Kind.SERVICE_INSTANCE) {
                JsonNode spec = object.tree().path("spec");
                instances
                        .computeIfAbsent(spec.path("service").asString(""), _ -> new ArrayList<>())
                        .add(spec);
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
     * @param paths what hosts tell of paths
     * @param objects those that there are; asked for if something is different
     */
    List<Edit> edits(Collection<Content> paths, Supplier<List<ManagedObject>> objects, Instant now) {
        Map<String, BigInteger> cuts = cuts(paths);
        if (cuts.equals(said)) {
            return List.of();
        }
        List<Edit> edits = new ArrayList<>();
        for (ManagedObject object : objects.get()) {
            if (object.kind() == Kind.SERVICE_CHAIN) {
                status(object, cuts.get(object.name()), now)
                        .map(status -> new Edit.SetStatus(object.kind(), object.name(), object.revision(), status))
                        .ifPresent(edits::add);
            }
        }
        said = cuts;
        return edits;
    }

    private Map<String, BigInteger> cuts(Collection<Content> paths) {
        Map<String, Integer> counts = new HashMap<>();
        Map<String, Set<String>> services = new HashMap<>();
        for (Content path : paths) {
            if (!path.status().path("state").asString("").equals("retired")) {
                String chain = path.spec().path("chain").asString("");
                counts.merge(chain, 1, Integer::sum);
                services.computeIfAbsent(chain, _ -> servicesOf(path.spec()));
            }
        }
        Map<String, BigInteger> cuts = new HashMap<>();
        counts.forEach((chain, count) -> {
            BigInteger all = services.getOrDefault(chain, Set.of()).stream()
                    .map(service -> BigInteger.valueOf(serving(service, chain)))
                    .reduce(BigInteger.ONE, BigInteger::multiply);
            if (count >= ServiceChain.PATHS_MAX && all.compareTo(BigInteger.valueOf(ServiceChain.PATHS_MAX)) > 0) {
                cuts.put(chain, all);
            }
        });
        return cuts;
    }

    private static Set<String> servicesOf(ObjectNode path) {
        Set<String> services = new TreeSet<>();
        path.path("hops").forEach(hop -> services.add(hop.path("service").asString("")));
        return services;
    }

    /** How many instances of a service have tags for a chain, or none for any. */
    private long serving(String service, String chain) {
        return instances.getOrDefault(service, List.of()).stream()
                .filter(spec -> {
                    JsonNode policies = spec.path("policies");
                    return policies.isEmpty()
                            || policies.valueStream()
                                    .anyMatch(tags ->
                                            tags.path("chain").asString("").equals(chain));
                })
                .count();
    }

    /** The status of a chain; empty: it says that already. */
    private static Optional<ObjectNode> status(ManagedObject chain, @Nullable BigInteger all, Instant now) {
        ObjectNode before = chain.tree().get("status") instanceof ObjectNode there ? there : Trees.object();
        ObjectNode status = before.deepCopy();
        JsonNode old = Conditions.drop(status, ALL_PATHS);
        if (all != null) {
            Conditions.add(
                    status,
                    Integer.MAX_VALUE,
                    Conditions.of(
                            ALL_PATHS,
                            "False",
                            "Cut",
                            ServiceChain.PATHS_MAX + " of " + all
                                    + " paths are chosen, which have each instance if that can be; flows get no other. Split the chain to have all",
                            old,
                            now));
        }
        return status.equals(before) ? Optional.empty() : Optional.of(status);
    }
}
