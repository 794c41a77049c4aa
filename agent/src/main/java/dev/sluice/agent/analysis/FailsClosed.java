package dev.sluice.agent.analysis;

import dev.sluice.datapath.rules.Rule;
import dev.sluice.datapath.rules.Rule.Action;
import dev.sluice.datapath.rules.Rule.FailureAction;
import dev.sluice.datapath.snapshot.Snapshot;
import java.util.function.Predicate;

/** Which rules promise that no packet goes on without its services, and what rules do, in words. Immutable. */
final class FailsClosed implements Predicate<Rule> {
    private final Snapshot snapshot;

    FailsClosed(Snapshot snapshot) {
        this.snapshot = snapshot;
    }

    /** The rule over the chain; hops that override the chain are not looked at, because the rest of the chain still holds. */
    @Override
    public boolean test(Rule rule) {
        return rule.action() == Action.SERVICE
                && (rule.onFailure() == FailureAction.CLOSED
                        || (rule.onFailure() == FailureAction.INHERIT
                                && snapshot.target(rule.targetId()).onFailure() == FailureAction.CLOSED));
    }

    /** Name of the chain of a rule with a service. */
    String chain(Rule rule) {
        return snapshot.target(rule.targetId()).name();
    }

    static String outcome(Rule rule) {
        return switch (rule.action()) {
            case NONE -> "no service";
            case DROP -> "drop";
            case OBSERVE -> "nothing";
            case SERVICE -> rule.bothDirections() ? "a chain" : "a chain for one direction";
        };
    }
}
