package dev.sluice.liveness.bfd;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.wire.Bfd;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Keys that change while a session is up; both sides hear of it at different moments. */
class BfdRekeyTest {
    private static final BfdTiming TIMING = BfdTiming.ofMs(50, 3);
    private static final long TO_FOLLOW_MS = BfdSessions.REKEY_NS / FakeLink.MS;

    /** Keys by their ids, none for no signature. */
    private static @Nullable BfdAuthentication keys(String ids) {
        List<BfdKey> keys = ids.chars()
                .filter(Character::isDigit)
                .mapToObj(id -> BfdKey.ofText(id - '0', "secret " + (char) id))
                .toList();
        return keys.isEmpty() ? null : new BfdAuthentication(true, keys);
    }

    private static FakeLink up(String ids) {
        FakeLink link = FakeLink.of(new BfdSettings(TIMING, keys(ids)), 5);
        assertThat(link.msUntilBothUp(1_100)).isNotNegative();
        link.live(300);
        return link;
    }

    private static void rekey(FakeLink link, FakeLink.End end, String ids) {
        end.sessions.setAuthentication(end.session, keys(ids), link.nowNs + end.aheadNs);
    }

    private static void assertNeverDown(FakeLink link, String when) {
        assertThat(List.of(link.left.session.state(), link.right.session.state()))
                .as(when)
                .containsOnly(BfdState.UP);
        assertThat(link.left.session.downCount() + link.right.session.downCount())
                .as(when)
                .isZero();
    }

    @ParameterizedTest(name = "{0} becomes {1}, {2} ms apart")
    @CsvSource({"1, 2, 0", "1, 2, 5000", "none, 2, 5000", "1, none, 5000", "13, 23, 5000", "12, 21, 5000", "1, 2, 89000"
    })
    void sessionStaysUpWhoeverFollowsFirst(String before, String after, long apartMs) {
        for (boolean leftFirst : new boolean[] {true, false}) {
            FakeLink link = up(before);
            rekey(link, leftFirst ? link.left : link.right, after);
            link.live(apartMs);
            assertNeverDown(link, "before the other side follows");
            rekey(link, leftFirst ? link.right : link.left, after);
            link.live(2_000);
            assertNeverDown(link, "afterwards");
        }
    }

    @Test
    void sessionStaysUpWhenOneSideGoesBack() {
        FakeLink link = up("1");
        rekey(link, link.left, "2");
        link.live(1_000);
        rekey(link, link.left, "1");
        link.live(TO_FOLLOW_MS + 2_000);
        assertNeverDown(link, "as before");
    }

    @Test
    void oldKeyCountsNoLongerWhenTheTimeToFollowIsOver() {
        FakeLink link = up("1");
        rekey(link, link.left, "2");
        link.live(TO_FOLLOW_MS - 1_000);
        assertNeverDown(link, "there is time still");
        link.live(2_000);
        assertThat(link.left.session.state()).isNotEqualTo(BfdState.UP);
        assertThat(link.left.sessions.count(BfdVerdict.UNKNOWN_KEY)).isPositive();
    }

    @Test
    void afterTheTimeToFollowEachPacketIsSentOnceAndNothingIsRefused() {
        FakeLink link = up("1");
        rekey(link, link.left, "2");
        rekey(link, link.right, "2");
        link.live(TO_FOLLOW_MS + 1_000);
        long refused = link.left.sessions.refusedCount() + link.right.sessions.refusedCount();
        long sent = link.left.session.sentCount();
        link.live(1_000);
        assertThat(link.left.session.sentCount() - sent).isBetween(18L, 28L);
        assertThat(link.left.sessions.refusedCount() + link.right.sessions.refusedCount())
                .isEqualTo(refused);
        assertThat(Bfd.keyId(MemorySegment.ofArray(link.record.getLast()), 0)).isEqualTo(2);
    }

    @Test
    void packetsFromBeforeTheChangeAreReplaysAfterIt() {
        FakeLink link = up("1");
        List<byte[]> old = List.copyOf(link.record);
        rekey(link, link.left, "21");
        for (byte[] packet : old.subList(0, old.size() - 4)) {
            assertThat(link.deliver(0, packet)).isNotEqualTo(BfdVerdict.ACCEPTED);
        }
        link.live(1_000);
        assertNeverDown(link, "replayed");
    }
}
