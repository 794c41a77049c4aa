package dev.sluice.liveness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Time is a number here: the node of the test answers at once, late or never. */
class ProbeSessionTest {
    private static final long MS = 1_000_000;
    private static final ProbeTiming TIMING = new ProbeTiming(50 * MS, 3, 3, 0);

    private ProbeSession session = new ProbeSession(TIMING, 2, 7, 0);
    private long nowNs;
    private boolean forwardWorks = true;
    private boolean reverseWorks = true;

    /** How long answers take, and those that are under way. */
    private long delayNs;

    private final Queue<Answer> underWay = new ArrayDeque<>();

    private record Answer(int direction, long sequence, long atNs) {}

    /** Lives through some time in steps of a millisecond. */
    private void live(long ms) {
        for (long end = nowNs + ms * MS; nowNs < end; nowNs += MS) {
            if (session.step(nowNs)) {
                if (forwardWorks) {
                    underWay.add(new Answer(0, session.sequence(), nowNs + delayNs));
                }
                if (reverseWorks) {
                    underWay.add(new Answer(1, session.sequence(), nowNs + delayNs));
                }
            }
            for (Answer one = underWay.peek(); one != null && one.atNs() <= nowNs; one = underWay.peek()) {
                session.answered(one.direction(), one.sequence(), 1, nowNs);
                underWay.remove();
            }
        }
    }

    private long msUntil(boolean alive) {
        long start = nowNs;
        while (session.alive() != alive && nowNs - start < 600_000 * MS) {
            live(1);
        }
        return (nowNs - start) / MS;
    }

    @Test
    void deathIsNoticedWithinFailAfterIntervalsOfTheLastAnswerWheneverItHappens() {
        for (int seed = 1; seed <= 500; seed++) {
            session = new ProbeSession(TIMING, 2, seed, nowNs);
            forwardWorks = true;
            live(200 + seed % 50);
            forwardWorks = false;
            assertThat(msUntil(false)).as("seed %d", seed).isBetween(80L, 150L);
        }
    }

    @Test
    void oneDirectionIsEnoughToBeDead() {
        live(200);
        reverseWorks = false;
        assertThat(msUntil(false)).isLessThan(160);
        assertThat(session.lost(0)).isZero();
        assertThat(session.lost(1)).isGreaterThanOrEqualTo(2);
    }

    @Test
    void fewerLossesThanFailAfterMeanNothing() {
        Random random = new Random(3);
        for (int i = 0; i < 1000; i++) {
            live(random.nextLong(100, 300));
            forwardWorks = false;
            live(70); // two rounds at most
            forwardWorks = true;
        }
        assertThat(session.alive()).isTrue();
        assertThat(session.lost(0)).isGreaterThan(500);
    }

    @Test
    void recoversAfterSoManyGoodRoundsInARow() {
        live(100);
        forwardWorks = false;
        msUntil(false);
        live(1000);
        forwardWorks = true;
        assertThat(msUntil(true)).isBetween(75L, 136L);
    }

    @Test
    void nodeWhoseAnswersTakeLongerThanARoundDiesAndRecoversLikeOthers() {
        delayNs = 60 * MS;
        live(10_000);
        assertThat(session.alive()).isTrue();
        assertThat(session.lost(0) + session.lost(1)).isZero();
        forwardWorks = false;
        assertThat(msUntil(false)).isLessThan(220);
        live(1000);
        forwardWorks = true;
        assertThat(msUntil(true)).isLessThan(500);
    }

    @Test
    void answersThatComeWhenTheNodeIsDeadAlreadyDoNotBringItBack() {
        live(100);
        delayNs = 250 * MS;
        assertThat(msUntil(false)).isLessThan(160);
        live(10_000);
        assertThat(session.alive()).isFalse();
        assertThat(session.deaths()).isEqualTo(1);
        delayNs = 0;
        underWay.clear();
        assertThat(msUntil(true)).isLessThan(250);
    }

    @Test
    void aLostRoundBeginsTheRowOfGoodOnesAnew() {
        live(100);
        forwardWorks = false;
        msUntil(false);
        for (int i = 0; i < 20; i++) {
            forwardWorks = true;
            live(60); // one or two rounds
            forwardWorks = false;
            live(60);
        }
        assertThat(session.alive()).isFalse();
    }

    @Test
    void flappingNodeHasToAnswerLongerEachTime() {
        session = new ProbeSession(new ProbeTiming(50 * MS, 3, 3, 500 * MS), 2, 7, 0);
        long[] out = new long[10];
        for (int i = 0; i < out.length; i++) {
            live(300);
            forwardWorks = false;
            msUntil(false);
            forwardWorks = true;
            out[i] = msUntil(true);
        }
        assertThat(out[0]).isLessThan(140);
        assertThat(out[1]).isBetween(450L, 700L);
        assertThat(out[2]).isBetween(950L, 1200L);
        assertThat(out[7]).isBetween(31_900L, 32_200L);
        assertThat(out[9]).isBetween(31_900L, 32_200L);
        live(61_000);
        forwardWorks = false;
        msUntil(false);
        forwardWorks = true;
        assertThat(msUntil(true)).as("a quiet minute is forgiven").isLessThan(140);
    }

    @Test
    void lateAnswerCountsForAllRoundsBefore() {
        session.step(0);
        session.step(50 * MS);
        session.step(100 * MS);
        assertThat(session.answered(0, 3, 1, 101 * MS)).isTrue();
        assertThat(session.answered(1, 3, 1, 101 * MS)).isTrue();
        session.step(130 * MS);
        assertThat(session.alive()).isTrue();
    }

    @Test
    void answersThatWereNotExpectedAreRefused() {
        session.step(0);
        assertThat(session.answered(0, 2, 1, 1)).as("not sent yet").isFalse();
        assertThat(session.answered(0, 1, 1, 1)).isTrue();
        assertThat(session.answered(0, 1, 1, 1)).as("twice").isFalse();
        assertThat(session.answered(2, 1, 1, 1)).as("no such direction").isFalse();
        assertThat(session.answered(-1, 1, 1, 1)).isFalse();
        assertThat(session.answered(1, 0, 1, 1)).isFalse();
        assertThat(session.answered(1, Long.MIN_VALUE, 1, 1)).isFalse();
    }

    @Test
    void probesThatWereNeverSentAreNotMissed() {
        live(200);
        for (int i = 0; i < 10_000; i++, nowNs += MS) {
            if (session.step(nowNs)) {
                session.notSent();
            }
        }
        assertThat(session.alive()).isTrue();
        assertThat(session.lost(0)).isZero();
    }

    @Test
    void pausesOfTheProberItselfKillNoNode() {
        Random random = new Random(11);
        ProbeClock clock = new ProbeClock(0);
        ProbeSession paused = new ProbeSession(TIMING, 2, 5, clock.nowNs());
        long realNs = 0;
        for (int i = 0; i < 100_000; i++) {
            // The frames that came back lie in the ring while the worker sleeps; it reads them first, then judges.
            realNs += random.nextInt(20) == 0 ? random.nextLong(400 * MS) : random.nextLong(5 * MS);
            long now = clock.advance(realNs);
            paused.answered(0, paused.sequence(), 1, now);
            paused.answered(1, paused.sequence(), 1, now);
            paused.step(now);
        }
        assertThat(paused.alive()).isTrue();
        assertThat(paused.lost(0) + paused.lost(1)).isZero();
        assertThat(clock.missedNs()).isGreaterThan(500_000 * MS);
    }

    @Test
    void nodeThatDiesWhileTheProberIsPausedIsNoticedSoonAfter() {
        ProbeClock clock = new ProbeClock(0);
        ProbeSession paused = new ProbeSession(TIMING, 1, 5, clock.nowNs());
        paused.step(0);
        paused.answered(0, 1, 1, 0);
        long realNs = 5_000 * MS;
        while (paused.alive()) {
            paused.step(clock.advance(realNs));
            realNs += MS;
        }
        assertThat(realNs / MS).isBetween(5_075L, 5_150L);
    }

    @Test
    void dueNsIsNeverLaterThanWhatHappensNext() {
        forwardWorks = false;
        for (int i = 0; i < 2000; i++, nowNs += MS / 4) {
            boolean due = nowNs >= session.dueNs();
            boolean before = session.alive();
            boolean sent = session.step(nowNs);
            assertThat(due || (!sent && before == session.alive())).isTrue();
        }
        assertThat(session.alive()).isFalse();
    }

    @Test
    void settingsOutsideTheirRangesAreRefused() {
        assertThatThrownBy(() -> new ProbeTiming(0, 3, 3, 0)).hasMessageContaining("intervalNs 0");
        assertThatThrownBy(() -> new ProbeTiming(MS, 0, 3, 0)).hasMessageContaining("failAfter 0");
        assertThatThrownBy(() -> new ProbeTiming(MS, 1, 101, 0)).hasMessageContaining("101");
        assertThatThrownBy(() -> new ProbeTiming(MS, 1, 1, -1)).hasMessageContaining("holdDownNs -1");
        assertThatThrownBy(() -> new ProbeSession(TIMING, 3, 1, 0)).hasMessageContaining("directions 3");
    }
}
