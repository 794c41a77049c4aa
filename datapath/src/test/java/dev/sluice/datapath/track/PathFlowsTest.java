package dev.sluice.datapath.track;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.snapshot.Path;
import dev.sluice.datapath.snapshot.PathCounters;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PathFlowsTest {
    private final PathFlows flows = new PathFlows();

    private static Path path(int id) {
        return new Path(id, "inspect", 1, List.of(), new PathCounters());
    }

    @Test
    void connectionsOfAnEarlierProcessCountAlsoIfTheirPathComesBackLater() {
        for (int i = 0; i < 3; i++) {
            flows.adopt(7);
        }
        Path back = path(7);
        flows.apply(List.of(back));
        assertThat(flows.active(7)).isEqualTo(3);
        assertThat(back.counters().active).isEqualTo(3);
        for (int i = 0; i < 3; i++) {
            flows.leave(7);
        }
        assertThat(flows.active(7)).isZero();
    }

    @Test
    void hundredsOfPathsThatAreGoneAreCountedBesideThoseThatAreThere() {
        flows.apply(List.of(path(1), path(2)));
        flows.enter(2);
        IntStream.rangeClosed(1, 300).forEach(flows::adopt);
        assertThat(IntStream.rangeClosed(1, 300).map(flows::active).sum()).isEqualTo(301);
        assertThat(flows.active(2)).isEqualTo(2);
        flows.adopt(0);
        assertThat(flows.active(0)).isZero();
    }
}
