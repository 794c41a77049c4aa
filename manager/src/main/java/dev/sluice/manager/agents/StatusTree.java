package dev.sluice.manager.agents;

import dev.sluice.controller.NodeState;
import dev.sluice.controller.NodeState.Progress;
import dev.sluice.controller.ObjectState;
import dev.sluice.manager.objects.Conditions;
import dev.sluice.manager.objects.Trees;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The status of an object as users see it: what others wrote stays, the condition Applied and what belongs to it are the controller's. Stateless. */
final class StatusTree {
    /** The condition that all nodes that are to have an object have it as it is. */
    static final String APPLIED = "Applied";

    /** More nodes are counted, not listed; those that lag behind come first. */
    static final int NODES_MAX = 50;

    private static final int NAMED_MAX = 3;

    private StatusTree() {}

    /** The status after a state; empty if there is nothing to be said. */
    static Optional<ObjectNode> of(@Nullable ObjectNode before, ObjectState state, Instant now) {
        ObjectNode status = before == null ? Trees.object() : before.deepCopy();
        boolean healthSaid = HealthTree.put(status, state, now);
        if (state.nodes().isEmpty()) {
            boolean said = status.remove("nodes") != null;
            status.remove(List.of("observedGeneration", "nodesTotal", "nodesApplied"));
            Conditions.drop(status, APPLIED);
            return said || healthSaid ? Optional.of(status) : Optional.empty();
        }
        status.put("observedGeneration", state.observedGeneration());
        status.put("nodesTotal", state.nodes().size());
        status.put("nodesApplied", state.applied());
        ArrayNode nodes = status.putArray("nodes");
        state.nodes().stream().limit(NODES_MAX).forEach(each -> nodes.add(node(each)));
        JsonNode old = Conditions.drop(status, APPLIED);
        Conditions.add(status, 0, condition(state, old, now));
        return Optional.of(status);
    }

    private static ObjectNode node(NodeState state) {
        ObjectNode node = Trees.object();
        node.put("name", state.node());
        node.put("state", word(state.progress()));
        if (state.generation() > 0) {
            node.put("observedGeneration", state.generation());
        }
        if (!state.message().isEmpty()) {
            node.put("message", state.message());
        }
        return node;
    }

    private static String word(Progress progress) {
        return progress.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    private static ObjectNode condition(ObjectState state, @Nullable JsonNode old, Instant now) {
        Progress worst = worst(state);
        String reason = switch (worst) {
            case APPLIED -> "Applied";
            case UNDER_WAY -> "UnderWay";
            case REFUSED -> "Refused";
            case HELD_UP -> "HeldUp";
            case NOT_CONNECTED -> "NotConnected";
        };
        String truth = worst == Progress.APPLIED ? "True" : "False";
        ObjectNode condition = Conditions.of(APPLIED, truth, reason, message(state, worst), old, now);
        condition.put("observedGeneration", state.generation());
        return condition;
    }

    /** What a person should hear of first. */
    private static Progress worst(ObjectState state) {
        for (Progress progress :
                List.of(Progress.REFUSED, Progress.HELD_UP, Progress.NOT_CONNECTED, Progress.UNDER_WAY)) {
            if (state.nodes().stream().anyMatch(node -> node.progress() == progress)) {
                return progress;
            }
        }
        return Progress.APPLIED;
    }

    private static String message(ObjectState state, Progress worst) {
        String count = "in force on " + state.applied() + " of " + state.nodes().size()
                + (state.nodes().size() == 1 ? " node" : " nodes");
        if (worst == Progress.APPLIED) {
            return count;
        }
        List<NodeState> those =
                state.nodes().stream().filter(node -> node.progress() == worst).toList();
        String named = those.stream()
                .limit(NAMED_MAX)
                .map(node -> node.node() + ": " + node.message())
                .collect(Collectors.joining("; "));
        int more = those.size() - NAMED_MAX;
        return count + "; " + named + (more > 0 ? "; and " + more + " more" : "");
    }
}
