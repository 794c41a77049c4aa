package dev.sluice.agent.compile;

import dev.sluice.datapath.rules.Rule;
import dev.sluice.datapath.rules.Rule.Action;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * To which targets the rules lead flows that they did not lead there before a change: by a rule that is new, or by one that another stood in front of. Such flows were never to have the paths that the
 * target had before (ADR 14). One user.
 */
final class LedFlows {
    private final List<Rule> before;
    private final List<Rule> now;
    private @Nullable BitSet more;

    /** Compares nothing yet: few changes ask. */
    LedFlows(List<Rule> before, List<Rule> now) {
        this.before = before;
        this.now = now;
    }

    /** Whether the target may get flows that it did not get before. */
    boolean isMore(int target) {
        BitSet found = more;
        if (found == null) {
            found = compare();
            more = found;
        }
        return found.get(target);
    }

    private BitSet compare() {
        BitSet found = new BitSet();
        Map<Integer, Integer> places = new HashMap<>();
        for (Rule rule : ordered(now)) {
            places.put(rule.id(), places.size());
        }
        Set<Integer> known = new HashSet<>();
        before.forEach(rule -> known.add(rule.id()));
        now.stream()
                .filter(rule -> rule.action() == Action.SERVICE && !known.contains(rule.id()))
                .forEach(rule -> found.set(rule.targetId()));
        // By port side, the last place now of the rules that stood in front there; gone is the very last one.
        Map<Integer, Integer> last = new HashMap<>();
        for (Rule rule : ordered(before)) {
            if (rule.action() != Action.OBSERVE) {
                int place = places.getOrDefault(rule.id(), Integer.MAX_VALUE);
                rule.appliedTo().toBitSet().stream().forEach(side -> {
                    int inFront = last.merge(side, place, Math::max);
                    if (rule.action() == Action.SERVICE && inFront > place) {
                        found.set(rule.targetId());
                    }
                });
            }
        }
        return found;
    }

    private static List<Rule> ordered(List<Rule> rules) {
        return rules.stream()
                .sorted(Comparator.comparingInt(Rule::precedence).reversed())
                .toList();
    }
}
