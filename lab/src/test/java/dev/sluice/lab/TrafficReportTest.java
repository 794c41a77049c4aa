package dev.sluice.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class TrafficReportTest {
    private static final long FIRST = IdPayload.id(3, 0);
    private static final Map<String, Set<Long>> NONE = Map.of();

    private static long[] ids(long... numbers) {
        return LongStream.of(numbers).map(number -> FIRST + number).toArray();
    }

    private static Set<Long> seen(long... numbers) {
        Set<Long> seen = new HashSet<>();
        for (long id : ids(numbers)) {
            seen.add(id);
        }
        return seen;
    }

    @Test
    void everythingOnceInOrderPastItsNodesIsPerfect() {
        TrafficReport report =
                TrafficReport.account(FIRST, 4, ids(0, 1, 2, 3), Map.of("fw", seen(0, 1, 2, 3)), Map.of("x", seen()));
        assertThat(report.isPerfect()).isTrue();
        assertThat(report.missedByNode()).containsEntry("fw", 0L);
    }

    @Test
    void countsLossAndItsLongestRun() {
        TrafficReport report = TrafficReport.account(FIRST, 8, ids(0, 2, 6), NONE, NONE);
        assertThat(report.lostCount()).isEqualTo(5);
        assertThat(report.longestLossCount()).isEqualTo(3);
        assertThat(report.isPerfect()).isFalse();
    }

    @Test
    void countsRepetitionsAsDuplicatesNotAsReordering() {
        TrafficReport report = TrafficReport.account(FIRST, 3, ids(0, 1, 0, 1, 2), NONE, NONE);
        assertThat(report.duplicatedCount()).isEqualTo(2);
        assertThat(report.reorderedCount()).isZero();
        assertThat(report.receivedCount()).isEqualTo(3);
    }

    @Test
    void countsThePacketThatWasOvertakenNotTheOnesThatOvertook() {
        TrafficReport report = TrafficReport.account(FIRST, 5, ids(1, 2, 3, 0, 4), NONE, NONE);
        assertThat(report.reorderedCount()).isEqualTo(1);
        assertThat(report.lostCount()).isZero();
    }

    @Test
    void countsIdsOfOtherStreamsAsForeign() {
        TrafficReport report =
                TrafficReport.account(FIRST, 2, new long[] {FIRST, 17, FIRST + 1, FIRST + 2}, NONE, NONE);
        assertThat(report.foreignCount()).isEqualTo(2);
    }

    @Test
    void packetReceivedButNotSeenByARequiredNodeIsABypass() {
        TrafficReport report =
                TrafficReport.account(FIRST, 4, ids(0, 1, 2), Map.of("fw", seen(0, 1, 3), "ips", seen(0, 2)), NONE);
        assertThat(report.bypassedCount()).isEqualTo(2);
        assertThat(report.missedByNode()).isEqualTo(Map.of("fw", 1L, "ips", 1L));
    }

    @Test
    void lostPacketIsNoBypassWhateverTheNodesSaw() {
        assertThat(TrafficReport.account(FIRST, 2, ids(0), Map.of("fw", seen(0)), NONE)
                        .bypassedCount())
                .isZero();
    }

    @Test
    void packetSeenByAForbiddenNodeIsOnTheWrongPathEvenIfItArrived() {
        Set<Long> strange = seen(1);
        strange.add(99L);
        TrafficReport report = TrafficReport.account(FIRST, 2, ids(0, 1), NONE, Map.of("aside", strange, "b", seen(1)));
        assertThat(report.wrongPathCount()).isEqualTo(1);
        assertThat(report.wrongPathByNode()).isEqualTo(Map.of("aside", 1L, "b", 1L));
    }

    @Test
    void repliesAreCountedByTheirOwnIds() {
        long first = FIRST | IdPayload.REPLY;
        TrafficReport report = TrafficReport.account(first, 2, new long[] {first, first + 1}, NONE, NONE);
        assertThat(report.isPerfect()).isTrue();
    }

    @Test
    void planRefusesWhatIsNotBounded() {
        assertThatThrownBy(() -> TrafficPlan.udp("10.0.0.1", 1, 0))
                .hasMessageContaining("count 0 is outside 1..10000000");
        assertThatThrownBy(() -> TrafficPlan.udp("10.0.0.1", 70_000, 1)).hasMessageContaining("port 70000");
    }

    @Test
    void overflowOfASocketIsReadFromTheKernelsTable() {
        String table = """
                   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
                  1: 0100007F:1389 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 12 2 0000000000000000 12
                  2: 00000000000000000000000000000000:1389 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 13 2 0000000000000000 30
                  3: 0100007F:138A 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 12 2 0000000000000000 5
                """;
        assertThat(UdpSockets.dropCount(table, 5_001)).isEqualTo(42);
        assertThat(UdpSockets.dropCount(table, 80)).isZero();
    }
}
