package dev.sluice.agent.compile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.rules.Match;
import dev.sluice.datapath.rules.PortSides;
import dev.sluice.datapath.rules.Rule;
import dev.sluice.datapath.rules.Rule.Action;
import dev.sluice.datapath.snapshot.Retained;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.model.ExistingFlows;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a change leaves to the flows of before (X9). */
class RetainedPlanTest {
    private static Rule rule(int id, Action action) {
        BitSet sides = new BitSet();
        sides.set(id % 8);
        return new Rule(
                id,
                id,
                "p/r" + id,
                List.of(Match.ANY),
                action,
                action == Action.SERVICE ? 0 : -1,
                Rule.FailureAction.INHERIT,
                true,
                PortSides.of(sides));
    }

    private static Snapshot snapshot(int generation, List<Rule> rules, Retained retained) {
        return Snapshot.builder(generation).rules(rules).retained(retained).build();
    }

    private static List<Integer> kept(Retained retained) {
        return retained.rules().stream().map(Rule::id).toList();
    }

    @Test
    void aChangeThatIsTakenBackKeepsFlowsOfBeforeAndNoneOfItself() {
        Rule kept = rule(1, Action.SERVICE);
        Rule usual = rule(2, Action.SERVICE);
        Rule mistake = rule(3, Action.NONE);
        Retained then = Retained.auto(1).thenKeep(1, List.of(kept), new long[] {5L << 32 | 3});
        Snapshot back = snapshot(1, List.of(usual), then);
        Snapshot trial = snapshot(
                2, List.of(mistake), RetainedPlan.next(back, ExistingFlows.KEEP, null, 2, List.of(mistake), List.of()));
        assertThat(kept(trial.retained())).containsExactly(1, 2);
        Retained again = RetainedPlan.next(trial, ExistingFlows.KEEP, back, 3, List.of(usual), List.of());
        assertThat(kept(again)).containsExactly(1);
        assertThat(again.groupSides()).containsExactly(5L << 32 | 3);
        assertThat(kept(RetainedPlan.next(trial, ExistingFlows.KEEP, null, 3, List.of(usual), List.of())))
                .as("a change that is none taken back")
                .containsExactly(1, 3);
    }

    @Test
    void rulesThatPassStayAfterAChangeThatKeepsUntilOneThatDoesNot() {
        List<Rule> first = List.of(rule(1, Action.SERVICE), rule(2, Action.DROP), rule(3, Action.NONE));
        Snapshot before = snapshot(1, first, Retained.auto(1));
        Retained keep = RetainedPlan.next(before, ExistingFlows.KEEP, null, 2, List.of(first.get(2)), List.of());
        assertThat(kept(keep)).containsExactly(1);
        Snapshot second = snapshot(2, List.of(first.get(2)), keep);
        assertThat(kept(RetainedPlan.next(second, ExistingFlows.KEEP, null, 3, List.of(), List.of())))
                .containsExactlyInAnyOrder(1, 3);
        assertThat(kept(RetainedPlan.next(second, ExistingFlows.KEEP, null, 3, List.of(first.getFirst()), List.of())))
                .as("a rule that comes back")
                .containsExactly(3);
        assertThat(kept(RetainedPlan.next(second, ExistingFlows.AUTO, null, 3, List.of(), List.of())))
                .isEmpty();
        assertThat(kept(RetainedPlan.next(second, ExistingFlows.MIGRATE, null, 3, List.of(), List.of())))
                .isEmpty();
    }

    @Test
    void oldestRulesAreForgottenFirstWhenThereAreTooMany() {
        List<Rule> many = new ArrayList<>();
        for (int id = 1; id <= Retained.RETIRED_MAX; id++) {
            many.add(rule(id, Action.SERVICE));
        }
        List<Rule> more = List.of(rule(100_001, Action.NONE), rule(100_002, Action.NONE));
        Retained first =
                RetainedPlan.next(snapshot(1, many, Retained.auto(1)), ExistingFlows.KEEP, null, 2, more, List.of());
        Retained next = RetainedPlan.next(snapshot(2, more, first), ExistingFlows.KEEP, null, 3, List.of(), List.of());
        assertThat(next.rules()).hasSize(Retained.RETIRED_MAX);
        assertThat(kept(next)).contains(100_001, 100_002);
    }
}
