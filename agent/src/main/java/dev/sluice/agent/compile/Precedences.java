package dev.sluice.agent.compile;

import dev.sluice.datapath.rules.Rule;
import dev.sluice.datapath.snapshot.Snapshot;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Gives the rules of a configuration their precedences, leaving those of the snapshot before in place wherever the order allows it: then one rule that comes
 * or goes is one change to a classifier. One user: the compilation.
 *
 * <p>Labels are spread over the range of int. A new rule gets the middle of the gap it falls into; when a gap is used up all are spread anew.
 */
final class Precedences {
    private Precedences() {}

    /**
     * Precedences of rules, largest first.
     *
     * @param ruleIds ids in the order they are asked
     * @param before the snapshot in force, null if there is none
     * @return element i is the precedence of rule i; strictly falling, all above 0
     */
    static int[] of(List<Integer> ruleIds, @Nullable Snapshot before) {
        int[] labels = new int[ruleIds.size()];
        for (int i = 0; i < labels.length; i++) {
            Rule old = before == null ? null : before.rule(ruleIds.get(i));
            labels[i] = old == null ? 0 : old.precedence();
        }
        keepLongestFallingRun(labels);
        return fillGaps(labels) ? labels : spread(labels.length);
    }

    /** Zeroes what does not belong to the longest falling subsequence (patience sorting). */
    private static void keepLongestFallingRun(int[] labels) {
        int[] tails = new int[labels.length];
        int[] previous = new int[labels.length];
        int length = 0;
        for (int i = 0; i < labels.length; i++) {
            if (labels[i] == 0) {
                continue;
            }
            int low = 0;
            int high = length;
            while (low < high) {
                int middle = (low + high) >>> 1;
                if (labels[tails[middle]] > labels[i]) {
                    low = middle + 1;
                } else {
                    high = middle;
                }
            }
            previous[i] = low == 0 ? -1 : tails[low - 1];
            tails[low] = i;
            length = Math.max(length, low + 1);
        }
        boolean[] kept = new boolean[labels.length];
        for (int i = length == 0 ? -1 : tails[length - 1]; i >= 0; i = previous[i]) {
            kept[i] = true;
        }
        for (int i = 0; i < labels.length; i++) {
            labels[i] = kept[i] ? labels[i] : 0;
        }
    }

    /** Labels what has none between its neighbours; false if a gap is too narrow. */
    private static boolean fillGaps(int[] labels) {
        int i = 0;
        while (i < labels.length) {
            if (labels[i] != 0) {
                i++;
                continue;
            }
            int end = i;
            while (end < labels.length && labels[end] == 0) {
                end++;
            }
            long above = i == 0 ? Integer.MAX_VALUE : labels[i - 1];
            long below = end == labels.length ? 0 : labels[end];
            long step = (above - below) / (end - i + 1);
            if (step == 0) {
                return false;
            }
            for (int k = i; k < end; k++) {
                labels[k] = (int) (above - step * (k - i + 1));
            }
            i = end;
        }
        return true;
    }

    private static int[] spread(int count) {
        int[] labels = new int[count];
        Arrays.fill(labels, 0);
        fillGaps(labels);
        return labels;
    }
}
