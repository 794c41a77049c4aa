package dev.sluice.agent.compile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.rules.Match;
import dev.sluice.datapath.rules.PortSides;
import dev.sluice.datapath.rules.Rule;
import dev.sluice.datapath.snapshot.Snapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Precedences stay where they were unless the order forbids it. */
class PrecedencesTest {
    private static Snapshot with(List<Integer> ids, int[] precedences) {
        List<Rule> rules = new ArrayList<>();
        for (int i = 0; i < precedences.length; i++) {
            rules.add(new Rule(
                    ids.get(i),
                    precedences[i],
                    "r" + ids.get(i),
                    List.of(Match.ANY),
                    Rule.Action.NONE,
                    -1,
                    Rule.FailureAction.INHERIT,
                    true,
                    PortSides.NONE));
        }
        return Snapshot.builder(1).rules(rules).build();
    }

    private static void assertFalls(int[] precedences) {
        for (int i = 0; i < precedences.length; i++) {
            assertThat(precedences[i]).isPositive();
            if (i > 0) {
                assertThat(precedences[i]).isLessThan(precedences[i - 1]);
            }
        }
    }

    private static int takeOut(List<Integer> ids, int index) {
        int id = ids.get(index);
        ids.subList(index, index + 1).clear();
        return id;
    }

    @Test
    void leavesTheOthersInPlaceWhenOneRuleComesBetween() {
        int[] before = Precedences.of(List.of(1, 2, 3), null);
        int[] after = Precedences.of(List.of(1, 9, 2, 3), with(List.of(1, 2, 3), before));
        assertFalls(after);
        assertThat(after[0]).isEqualTo(before[0]);
        assertThat(after[2]).isEqualTo(before[1]);
        assertThat(after[3]).isEqualTo(before[2]);
    }

    @Test
    void movesOnlyTheRuleThatMoved() {
        int[] before = Precedences.of(List.of(1, 2, 3, 4), null);
        int[] after = Precedences.of(List.of(4, 1, 2, 3), with(List.of(1, 2, 3, 4), before));
        assertFalls(after);
        assertThat(after[1]).isEqualTo(before[0]);
        assertThat(after[3]).isEqualTo(before[2]);
    }

    @Test
    void staysInOrderThroughManyChangesAtOnePlace() {
        List<Integer> ids = new ArrayList<>(List.of(1, 2));
        int[] labels = Precedences.of(ids, null);
        for (int id = 3; id < 200; id++) {
            Snapshot before = with(List.copyOf(ids), labels);
            ids.add(1, id);
            labels = Precedences.of(ids, before);
            assertFalls(labels);
        }
    }

    @Test
    void staysInOrderThroughRandomOrders() {
        SplittableRandom random = new SplittableRandom(7);
        List<Integer> ids = new ArrayList<>();
        int[] labels = new int[0];
        for (int step = 1; step < 500; step++) {
            Snapshot before = with(List.copyOf(ids), labels);
            ids.add(random.nextInt(ids.size() + 1), step);
            if (ids.size() > 50) {
                takeOut(ids, random.nextInt(ids.size()));
            }
            if (step % 20 == 0) {
                ids.add(takeOut(ids, random.nextInt(ids.size())));
            }
            labels = Precedences.of(ids, before);
            assertFalls(labels);
        }
    }
}
