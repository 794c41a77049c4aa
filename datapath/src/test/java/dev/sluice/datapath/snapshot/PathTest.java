package dev.sluice.datapath.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.datapath.rules.Rule;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PathTest {
    private static Path.Hop hop(int node, Path.Visits visits) {
        Attachment.Side side = new Attachment.Side(1, node, 0, 0, 0, 0, 0);
        return new Path.Hop(
                Attachment.builder(node, "fw-" + node, node, side, side).build(),
                false,
                Rule.FailureAction.CLOSED,
                visits);
    }

    private static Path path(Path.Hop... hops) {
        return new Path(9, "inspect", 1, List.of(hops), new PathCounters());
    }

    @Test
    void directionsVisitTheHopsThatAreForThem() {
        Path path = path(
                hop(1, Path.Visits.FORWARD),
                hop(2, Path.Visits.BOTH),
                hop(1, Path.Visits.REVERSE),
                hop(3, Path.Visits.FORWARD));
        assertThat(hops(path, 0)).containsExactly(0, 1, 3);
        assertThat(hops(path, 1)).containsExactly(2, 1);
    }

    private static Path.Hop on(int node, int peer, boolean copy) {
        Attachment.Side side = new Attachment.Side(-1, 0, 0, 0, 0, 0, 0);
        return new Path.Hop(
                Attachment.builder(node, "fw-" + node, node, side, side)
                        .peer(peer)
                        .build(),
                copy,
                Rule.FailureAction.CLOSED);
    }

    /** To the last node here: those of other hosts behind it are no matter of what leaves it. */
    @Test
    void switchesOnTheWayToTheLastNodeOfThisHostAreCounted() {
        int here = Attachment.LOCAL;
        Path path = path(
                on(1, here, false),
                on(2, 0, false),
                on(3, 0, false),
                on(4, 5, true),
                on(5, 1, false),
                on(6, here, false),
                on(7, here, false),
                on(8, 1, false));
        assertThat(switches(path, 0, false)).containsExactly(0, 0, 0, 0, 0, 0, 3, 3, 3);
        assertThat(switches(path, 0, true)).containsExactly(0, 0, 0, 0, 0, 0, 6, 6, 6);
        assertThat(switches(path, 1, false)).containsExactly(0, 0, 2, 2, 2, 2, 2, 2, 5);
        assertThat(switches(path, 1, true)).containsExactly(0, 0, 2, 2, 2, 2, 2, 2, 8);
    }

    private static List<Integer> switches(Path path, int direction, boolean hub) {
        List<Integer> switches = new ArrayList<>();
        for (int ordinal = 0; ordinal <= path.visited(direction); ordinal++) {
            switches.add(path.switchesBefore(direction, ordinal, hub));
        }
        return switches;
    }

    private static List<Integer> hops(Path path, int direction) {
        List<Integer> hops = new ArrayList<>();
        for (int i = 0; i < path.visited(direction); i++) {
            hops.add(path.hopAt(direction, i));
        }
        return hops;
    }

    /** A packet that comes back from a node does not say how often it was there. */
    @Test
    void directionThatWouldVisitANodeTwiceIsRefused() {
        assertThatThrownBy(() -> path(hop(1, Path.Visits.BOTH), hop(2, Path.Visits.BOTH), hop(1, Path.Visits.FORWARD)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("path inspect: fw-1 stands twice in the forward direction; a direction visits a node once");
        assertThatThrownBy(
                        () -> path(hop(1, Path.Visits.REVERSE), hop(2, Path.Visits.BOTH), hop(1, Path.Visits.REVERSE)))
                .hasMessageContaining("twice in the reverse direction");
    }
}
