package dev.sluice.agent.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.doctor.Diagnosis.Line;
import dev.sluice.agent.doctor.Diagnosis.State;
import dev.sluice.agent.report.FastPathReport;
import dev.sluice.agent.report.FastPathReport.ReasonReport;
import dev.sluice.agent.report.StatusReport.PortCountersReport;
import dev.sluice.agent.report.StatusReport.PortReport;
import java.util.List;
import org.junit.jupiter.api.Test;

class RunningExaminationTest {
    private static FastPathReport report(long gaveWay, long lost, ReasonReport... refused) {
        return new FastPathReport(
                "tc", "", 9_990, 1, 0, 0, 1_024, 4_096, gaveWay, 35L << 20, lost, List.of(refused), List.of());
    }

    private static Line line(FastPathReport report, long frames) {
        return RunningExamination.fastPath("edge", report, frames).orElseThrow();
    }

    @Test
    void saysHowMuchTheKernelRepeatsAndHowFullItIs() {
        Line line = line(report(0, 0, new ReasonReport("NEW_FLOW", "It is new.", 7)), 10);
        assertThat(line.state()).isEqualTo(State.OK);
        assertThat(line.subject()).isEqualTo("fast path of node edge");
        assertThat(line.found())
                .isEqualTo(
                        "99.90 % of 10000 packets repeated; 1024 of 4096 journeys (25.0 %), 35 MiB of the kernel's memory; not recorded, above all: NEW_FLOW 7");
    }

    @Test
    void warnsWhereFlowsHaveNoRoom() {
        Line full = line(report(0, 0, new ReasonReport("FULL", "No room.", 7)), 10);
        assertThat(full.state()).isEqualTo(State.WARNING);
        assertThat(full.advice()).contains("raise fastPath.journeysMax of the Node object");
        assertThat(line(report(3, 0), 10).found())
                .contains("3 idle ones gave way")
                .doesNotContain("lost");
        assertThat(line(report(0, 42), 10).found()).contains("; 42 frames for the process were lost");
    }

    @Test
    void nodesWithoutHaveNoLineOrOneThatSaysWhy() {
        assertThat(RunningExamination.fastPath("edge", FastPathReport.none("off", ""), 1))
                .isEmpty();
        assertThat(line(FastPathReport.none("auto", "no libbpf"), 1).found()).isEqualTo("none: no libbpf");
        assertThat(line(FastPathReport.none("auto", ""), 1).found()).isEqualTo("none: no port has it");
    }

    @Test
    void portWhoseInterfaceAnotherNodeHasIsNamed() {
        var counters = new PortCountersReport(0, 0, 0, 0, 0, 0, 0, 0);
        var fine = new PortReport("a", "eth0", "port", "AF_PACKET", true, "", false, counters);
        var taken = new PortReport(
                "b", "eth1", "port", "deaf", false, "deaf: interface eth1: node local (pid 7) has it", false, counters);
        var other = new PortReport(
                "d", "eth3", "port", "deaf", false, "deaf: fast path: node local (pid 7) has it", false, counters);
        var broken = new PortReport("c", "eth2", "port", "deaf", false, "no carrier", false, counters);
        assertThat(RunningExamination.portsOfOthers("second", List.of(fine, taken, other, broken)))
                .singleElement()
                .satisfies(line -> {
                    assertThat(line.state()).isEqualTo(State.WARNING);
                    assertThat(line.subject()).isEqualTo("port b of node second");
                    assertThat(line.found()).contains("node local (pid 7) has it");
                });
    }
}
