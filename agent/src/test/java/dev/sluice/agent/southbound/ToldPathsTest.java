package dev.sluice.agent.southbound;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.report.PathsReport;
import dev.sluice.agent.report.PathsReport.HopReport;
import dev.sluice.agent.report.PathsReport.PathReport;
import dev.sluice.southbound.PathState;
import dev.sluice.southbound.Paths;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a node tells its manager of paths. */
class ToldPathsTest {
    private final ToldPaths told = new ToldPaths();

    private static PathReport path(int vni, String state) {
        HopReport hop = new HopReport(
                "firewall", "fw-1", "host-b", false, true, "both", "closed", List.of(1L, 2L), List.of(1L, 2L));
        return new PathReport(
                "inspect",
                "inspect[fw-1]",
                7,
                8,
                vni,
                "direct",
                List.of("edge"),
                List.of(hop),
                1,
                0,
                state,
                "why",
                -1,
                List.of(),
                List.of(),
                5,
                0);
    }

    private static PathsReport report(PathReport... paths) {
        return new PathsReport(List.of(paths), List.of());
    }

    @Test
    void pathsAreToldOnceAndAnewOverAnotherStream() {
        Paths first = told.tell(report(path(5_000, "in use"))).orElseThrow().getPaths();
        PathState path = first.getPaths(0);
        assertThat(path.getSpi()).isEqualTo(7);
        assertThat(path.getReverseSpi()).isEqualTo(8);
        assertThat(path.getSvni()).isEqualTo(5_000);
        assertThat(path.getHops(0).getNode()).isEqualTo("host-b");
        assertThat(path.getHops(0).getOnFailure()).isEqualTo("closed");
        assertThat(path.getRoutersList()).containsExactly("edge");
        assertThat(path.getReason()).isEqualTo("why");
        assertThat(told.tell(report(path(5_000, "in use")))).isEmpty();
        assertThat(told.tell(report(path(5_000, "dead")))).isPresent();
        assertThat(told.tell(report())).isPresent();
        told.begin();
        // A node without paths says so: a manager that remembers some would keep them.
        assertThat(told.tell(report())).isPresent();
    }

    @Test
    void planeOfAPathThatIsOfThisHostAloneIsNotTold() {
        PathState path =
                told.tell(report(path(-1, "in use"))).orElseThrow().getPaths().getPaths(0);
        assertThat(path.hasSvni()).isFalse();
    }

    @Test
    void morePathsThanAreToldAreCounted() {
        List<PathReport> many = Collections.nCopies(ToldPaths.TOLD_MAX + 3, path(0, "in use"));
        Paths paths = told.tell(new PathsReport(many, List.of())).orElseThrow().getPaths();
        assertThat(paths.getPathsCount()).isEqualTo(ToldPaths.TOLD_MAX);
        assertThat(paths.getLeftOff()).isEqualTo(3);
    }
}
