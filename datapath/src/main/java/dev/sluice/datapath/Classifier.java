package dev.sluice.datapath;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Immutable rule classifier for the rules of one applied_to group (requirement V2); any number of readers. Larger precedence wins; between equal precedences,
 * which a snapshot does not have, the lower id.
 */
public final class Classifier {
    private static final Comparator<Rule> ORDER =
            Comparator.comparingInt(Rule::precedence).reversed().thenComparingInt(Rule::id);
    private static final Classifier EMPTY = new Classifier(List.of());

    private final List<Rule> rules;
    private final Rule[] ordered;

    private Classifier(List<Rule> rules) {
        this.rules = List.copyOf(rules);
        this.ordered = rules.toArray(new Rule[0]);
    }

    /** The classifier without rules. */
    public static Classifier empty() {
        return EMPTY;
    }

    /**
     * A classifier of these rules.
     *
     * @throws IllegalArgumentException if two rules have the same id
     */
    public static Classifier of(Collection<Rule> rules) {
        List<Rule> sorted = new ArrayList<>(rules);
        sorted.sort(ORDER);
        if (sorted.stream().mapToInt(Rule::id).distinct().count() != sorted.size()) {
            throw new IllegalArgumentException("two rules have the same id");
        }
        return sorted.isEmpty() ? EMPTY : new Classifier(sorted);
    }

    /**
     * This classifier with one more rule.
     *
     * @throws IllegalArgumentException if a rule with this id is in the classifier
     */
    public Classifier with(Rule rule) {
        List<Rule> more = new ArrayList<>(rules);
        more.add(rule);
        return of(more);
    }

    /** This classifier less the rule of this id; itself if there is no such rule. */
    public Classifier without(int ruleId) {
        return contains(ruleId)
                ? of(rules.stream().filter(r -> r.id() != ruleId).toList())
                : this;
    }

    /** The matching rule with the highest precedence, null if none matches. Called per new flow: no allocation, no exceptions. */
    public @Nullable Rule classify(PacketFields p) {
        for (Rule rule : ordered) {
            List<Match> matches = rule.matches();
            for (int i = 0; i < matches.size(); i++) {
                if (matches.get(i).matches(p)) {
                    return rule;
                }
            }
        }
        return null;
    }

    /** Number of rules. */
    public int size() {
        return ordered.length;
    }

    /** Whether there are no rules. */
    public boolean isEmpty() {
        return ordered.length == 0;
    }

    /** Whether the rule of this id is in the classifier. */
    public boolean contains(int ruleId) {
        for (Rule rule : ordered) {
            if (rule.id() == ruleId) {
                return true;
            }
        }
        return false;
    }

    /** The rules, highest precedence first. */
    public List<Rule> rules() {
        return rules;
    }
}
