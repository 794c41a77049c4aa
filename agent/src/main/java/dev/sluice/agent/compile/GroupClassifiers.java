package dev.sluice.agent.compile;

import dev.sluice.datapath.rules.Classifier;
import dev.sluice.datapath.rules.Group;
import dev.sluice.datapath.rules.Rule;
import dev.sluice.datapath.snapshot.Snapshot;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Makes the classifier of a group: from the one that the port side had before if few rules differ, else anew. One user: the compilation.
 */
final class GroupClassifiers {
    /** Above this many changed rules, and a fourth of all, building anew is cheaper. */
    private static final int CHANGES_ALWAYS = 16;

    private final Map<Integer, Rule> rules;
    private final @Nullable Snapshot before;

    GroupClassifiers(Map<Integer, Rule> rules, @Nullable Snapshot before) {
        this.rules = rules;
        this.before = before;
    }

    /**
     * The classifier of a set of rules.
     *
     * @param ruleIds what it holds
     * @param groupBefore the group that the port side had in the snapshot in force, 0 for none
     */
    Classifier of(BitSet ruleIds, int groupBefore) {
        Group old = before == null || groupBefore == 0 ? null : before.group(groupBefore);
        Classifier changed = old == null ? null : change(old.classifier(), ruleIds);
        return changed != null
                ? changed
                : Classifier.of(ruleIds.stream().mapToObj(this::rule).toList());
    }

    private Rule rule(int id) {
        return Objects.requireNonNull(rules.get(id));
    }

    private @Nullable Classifier change(Classifier old, BitSet ruleIds) {
        int most = Math.max(CHANGES_ALWAYS, ruleIds.cardinality() / 4);
        List<Integer> gone = new ArrayList<>();
        List<Rule> come = new ArrayList<>();
        BitSet kept = new BitSet();
        for (Rule was : old.rules()) {
            Rule is = ruleIds.get(was.id()) ? rules.get(was.id()) : null;
            if (is != null && is.precedence() == was.precedence() && is.log() == was.log()) {
                kept.set(was.id());
            } else {
                gone.add(was.id());
            }
        }
        ruleIds.stream().filter(id -> !kept.get(id)).forEach(id -> come.add(rule(id)));
        if (gone.size() + come.size() > most) {
            return null;
        }
        Classifier classifier = old;
        for (int id : gone) {
            classifier = classifier.without(id);
        }
        for (Rule rule : come) {
            classifier = classifier.with(rule);
        }
        return classifier;
    }
}
