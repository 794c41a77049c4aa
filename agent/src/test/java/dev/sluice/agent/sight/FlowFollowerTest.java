package dev.sluice.agent.sight;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.admin.FlowFilter;
import dev.sluice.agent.report.FollowReport;
import dev.sluice.datapath.Datapath;
import dev.sluice.datapath.liveness.Liveness;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.datapath.rules.PacketFields;
import dev.sluice.datapath.track.ConnectionTableKeys.KeyHash;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FlowFollowerTest {
    private static final long NOW_NS = 1_000_000_000L;
    private static final int CONNECTIONS_MAX = 40_000;

    private final Arena arena = Arena.ofConfined();
    private final Datapath datapath = new Datapath(
            new FramePool(arena.allocate(FramePool.bytesFor(64, 1), 4096), 64, 1),
            new Liveness(8, 8),
            CONNECTIONS_MAX,
            1);
    private final FlowFollower follower =
            new FlowFollower("1", new FlowFilter(1, Optional.empty(), OptionalInt.empty()));

    @AfterEach
    void free() {
        datapath.close();
        arena.close();
    }

    private int open(int port) {
        PacketFields key = new PacketFields();
        key.sourceLo = 0xffff_0a00_0001L;
        key.destinationLo = 0xffff_0a00_0002L;
        key.sourcePort = port;
        key.destinationPort = 80;
        key.protocol = 17;
        int slot = datapath.connections().insert(KeyHash.FLOW.of(key, 0), key, 0, 0, NOW_NS);
        datapath.connections().count(slot, 0, 100, NOW_NS);
        return slot;
    }

    /** Parts until the end of the table. */
    private List<FollowReport> round(int events, int busiest) {
        List<FollowReport> parts = new ArrayList<>();
        do {
            FlowFollower.Part part = follower.part(events, busiest);
            int steps = 0;
            while (!part.step(datapath, NOW_NS)) {
                steps++;
            }
            assertThat(steps).as("small steps").isLessThanOrEqualTo(CONNECTIONS_MAX / 512 + 1);
            parts.add(part.result().join());
        } while (!parts.getLast().roundDone());
        return parts;
    }

    @Test
    void tellsWhatComesChangesAndEndsOnce() {
        int kept = open(1);
        int gone = open(2);
        assertThat(round(100, 0).getFirst().opened()).hasSize(2);
        FollowReport quiet = round(100, 0).getFirst();
        assertThat(quiet.opened()).isEmpty();
        assertThat(quiet.changed()).isEmpty();
        assertThat(quiet.ended()).isEmpty();
        String name = Long.toString(datapath.connections().reference(gone));
        datapath.connections().remove(gone);
        datapath.connections().count(kept, 1, 100, NOW_NS);
        FollowReport news = round(100, 0).getFirst();
        assertThat(news.ended()).containsExactly(name);
        assertThat(news.changed())
                .singleElement()
                .satisfies(one -> assertThat(one.flow().state()).isEqualTo("two-way"));
    }

    @Test
    void slotUsedAgainIsAnEndAndABeginning() {
        int first = open(1);
        round(100, 0);
        datapath.connections().remove(first);
        assertThat(open(2)).isEqualTo(first);
        FollowReport news = round(100, 0).getFirst();
        assertThat(news.ended()).hasSize(1);
        assertThat(news.opened())
                .singleElement()
                .satisfies(one -> assertThat(one.flow().sourcePort()).isEqualTo(2));
    }

    @Test
    void missesNothingWhenAnswersAreSmall() {
        for (int i = 0; i < 20_000; i++) {
            open(i + 1);
        }
        List<FollowReport> parts = round(2000, 0);
        assertThat(parts).hasSizeGreaterThan(9);
        assertThat(parts.stream().mapToInt(part -> part.opened().size()).sum()).isEqualTo(20_000);
        assertThat(parts).allMatch(part -> part.opened().size() <= 2000);
        assertThat(round(2, 0).getFirst().opened()).isEmpty();
    }

    @Test
    void busiestAreThoseWithTheMostBytesSinceTheRoundBefore() {
        int quiet = open(1);
        int loud = open(2);
        int louder = open(3);
        round(0, 2);
        datapath.connections().count(quiet, 0, 10, NOW_NS);
        datapath.connections().count(loud, 0, 500, NOW_NS);
        datapath.connections().count(louder, 1, 900, NOW_NS);
        FollowReport report = round(0, 2).getFirst();
        assertThat(report.opened()).isEmpty();
        assertThat(report.busiest())
                .extracting(busy -> busy.flow().sourcePort())
                .containsExactly(3, 2);
        assertThat(report.busiest()).extracting(FollowReport.Busy::bytes).containsExactly(900L, 500L);
    }
}
