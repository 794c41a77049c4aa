package dev.sluice.liveness.bfd;

import static dev.sluice.liveness.bfd.BfdState.ADMIN_DOWN;
import static dev.sluice.liveness.bfd.BfdState.DOWN;
import static dev.sluice.liveness.bfd.BfdState.INIT;
import static dev.sluice.liveness.bfd.BfdState.UP;
import static dev.sluice.liveness.bfd.FakeLink.MS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.wire.Bfd;
import dev.sluice.wire.BfdPacket;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** RFC 5880 section by section; the left side is under test, packets of the right side are made by hand or by a second session. */
class BfdSessionTest {
    private static final BfdSettings FAST = BfdSettings.of(BfdTiming.ofMs(50, 3));
    private static final int THEIRS = 0x7788_99aa;

    private FakeLink link = FakeLink.of(FAST, 1);
    private final BfdSession session = link.left.session;

    private BfdVerdict hear(BfdState state, int flags) {
        return hear(state, flags, 50_000, 50_000);
    }

    private BfdVerdict hear(BfdState state, int flags, long desiredMinTxUs, long requiredMinRxUs) {
        int yours = state == DOWN || state == ADMIN_DOWN ? 0 : session.localDiscriminator();
        return link.deliver(
                0, new BfdPacket(0, state.code(), flags, 3, 24, THEIRS, yours, desiredMinTxUs, requiredMinRxUs, 0));
    }

    private void liveAlone(long ms) {
        link.live(ms, link.right);
    }

    private BfdPacket lastSent() {
        return link.left.sent.getLast();
    }

    private void bring(BfdState state) {
        switch (state) {
            case ADMIN_DOWN -> link.left.sessions.disable(session, link.nowNs);
            case DOWN -> {}
            case INIT -> hear(DOWN, 0);
            case UP -> hear(INIT, 0);
        }
        assertThat(session.state()).isEqualTo(state);
    }

    /** 6.8.6 and the diagram of 6.2, every pair of states. */
    @ParameterizedTest
    @CsvSource({
        "ADMIN_DOWN, ADMIN_DOWN, ADMIN_DOWN, ADMINISTRATIVELY_DOWN",
        "ADMIN_DOWN, DOWN,       ADMIN_DOWN, ADMINISTRATIVELY_DOWN",
        "ADMIN_DOWN, INIT,       ADMIN_DOWN, ADMINISTRATIVELY_DOWN",
        "ADMIN_DOWN, UP,         ADMIN_DOWN, ADMINISTRATIVELY_DOWN",
        "DOWN,       ADMIN_DOWN, DOWN,       NONE",
        "DOWN,       DOWN,       INIT,       NONE",
        "DOWN,       INIT,       UP,         NONE",
        "DOWN,       UP,         DOWN,       NONE",
        "INIT,       ADMIN_DOWN, DOWN,       NEIGHBOR_DOWN",
        "INIT,       DOWN,       INIT,       NONE",
        "INIT,       INIT,       UP,         NONE",
        "INIT,       UP,         UP,         NONE",
        "UP,         ADMIN_DOWN, DOWN,       NEIGHBOR_DOWN",
        "UP,         DOWN,       DOWN,       NEIGHBOR_DOWN",
        "UP,         INIT,       UP,         NONE",
        "UP,         UP,         UP,         NONE",
    })
    void stateFollowsTheTable(BfdState before, BfdState heard, BfdState after, BfdDiagnostic diagnostic) {
        bring(before);
        assertThat(hear(heard, 0)).isEqualTo(BfdVerdict.ACCEPTED);
        assertThat(session.state()).isEqualTo(after);
        assertThat(session.diagnostic()).isEqualTo(diagnostic);
        assertThat(session.remoteState()).isEqualTo(heard);
        assertThat(session.remoteDiscriminator()).isEqualTo(THEIRS);
    }

    @Test
    void twoSessionsComeUpAndAgreeOnTheFastInterval() {
        assertThat(link.msUntilBothUp(1_100)).isNotNegative();
        link.live(500);
        assertThat(session.transmitIntervalUs()).isEqualTo(50_000);
        assertThat(session.detectionNs()).isEqualTo(150 * MS);
        assertThat(session.remoteDiscriminator()).isEqualTo(link.right.session.localDiscriminator());
        assertThat(link.left.states).containsSubsequence(UP).doesNotContain(ADMIN_DOWN);
        assertThat(session.polling() || link.right.session.polling()).isFalse();
    }

    /** 6.8.3: at least a second while not up. */
    @Test
    void sendsSlowlyUntilUp() {
        liveAlone(20_000);
        assertThat(link.left.sent).hasSizeBetween(20, 27).allSatisfy(packet -> {
            assertThat(packet.desiredMinTxUs()).isEqualTo(1_000_000);
            assertThat(packet.requiredMinRxUs()).isEqualTo(50_000);
            assertThat(packet.yourDiscriminator()).isZero();
            assertThat(packet.state()).isEqualTo(Bfd.DOWN);
            assertThat(packet.flags()).isZero();
        });
    }

    /** 6.8.7: 75 to 100 %, and to 90 % if the multiplier is 1. */
    @ParameterizedTest
    @CsvSource({"3, 37.5, 50.6", "1, 37.5, 45.6"})
    void intervalsAreJittered(int multiplier, double leastMs, double mostMs) {
        link = FakeLink.of(BfdSettings.of(BfdTiming.ofMs(50, multiplier)), 5);
        link.msUntilBothUp(5_000);
        link.live(200);
        int from = link.left.sent.size();
        link.live(20_000);
        List<Long> times = link.left.sentNs.subList(from, link.left.sentNs.size());
        double least = Double.MAX_VALUE;
        double most = 0;
        for (int i = 1; i < times.size(); i++) {
            double gap = (times.get(i) - times.get(i - 1)) / 1e6;
            least = Math.min(least, gap);
            most = Math.max(most, gap);
        }
        // The fake time has steps of half a millisecond.
        assertThat(least).isGreaterThanOrEqualTo(leastMs).isLessThan(leastMs + 2);
        assertThat(most).isLessThanOrEqualTo(mostMs).isGreaterThan(mostMs - 3);
    }

    /** 6.8.4. */
    @Test
    void silenceForADetectionTimeMeansDown() {
        bring(UP);
        liveAlone(149);
        assertThat(session.state()).isEqualTo(UP);
        liveAlone(2);
        assertThat(session.state()).isEqualTo(DOWN);
        assertThat(session.diagnostic()).isEqualTo(BfdDiagnostic.DETECTION_TIME_EXPIRED);
        assertThat(session.remoteDiscriminator()).isZero();
        assertThat(session.downCount()).isEqualTo(1);
        assertThat(lastSent().diagnostic()).isEqualTo(1);
    }

    /** 6.8.4: the peer's multiplier, and the larger of its interval and ours. */
    @Test
    void detectionTimeIsThePeersMultiplierTimesTheSlowerInterval() {
        bring(UP);
        hear(UP, 0, 200_000, 50_000);
        assertThat(session.detectionNs()).isEqualTo(600 * MS);
        hear(UP, 0, 10_000, 50_000);
        assertThat(session.detectionNs()).isEqualTo(150 * MS);
    }

    /** 6.8.7: the larger of ours and what the peer can take; a shorter one is honoured at once (6.8.3). */
    @Test
    void sendsAsSlowlyAsThePeerWants() {
        bring(UP);
        hear(UP, 0, 50_000, 300_000);
        assertThat(session.transmitIntervalUs()).isEqualTo(300_000);
        hear(UP, 0, 50_000, 20_000);
        assertThat(session.transmitIntervalUs()).isEqualTo(50_000);
        int before = link.left.sent.size();
        liveAlone(51);
        assertThat(link.left.sent.size()).isGreaterThan(before);
    }

    /** 6.8.7: an interval of 0 asks for silence; polls are answered all the same. */
    @Test
    void sendsNothingPeriodicallyToAPeerThatCanTakeNothing() {
        bring(UP);
        hear(UP, 0, 5_000_000, 0);
        liveAlone(1);
        int before = link.left.sent.size();
        liveAlone(5_000);
        assertThat(link.left.sent).hasSize(before);
        hear(UP, Bfd.POLL, 5_000_000, 0);
        liveAlone(1);
        assertThat(link.left.sent).hasSize(before + 1);
        assertThat(lastSent().flags()).isEqualTo(Bfd.FINAL);
    }

    /** 6.5, 6.8.6: F at once, whatever the timer says, and never P and F in one packet. */
    @Test
    void pollsAreAnsweredAtOnce() {
        bring(UP);
        liveAlone(1);
        int before = link.left.sent.size();
        hear(UP, Bfd.POLL);
        liveAlone(1);
        assertThat(link.left.sent).hasSize(before + 1);
        assertThat(lastSent().flags()).isEqualTo(Bfd.FINAL);
        link.left.sent.forEach(
                packet -> assertThat(packet.flags() & (Bfd.POLL | Bfd.FINAL)).isNotEqualTo(Bfd.POLL | Bfd.FINAL));
    }

    /** 6.8.3: the interval changes when the session comes up, so a poll says it. */
    @Test
    void comingUpIsPolledUntilAnswered() {
        bring(UP);
        for (int i = 0; i < 5; i++) {
            hear(UP, 0);
            liveAlone(60);
            assertThat(lastSent().flags()).isEqualTo(Bfd.POLL);
            assertThat(lastSent().desiredMinTxUs()).isEqualTo(50_000);
        }
        hear(UP, Bfd.FINAL);
        liveAlone(60);
        assertThat(lastSent().flags()).isZero();
    }

    @Test
    void anAnswerToNoPollMeansNothing() {
        bring(UP);
        // Before the first packet with P has gone out, F is an answer to something else.
        hear(UP, Bfd.FINAL);
        assertThat(session.polling()).isTrue();
    }

    private void upAndQuiet() {
        link.msUntilBothUp(5_000);
        link.live(500);
        assertThat(session.polling()).isFalse();
    }

    /** 6.8.3: a slower rate only after the peer knows, or it would call us dead. */
    @Test
    void slowerIntervalWaitsForThePoll() {
        upAndQuiet();
        link.lossToRight = 1;
        link.left.sessions.setTiming(session, BfdTiming.ofMs(400, 3), link.nowNs);
        link.live(100);
        assertThat(session.polling()).isTrue();
        assertThat(session.transmitIntervalUs()).as("not confirmed").isEqualTo(50_000);
        assertThat(lastSent().desiredMinTxUs()).isEqualTo(400_000);
        link.lossToRight = 0;
        link.live(3_000);
        assertThat(session.polling()).isFalse();
        assertThat(session.transmitIntervalUs()).isEqualTo(400_000);
        assertThat(link.left.session.downCount() + link.right.session.downCount())
                .isZero();
    }

    /** 6.8.3: the old detection time until the peer sends faster. */
    @Test
    void shorterDetectionWaitsForThePoll() {
        link = FakeLink.of(BfdSettings.of(BfdTiming.ofMs(300, 3)), 3);
        link.msUntilBothUp(5_000);
        link.live(2_000);
        BfdSession left = link.left.session;
        link.right.sessions.setTiming(link.right.session, BfdTiming.ofMs(50, 3), link.nowNs + link.right.aheadNs);
        link.live(2_000);
        assertThat(left.detectionNs()).as("ours is the slower").isEqualTo(900 * MS);
        link.lossToRight = 1;
        link.left.sessions.setTiming(left, BfdTiming.ofMs(50, 3), link.nowNs);
        link.live(100);
        assertThat(left.detectionNs()).as("not confirmed").isEqualTo(900 * MS);
        link.lossToRight = 0;
        link.live(2_000);
        assertThat(left.detectionNs()).isEqualTo(150 * MS);
        assertThat(left.downCount() + link.right.session.downCount()).isZero();
    }

    @Test
    void changesWhileAPollRunsGetAPollOfTheirOwn() {
        upAndQuiet();
        for (int ms : new int[] {100, 60, 200, 80, 50, 400, 70}) {
            link.left.sessions.setTiming(session, BfdTiming.ofMs(ms, 3), link.nowNs);
            link.live(7);
        }
        link.live(5_000);
        assertThat(session.polling()).isFalse();
        assertThat(session.transmitIntervalUs()).isEqualTo(70_000);
        assertThat(session.downCount() + link.right.session.downCount()).isZero();
    }

    /** 6.6, 6.8.6: a peer in demand mode gets nothing but polls. */
    @Test
    void demandModeOfThePeerSilencesUs() {
        bring(UP);
        hear(UP, Bfd.FINAL | Bfd.DEMAND);
        for (int i = 0; i < 30; i++) {
            hear(UP, (i < 10 ? Bfd.FINAL : 0) | Bfd.DEMAND);
            liveAlone(40);
        }
        int before = link.left.sent.size();
        for (int i = 0; i < 30; i++) {
            hear(UP, Bfd.DEMAND);
            liveAlone(40);
        }
        assertThat(link.left.sent).hasSize(before);
        link.left.sessions.setTiming(session, BfdTiming.ofMs(60, 3), link.nowNs);
        hear(UP, Bfd.DEMAND);
        liveAlone(100);
        assertThat(link.left.sent.size()).as("polls go").isGreaterThan(before);
        assertThat(lastSent().flags()).isEqualTo(Bfd.POLL);
        hear(UP, 0);
        int polls = link.left.sent.size();
        liveAlone(100);
        assertThat(link.left.sent.size()).as("demand mode is over").isGreaterThan(polls);
        assertThat(link.left.sent).allMatch(packet -> (packet.flags() & Bfd.DEMAND) == 0);
    }

    /** 6.8.16. */
    @Test
    void administrativelyDownIsToldAtOnceAndTheNextSessionComesUp() {
        upAndQuiet();
        link.left.sessions.disable(session, link.nowNs);
        link.live(5);
        assertThat(link.right.session.state()).isEqualTo(DOWN);
        assertThat(link.right.session.diagnostic()).isEqualTo(BfdDiagnostic.NEIGHBOR_DOWN);
        assertThat(link.right.session.remoteDiagnostic()).isEqualTo(BfdDiagnostic.ADMINISTRATIVELY_DOWN);
        link.live(10_000);
        assertThat(session.state()).isEqualTo(ADMIN_DOWN);
        assertThat(link.right.session.state()).isEqualTo(DOWN);
        link.left.begin(link.nowNs);
        assertThat(link.msUntilBothUp(1_500)).isNotNegative();
    }

    /** 6.8.16 asks for a detection time of it, which who ends has not. */
    @Test
    void administrativelyDownIsToldThreeTimesAtOnce() {
        upAndQuiet();
        int before = link.left.sent.size();
        link.left.sessions.disable(session, link.nowNs);
        link.left.sessions.poll(link.nowNs);
        assertThat(link.left.sent.subList(before, link.left.sent.size()))
                .hasSize(BfdSession.FAREWELLS)
                .allMatch(packet -> packet.state() == Bfd.ADMIN_DOWN);
    }

    /** A peer that begins anew knows no discriminator of ours and another of its own. */
    @Test
    void restartOfThePeerIsNoticedAtItsFirstPacket() {
        bring(UP);
        liveAlone(10);
        link.deliver(0, new BfdPacket(0, Bfd.DOWN, 0, 3, 24, 0x1234_5678, 0, 1_000_000, 50_000, 0));
        assertThat(session.state()).isEqualTo(DOWN);
        assertThat(session.diagnostic()).isEqualTo(BfdDiagnostic.NEIGHBOR_DOWN);
        assertThat(session.remoteDiscriminator()).isEqualTo(0x1234_5678);
    }

    @Test
    void dueTimeIsNeverLaterThanWhatHappensNext() {
        bring(UP);
        for (long now = 0; now < 3_000 * MS; now += MS / 4) {
            boolean due = link.left.sessions.dueNs() <= now;
            int sent = link.left.sent.size();
            BfdState before = session.state();
            link.left.sessions.poll(now);
            assertThat(due || (sent == link.left.sent.size() && before == session.state()))
                    .isTrue();
        }
    }
}
