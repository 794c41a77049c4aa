package dev.sluice.datapath.rules;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A compiled service insertion rule (requirements V2-V5). Its id names its content: a rule whose match, action or applied_to changes is a new rule.
 *
 * @param id above 0, unique in the node, never reused for other content
 * @param precedence larger wins; unique among the rules of a snapshot
 * @param name {@code policy/rule}, for people
 * @param matches alternatives: the rule matches if one of them does; at least one
 * @param action what happens to the flow
 * @param targetId index of the target for {@link Action#SERVICE}, else -1
 * @param onFailure overrides hop and chain if not {@link FailureAction#INHERIT}
 * @param bothDirections false: only a record for the direction of the first packet is made
 * @param appliedTo the port sides at which the rule holds
 * @param log whether each decision is logged
 * @param counters what the rule decided; one object for the life of the id
 */
public record Rule(
        int id,
        int precedence,
        String name,
        List<Match> matches,
        Action action,
        int targetId,
        FailureAction onFailure,
        boolean bothDirections,
        PortSides appliedTo,
        boolean log,
        RuleCounters counters) {
    /** What a rule does with a flow. */
    public enum Action {
        /** No service: the packet is routed on. */
        NONE,
        /** The flow is dropped. */
        DROP,
        /** The flow goes through the services of a target. */
        SERVICE,
        /** Nothing: the rule is counted, and the next one that matches decides. */
        OBSERVE
    }

    /** What happens to a packet whose service node is dead. */
    public enum FailureAction {
        /** The next level decides: rule over hop over chain. */
        INHERIT,
        /** The packet is dropped. */
        CLOSED,
        /** The packet passes without that service and is counted as uninspected. */
        OPEN
    }

    /** Checks ids and copies the matches. */
    public Rule {
        if (id <= 0) {
            throw new IllegalArgumentException("rule id " + id + " is not above 0");
        }
        if (matches.isEmpty()) {
            throw new IllegalArgumentException("rule " + name + " has no match");
        }
        if ((action == Action.SERVICE) != (targetId >= 0)) {
            throw new IllegalArgumentException("rule " + name + ": action " + action + " with target " + targetId);
        }
        matches = List.copyOf(matches);
    }

    /** A rule that is not logged, with counters of its own. */
    public Rule(
            int id,
            int precedence,
            String name,
            List<Match> matches,
            Action action,
            int targetId,
            FailureAction onFailure,
            boolean bothDirections,
            PortSides appliedTo) {
        this(
                id,
                precedence,
                name,
                matches,
                action,
                targetId,
                onFailure,
                bothDirections,
                appliedTo,
                false,
                new RuleCounters());
    }

    /** Whether it goes before another one, or before none. */
    public boolean wins(@Nullable Rule other) {
        return other == null || precedence > other.precedence;
    }
}
