package dev.sluice.agent.analysis;

import dev.sluice.agent.analysis.Finding.Kind;
import dev.sluice.agent.analysis.Finding.Severity;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Collects findings, of each kind so many that somebody can read them. One user. */
final class Findings {
    /** Findings of one kind. */
    static final int KIND_MAX = 1000;

    private final List<Finding> all = new ArrayList<>();
    private final Map<Kind, Integer> counts = new EnumMap<>(Kind.class);

    void add(Finding finding) {
        if (counts.merge(finding.kind(), 1, Integer::sum) <= KIND_MAX) {
            all.add(finding);
        }
    }

    /** Whether there is no sense in looking for more of a kind. */
    boolean full(Kind kind) {
        return counts.getOrDefault(kind, 0) >= KIND_MAX;
    }

    void undecided(List<String> rules) {
        add(new Finding(
                Severity.WARNING,
                Kind.UNDECIDED,
                rules.getFirst(),
                rules.stream().skip(1).limit(KIND_MAX).toList(),
                List.of(),
                "not decided within the budget: "
                        + (rules.size() == 1 ? "this rule" : "this rule and " + (rules.size() - 1) + " more")
                        + "; analyze fewer rules at a time",
                Map.of(),
                ""));
    }

    /** The worst first. */
    List<Finding> sorted() {
        return all.stream()
                .sorted(Comparator.comparing(Finding::severity).thenComparing(Finding::kind))
                .toList();
    }

    /** Kinds of which there were more than are kept. */
    List<Kind> cut() {
        return counts.entrySet().stream()
                .filter(entry -> entry.getValue() >= KIND_MAX)
                .map(Map.Entry::getKey)
                .toList();
    }
}
