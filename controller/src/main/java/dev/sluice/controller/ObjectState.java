package dev.sluice.controller;

import dev.sluice.controller.NodeState.Progress;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * How far nodes are with an object.
 *
 * @param key the object's name as a resource
 * @param generation of the object that this is about
 * @param nodes all that are to have it, those first that do not
 * @param health what nodes say of it, if it is a port, an instance or a node
 * @param figures of a node that has reported
 */
public record ObjectState(
        String key, long generation, List<NodeState> nodes, List<Health> health, Optional<Figures> figures) {
    /** Sorts the nodes. */
    public ObjectState {
        nodes = nodes.stream()
                .sorted(Comparator.comparing((NodeState each) -> each.progress() == Progress.APPLIED)
                        .thenComparing(NodeState::node))
                .toList();
        health = List.copyOf(health);
    }

    /** How many have it as it is to be. */
    public int applied() {
        return (int) nodes.stream()
                .filter(node -> node.progress() == Progress.APPLIED)
                .count();
    }

    /** The oldest generation that is in force anywhere; 0: it is not everywhere. */
    public long observedGeneration() {
        return nodes.stream().mapToLong(NodeState::generation).min().orElse(0);
    }
}
