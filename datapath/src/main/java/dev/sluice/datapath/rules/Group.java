package dev.sluice.datapath.rules;

import java.util.Comparator;
import java.util.List;

/**
 * The rules that apply at port sides with identical rules. Immutable.
 *
 * <p>Its id names the content and is above 0, never reused for other rules. The default no-op rule of the group has the rule id {@code -id}.
 */
public final class Group {
    private final int id;
    private final Classifier classifier;
    private final Observer[] observers;
    private final boolean hasOneDirectionRules;
    private final boolean hasContext;

    /** A group of the rules of a classifier. */
    public Group(int id, Classifier classifier) {
        this(id, classifier, List.of());
    }

    /**
     * A group.
     *
     * @param classifier the rules that decide
     * @param observing the rules that only observe, in any order
     */
    public Group(int id, Classifier classifier, List<Rule> observing) {
        this.id = id;
        this.classifier = classifier;
        this.observers = observing.stream()
                .sorted(Comparator.comparingInt(Rule::precedence).reversed())
                .map(Observer::new)
                .toArray(Observer[]::new);
        List<Rule> deciding = classifier.rules();
        this.hasOneDirectionRules = deciding.stream().anyMatch(rule -> !rule.bothDirections());
        this.hasContext = deciding.stream().anyMatch(Group::hasContext)
                || observing.stream().anyMatch(Group::hasContext);
    }

    private static boolean hasContext(Rule rule) {
        return rule.matches().stream().anyMatch(match -> !match.context().equals(Match.Context.ANY));
    }

    public int id() {
        return id;
    }

    /** The rules that decide. */
    public Classifier classifier() {
        return classifier;
    }

    /** The rules that only observe, highest precedence first; not to be changed. */
    public Observer[] observers() {
        return observers;
    }

    /** Whether a rule that decides holds in one direction only. */
    public boolean hasOneDirectionRules() {
        return hasOneDirectionRules;
    }

    /** Whether a rule asks for contextual attributes. */
    public boolean hasContext() {
        return hasContext;
    }
}
