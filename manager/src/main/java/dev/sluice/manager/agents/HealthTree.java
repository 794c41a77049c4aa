package dev.sluice.manager.agents;

import dev.sluice.controller.Figures;
import dev.sluice.controller.Health;
import dev.sluice.controller.ObjectState;
import dev.sluice.manager.objects.Conditions;
import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** What nodes say of ports, instances and themselves, as a condition: Up, Alive or Connected. Stateless. */
final class HealthTree {
    private static final int NAMED_MAX = 3;

    private HealthTree() {}

    /** Puts it into a status; whether there is anything to be said now or was before. */
    static boolean put(ObjectNode status, ObjectState state, Instant now) {
        String type = type(state.key());
        if (type.isEmpty()) {
            return false;
        }
        JsonNode old = Conditions.drop(status, type);
        state.figures().ifPresent(figures -> put(status, figures));
        if (state.health().isEmpty() && old == null) {
            return false;
        }
        // Before the condition Applied is put in front of it.
        Conditions.add(status, 0, condition(type, state.health(), old, now));
        return true;
    }

    private static String type(String key) {
        return key.startsWith("ports/")
                ? "Up"
                : key.startsWith("serviceinstances/") ? "Alive" : key.startsWith("nodes/") ? "Connected" : "";
    }

    private static ObjectNode condition(String type, List<Health> health, @Nullable JsonNode old, Instant now) {
        if (health.isEmpty()) {
            return Conditions.of(type, "Unknown", "NoWord", "its node says nothing of it", old, now);
        }
        List<Health> bad = health.stream().filter(each -> !each.good()).toList();
        if (bad.isEmpty()) {
            return Conditions.of(type, "True", type, "", old, now);
        }
        String message = bad.stream()
                .limit(NAMED_MAX)
                .map(each -> each.node() + (each.message().isEmpty() ? "" : ": " + each.message()))
                .collect(Collectors.joining("; "));
        int more = bad.size() - NAMED_MAX;
        return Conditions.of(
                type, "False", "Not" + type, message + (more > 0 ? "; and " + more + " more" : ""), old, now);
    }

    private static void put(ObjectNode status, Figures figures) {
        ObjectNode counted = status.putObject("figures");
        counted.put("generation", figures.generation());
        counted.put("connections", figures.connections());
        counted.put("uninspected", figures.uninspected());
        ObjectNode drops = counted.putObject("drops");
        figures.drops().forEach(drops::put);
    }
}
