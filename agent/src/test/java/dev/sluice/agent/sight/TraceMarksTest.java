package dev.sluice.agent.sight;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.admin.TraceFilter;
import dev.sluice.agent.admin.TraceSession;
import dev.sluice.agent.report.TraceReport;
import dev.sluice.datapath.Datapath;
import dev.sluice.datapath.foretell.Foretelling;
import dev.sluice.datapath.foretell.ForetoldFrame;
import dev.sluice.datapath.liveness.Liveness;
import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.stage.PacketTracer;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Packets of a trace are known again when nodes give them back, and nothing else is. */
class TraceMarksTest {
    private static final Snapshot EMPTY = Snapshot.empty();
    private static final TraceSession SESSION = new TraceSession(0xcafe_0001, 3);

    private final AtomicLong nowNs = new AtomicLong();
    private final TraceMarks marks = new TraceMarks(SESSION, nowNs::get);

    private interface Look {
        void at(Datapath datapath, Batch b, int i);
    }

    /** Shows a packet as it is when it comes in. */
    private static void look(String packet, Look look) throws NodeException {
        byte[] frame = PacketText.frame(packet, 0x0200_0000_0001L, 0x0200_0000_0002L);
        Liveness liveness = new Liveness(1, 1);
        Foretelling foretelling = new Foretelling(liveness);
        Datapath own = foretelling.prepare(EMPTY);
        PacketTracer tracer = new OnlyReceived() {
            @Override
            public void received(Batch b, int i) {
                look.at(own, b, i);
            }
        };
        try (Datapath empty = Foretelling.newNode(EMPTY, liveness)) {
            foretelling.tell(empty, ForetoldFrame.plain(0, frame), tracer, 0);
        }
    }

    private void goesIn(String packet, long mark) throws NodeException {
        look(packet, (datapath, b, i) -> marks.await(datapath.pool().memory(), b, i, mark));
    }

    private long comesBack(String packet) throws NodeException {
        long[] mark = new long[1];
        look(
                packet,
                (datapath, b, i) -> mark[0] = marks.returned(datapath.pool().memory(), b, i));
        return mark[0];
    }

    @Test
    void packetIsKnownAgainWithAnotherTtlAndOtherAddressesAndPorts() throws NodeException {
        goesIn("udp 10.0.0.1:1000 > 10.0.0.2:53 len=20", 7);
        goesIn("tcp 10.0.0.1:1000 > 10.0.0.2:80 syn", 8);
        goesIn("icmp 10.0.0.1 > 10.0.0.2 len=30", 9);
        assertThat(comesBack("tcp 198.51.100.1:61000 > 10.0.0.2:8080 syn ttl=63 vlan=12"))
                .isEqualTo(8);
        assertThat(comesBack("udp 198.51.100.1:9 > 10.0.0.2:53 len=20 ttl=1")).isEqualTo(7);
        assertThat(comesBack("icmp 198.51.100.1 > 10.0.0.2 len=30")).isEqualTo(9);
        // Once.
        assertThat(comesBack("tcp 198.51.100.1:61000 > 10.0.0.2:8080 syn")).isZero();
    }

    @Test
    void anotherPacketIsNotTakenForIt() throws NodeException {
        goesIn("udp 10.0.0.1:1000 > 10.0.0.2:53 len=20", 7);
        assertThat(comesBack("udp 10.0.0.1:1000 > 10.0.0.2:53 len=21")).isZero();
        assertThat(comesBack("udp [fd00::1]:1000 > [fd00::2]:53 len=20")).isZero();
        assertThat(comesBack("tcp 10.0.0.1:1000 > 10.0.0.2:53 len=20")).isZero();
    }

    @Test
    void whatComesBackLaterThanASecondIsNotKnown() throws NodeException {
        goesIn("udp 10.0.0.1:1 > 10.0.0.2:2", 7);
        nowNs.addAndGet(1_000_000_001L);
        assertThat(comesBack("udp 10.0.0.1:1 > 10.0.0.2:2")).isZero();
    }

    @Test
    void atMostSoManyAreWaitedForAndTheOldestGivesWay() throws NodeException {
        look("udp 10.0.0.1:1 > 10.0.0.2:2 len=9", (datapath, b, i) -> {
            for (int n = 0; n <= TraceMarks.WAITING_MAX; n++) {
                marks.await(datapath.pool().memory(), b, i, 1000 + n);
            }
        });
        assertThat(comesBack("udp 10.0.0.1:1 > 10.0.0.2:2 len=9")).isEqualTo(1001);
    }

    @Test
    void marksSayWhoBeganAndHowOftenThePacketWasHeardOf() {
        long first = marks.begin();
        assertThat(SESSION.isOurs(first)).isTrue();
        assertThat(new TraceSession(0xcafe_0002, 3).isOurs(first)).isFalse();
        assertThat(TraceSession.storyOf(first)).isEqualTo(3 << 16 | 1);
        long last = first;
        for (int leg = 0; leg < TraceSession.LEG_MAX; leg++) {
            assertThat(TraceSession.legOf(last)).isEqualTo(leg);
            last = marks.next(last);
            assertThat(TraceSession.storyOf(last)).isEqualTo(3 << 16 | 1);
        }
        assertThat(marks.next(last)).isZero();
    }

    /** A mark that is not of this trace is as none; one that is makes a story also while the node listens only. */
    @Test
    void onlyMarksOfThisTraceAreFollowed() throws NodeException {
        assertThat(storiesOf(new TraceSession(0x1111_1111, 0).mark(1, 1), false))
                .isZero();
        assertThat(storiesOf(0, false)).isZero();
        assertThat(storiesOf(SESSION.mark(1, 1), false)).isEqualTo(1);
        assertThat(storiesOf(0, true)).isEqualTo(1);
    }

    private int storiesOf(long mark, boolean open) throws NodeException {
        CompletableFuture<TraceReport> told = new CompletableFuture<>();
        TraceFilter filter = new TraceFilter(5, 1, Optional.empty(), OptionalInt.empty(), Optional.of(SESSION));
        look("udp 10.0.0.1:1 > 10.0.0.2:2", (datapath, b, i) -> {
            PacketStories stories = new PacketStories(datapath, filter, told, () -> {}, marks, () -> {});
            if (open) {
                stories.open();
            }
            stories.received(b, i);
            if (mark != 0) {
                stories.marked(b, i, mark);
            }
            stories.dropped(b, i, DropReason.NO_ROUTE);
            stories.finish();
        });
        return told.getNow(new TraceReport(false, List.of())).packets().size();
    }
}
