package dev.sluice.manager.callbacks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.manager.callbacks.Callbacks.Due;
import dev.sluice.manager.callbacks.Callbacks.State;
import dev.sluice.model.Kind;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Who is called when, in a time that the test decides about. */
class CallbacksTest {
    private static final long SECOND = 1_000_000_000L;

    private final Told told = new Told();
    private final Callbacks callbacks = new Callbacks();
    private long nowNs = Long.MAX_VALUE - 5 * SECOND;

    private void wanted() {
        callbacks.wanted(told.assignments());
    }

    private void chainIsDifferent(String services) {
        told.apply("{apiVersion: sluice.dev/v1, kind: ServiceChain, metadata: {name: inspect}, spec: {profiles: ["
                + services + "]}}");
        wanted();
    }

    private Due onlyDue() {
        List<Due> due = callbacks.due(nowNs);
        assertThat(due).hasSize(1);
        return due.getFirst();
    }

    private State onlyNews() {
        List<State> news = callbacks.news();
        assertThat(news).hasSize(1);
        return news.getFirst();
    }

    private void register() {
        told.apply(Told.manager("acme", Told.calledAt("https://acme.example/")));
        wanted();
    }

    @Test
    void whoAnswersIsCalledAgainOnlyWhenSomethingIsDifferent() {
        register();
        Due first = onlyDue();
        assertThat(onlyNews().told()).contains(false);
        assertThat(callbacks.due(nowNs)).as("one call at a time").isEmpty();
        callbacks.answered(first, "", nowNs);
        assertThat(onlyNews().told()).contains(true);
        assertThat(callbacks.due(nowNs + 1_000 * SECOND)).isEmpty();
        wanted();
        assertThat(callbacks.due(nowNs)).isEmpty();
        chainIsDifferent("firewall");
        assertThat(onlyDue().assignment().version())
                .isNotEqualTo(first.assignment().version());
    }

    @Test
    void whoDoesNotAnswerIsCalledLessAndLessOftenUpToFiveMinutes() {
        register();
        long waitNs = SECOND;
        for (int call = 1; call <= 12; call++) {
            callbacks.answered(onlyDue(), "connection refused", nowNs);
            assertThat(callbacks.due(nowNs + waitNs - 1)).as("call " + call).isEmpty();
            assertThat(callbacks.idleNs(nowNs, Long.MAX_VALUE)).isEqualTo(waitNs);
            nowNs += waitNs;
            waitNs = Math.min(2 * waitNs, 300 * SECOND);
        }
        State state = onlyNews();
        assertThat(state.told()).contains(false);
        assertThat(state.failures()).isEqualTo(12);
        callbacks.answered(onlyDue(), "", nowNs);
        chainIsDifferent("tap");
        callbacks.answered(onlyDue(), "again", nowNs);
        assertThat(callbacks.idleNs(nowNs, Long.MAX_VALUE))
                .as("from the beginning")
                .isEqualTo(SECOND);
    }

    @Test
    void whatChangedDuringACallIsToldInTheNext() {
        register();
        Due first = onlyDue();
        chainIsDifferent("firewall, other");
        chainIsDifferent("firewall");
        callbacks.answered(first, "", nowNs);
        Due second = onlyDue();
        assertThat(second.assignment().version())
                .isEqualTo(told.assignment("acme").version());
        callbacks.answered(second, "", nowNs);
        assertThat(callbacks.due(nowNs)).as("what was in between is never told").isEmpty();
    }

    @Test
    void anotherAddressIsCalledAtOnceAndToldEverything() {
        register();
        callbacks.answered(onlyDue(), "", nowNs);
        chainIsDifferent("tap");
        callbacks.answered(onlyDue(), "no answer", nowNs);
        told.apply(Told.manager("acme", Told.calledAt("https://b.example/")));
        wanted();
        Due late = onlyDue();
        assertThat(late.callback().url()).isEqualTo("https://b.example/");
        told.apply(Told.manager("acme", Told.calledAt("https://c.example/")));
        wanted();
        callbacks.answered(late, "", nowNs);
        Due there = onlyDue();
        assertThat(there.callback().url())
                .as("an answer of the old one counts for nothing")
                .isEqualTo("https://c.example/");
        callbacks.answered(there, "", nowNs);
        assertThat(callbacks.due(nowNs)).isEmpty();
    }

    /** What the one before told was told at another address. */
    @Test
    void whoLeadsNextCallsAnAddressThatWasCalledInVain() {
        register();
        callbacks.answered(onlyDue(), "", nowNs);
        told.write(onlyNews());
        told.apply(Told.manager("acme", Told.calledAt("https://b.example/")));
        wanted();
        callbacks.answered(onlyDue(), "no answer", nowNs);
        told.write(onlyNews());
        Callbacks next = new Callbacks();
        next.wanted(told.assignments());
        assertThat(next.due(nowNs)).extracting(due -> due.callback().url()).containsExactly("https://b.example/");
    }

    @Test
    void whoLeadsNextDoesNotCallWhoWasTold() {
        register();
        callbacks.answered(onlyDue(), "", nowNs);
        told.write(onlyNews());
        Callbacks next = new Callbacks();
        next.wanted(told.assignments());
        assertThat(next.due(nowNs)).isEmpty();
    }

    @Test
    void whatCouldNotBeWrittenIsSaidAgainOfThoseThatAreStillThere() {
        register();
        State state = onlyNews();
        callbacks.again(List.of(state));
        assertThat(onlyNews().assignment()).isEqualTo(state.assignment());
        callbacks.wanted(Map.of());
        callbacks.again(List.of(state));
        assertThat(callbacks.news()).isEmpty();
    }

    @Test
    void answersOfOnesThatAreGoneOrWereMadeAnewCountForNothing() {
        register();
        Due old = onlyDue();
        callbacks.wanted(Map.of());
        wanted();
        Due anew = onlyDue();
        callbacks.answered(old, "", nowNs);
        assertThat(callbacks.due(nowNs)).as("its own call is under way").isEmpty();
        callbacks.answered(anew, "", nowNs);
        assertThat(callbacks.due(nowNs)).isEmpty();
    }

    @Test
    void oneThatHangsHoldsUpNobodyElseAndSoManyAreCalledAtOnce() {
        for (int i = 0; i < Callbacks.UNDER_WAY_MAX + 3; i++) {
            told.apply("{apiVersion: sluice.dev/v1, kind: Service, metadata: {name: s-" + i
                    + "}, spec: {transport: raw}}\n---\n"
                    + "{apiVersion: sluice.dev/v1, kind: ServiceManager, metadata: {name: m-" + i
                    + "}, spec: {services: s-" + i + Told.calledAt("https://acme.example/") + "}}");
        }
        wanted();
        List<Due> due = callbacks.due(nowNs);
        assertThat(due).hasSize(Callbacks.UNDER_WAY_MAX);
        assertThat(callbacks.due(nowNs)).isEmpty();
        due.subList(0, 3).forEach(each -> callbacks.answered(each, "", nowNs));
        assertThat(callbacks.due(nowNs)).hasSize(3);
    }

    @Test
    void whoAsksIsNeverCalled() {
        told.apply(Told.manager("acme", ""));
        wanted();
        assertThat(callbacks.due(nowNs)).isEmpty();
        assertThat(onlyNews().told()).isEmpty();
        assertThat(callbacks.idleNs(nowNs, 7)).isEqualTo(7);
    }

    @Test
    void anotherOneOfTheSameNameIsToldAnewAndItsStatusSaysSo() {
        register();
        callbacks.answered(onlyDue(), "", nowNs);
        assertThat(onlyNews().told()).contains(true);
        told.delete(Kind.SERVICE_MANAGER, "acme");
        register();
        assertThat(onlyNews().told()).contains(false);
        callbacks.answered(onlyDue(), "", nowNs);
        assertThat(onlyNews().told()).contains(true);
    }
}
