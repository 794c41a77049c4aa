package dev.sluice.datapath;

/**
 * The rules that apply at port sides with identical rules.
 *
 * @param id above 0; names the content, never reused for other rules. The default no-op rule of the group has the rule id {@code -id}
 * @param classifier the rules
 * @param hasOneDirectionRules whether some of them are for one direction only
 */
public record Group(int id, Classifier classifier, boolean hasOneDirectionRules) {
    /** A group of the rules of a classifier. */
    public Group(int id, Classifier classifier) {
        this(id, classifier, classifier.rules().stream().anyMatch(rule -> !rule.bothDirections()));
    }
}
