package dev.sluice.testkit.reference;

import dev.sluice.datapath.rules.Rule;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The chapter "Hits". */
final class ModelHits {
    private static final long SECOND_NS = 1_000_000_000L;

    private static final class Second {
        long beganNs;
        int lines;
    }

    private final ReferenceModel model;
    private final Map<Integer, Second> seconds = new HashMap<>();

    ModelHits(ReferenceModel model) {
        this.model = model;
    }

    /** A packet of a flow that a rule decided; null: the default rule. */
    void packet(
            Trip trip, int group, @Nullable Rule rule, boolean reverse, boolean first, ModelAttributes.Values values) {
        List<Rule> observing = model.world.groups().getOrDefault(group, List.of()).stream()
                .filter(one -> one.action() == Rule.Action.OBSERVE)
                .filter(one -> rule == null || one.precedence() > rule.precedence())
                .sorted(Comparator.comparingInt(Rule::precedence).reversed())
                .toList();
        for (Rule one : observing) {
            if (ModelRules.matches(one, trip.frame, reverse && one.bothDirections(), values)) {
                model.coverage.event("observed");
                count(one, trip, first);
            }
        }
        if (rule != null) {
            count(rule, trip, first);
        }
    }

    private void count(Rule rule, Trip trip, boolean first) {
        String name = "rule " + rule.id();
        model.outcome.count(name + " packets");
        model.outcome.count(name + " bytes", trip.frame.toBytes().length);
        if (first) {
            model.outcome.count(name + " flows");
            if (rule.log()) {
                log(rule, name);
            }
        }
    }

    private void log(Rule rule, String name) {
        Second second = seconds.computeIfAbsent(rule.id(), _ -> new Second());
        if (second.lines == 0 || model.nowNs - second.beganNs >= SECOND_NS) {
            second.beganNs = model.nowNs;
            second.lines = 0;
        }
        boolean said = second.lines < 10;
        second.lines += said ? 1 : 0;
        model.outcome.count(name + (said ? " logged" : " suppressed"));
    }
}
