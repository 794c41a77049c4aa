package dev.sluice.agent.analysis;

import dev.sluice.datapath.rules.IntSet;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/**
 * Values of one contextual attribute (application, group or user) that rules name, in ascending order of their numbers; index 0 stands for no value and for all that
 * no rule names. Frozen before the first question; one user.
 */
final class AttributeAxis {
    private final TreeSet<Integer> named = new TreeSet<>();
    private List<Integer> values = List.of();

    void name(IntSet numbers) {
        numbers.stream().forEach(named::add);
    }

    void freeze() {
        values = List.copyOf(named);
    }

    int last() {
        return values.size();
    }

    /** What a condition leaves, as stretches; the empty one leaves everything. */
    List<int[]> of(IntSet wanted) {
        if (wanted.isEmpty()) {
            return List.of(new int[] {0, last()});
        }
        List<int[]> stretches = new ArrayList<>();
        for (int i = 0; i < values.size(); i++) {
            if (!wanted.contains(values.get(i))) {
                continue;
            }
            int before = stretches.size() - 1;
            if (before >= 0 && stretches.get(before)[1] == i) {
                stretches.get(before)[1] = i + 1;
            } else {
                stretches.add(new int[] {i + 1, i + 1});
            }
        }
        return stretches;
    }

    /** The number of a value, 0 for none. */
    int number(int index) {
        return index == 0 ? 0 : values.get(index - 1);
    }
}
