package dev.sluice.agent.southbound;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.report.PathTrafficReport;
import dev.sluice.agent.report.PathsReport.HopReport;
import dev.sluice.southbound.PathCount;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a node counts of a path, in the words of the manager. */
class CountedPathsTest {
    private static HopReport hop(String instance, String node) {
        return new HopReport("fw", instance, node, false, true, "both", "closed", List.of(14L, 7L), List.of(12L, 6L));
    }

    @Test
    void bothSidesOfEachNodeAreToldAndWhetherItIsHere() {
        PathCount count = CountedPaths.of(new PathTrafficReport(
                3, List.of(10L, 5L), List.of(1_000L, 500L), 2, List.of(hop("fw-1", ""), hop("ips-1", "b"))));
        assertThat(count.getFlowsUnknown()).isFalse();
        assertThat(count.getFlows()).isEqualTo(3);
        assertThat(count.getForward().getPackets()).isEqualTo(10);
        assertThat(count.getReverse().getBytes()).isEqualTo(500);
        assertThat(count.getUninspected()).isEqualTo(2);
        assertThat(count.getHopsList())
                .extracting(hop -> hop.getInstance() + " " + hop.getHere())
                .containsExactly("fw-1 true", "ips-1 false");
        assertThat(count.getHops(0).getSentForward()).isEqualTo(14);
        assertThat(count.getHops(0).getSentReverse()).isEqualTo(7);
        assertThat(count.getHops(0).getReturnedForward()).isEqualTo(12);
        assertThat(count.getHops(0).getReturnedReverse()).isEqualTo(6);
    }

    @Test
    void flowsThatCouldNotBeCountedAreUnknownAndNotNone() {
        PathCount count = CountedPaths.of(new PathTrafficReport(-1, List.of(0L, 0L), List.of(0L, 0L), 2, List.of()));
        assertThat(count.getFlowsUnknown()).isTrue();
        assertThat(count.getUninspected()).isEqualTo(2);
    }
}
