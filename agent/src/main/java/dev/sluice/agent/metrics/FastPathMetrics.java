package dev.sluice.agent.metrics;

import dev.sluice.agent.metrics.Metric.Sample;
import dev.sluice.agent.report.FastPathReport;
import dev.sluice.agent.report.FastPathReport.ReasonReport;
import java.util.List;
import java.util.function.Function;

/** The metrics of the kernel's fast path (X1). Stateless. */
final class FastPathMetrics {
    private FastPathMetrics() {}

    static void add(List<Metric> all) {
        Metric.single(
                all,
                "sluice_fast_path_packets",
                Metric.Type.COUNTER,
                "",
                "Packets that the kernel repeated, in front of the data path.",
                s -> s.status().fastPath().packets());
        Metric.single(
                all,
                "sluice_fast_path_bytes",
                Metric.Type.COUNTER,
                "bytes",
                "Bytes of the packets that the kernel repeated.",
                s -> s.status().fastPath().bytes());
        Metric.single(
                all,
                "sluice_fast_path_xdp_frames",
                Metric.Type.COUNTER,
                "",
                "Frames that XDP repeated, of all that the kernel did.",
                s -> s.status().fastPath().byXdp());
        Metric.single(
                all,
                "sluice_fast_path_journeys",
                Metric.Type.GAUGE,
                "",
                "Journeys that the kernel has; a flow through one node has four.",
                s -> s.status().fastPath().journeys());
        Metric.single(
                all,
                "sluice_fast_path_journeys_max",
                Metric.Type.GAUGE,
                "",
                "Most journeys that the kernel may have.",
                s -> s.status().fastPath().journeysMax());
        Metric.single(
                all,
                "sluice_fast_path_gave_way",
                Metric.Type.COUNTER,
                "",
                "Journeys that were idle and gave way to new ones, because there was no room.",
                s -> s.status().fastPath().gaveWay());
        Metric.single(
                all,
                "sluice_fast_path_locked_bytes",
                Metric.Type.GAUGE,
                "bytes",
                "Memory of the kernel that the fast path takes now.",
                s -> Math.max(0, s.status().fastPath().lockedBytes()));
        Metric.single(
                all,
                "sluice_fast_path_lost_frames",
                Metric.Type.COUNTER,
                "",
                "Frames that the kernel left to the data path and that found no room on their way there: lost.",
                s -> s.status().fastPath().lost());
        reasons(
                all,
                "sluice_fast_path_refused_packets",
                "Packets whose journey was not given to the kernel, by reason; reasons that occurred.",
                FastPathReport::refused);
        reasons(
                all,
                "sluice_fast_path_punted_packets",
                "Packets that the kernel left to the data path, by reason; reasons that occurred.",
                FastPathReport::punted);
    }

    private static void reasons(
            List<Metric> all, String name, String help, Function<FastPathReport, List<ReasonReport>> of) {
        all.add(new Metric(
                name,
                Metric.Type.COUNTER,
                "",
                help,
                List.of("reason"),
                s -> of.apply(s.status().fastPath()).stream()
                        .map(reason -> new Sample(List.of(reason.reason()), reason.packets()))
                        .toList()));
    }
}
