package dev.sluice.agent.doctor;

import dev.sluice.agent.doctor.Diagnosis.Line;
import dev.sluice.agent.doctor.Diagnosis.State;
import dev.sluice.agent.report.FastPathReport;
import dev.sluice.agent.report.FastPathReport.ReasonReport;
import dev.sluice.agent.report.StatusReport.PortReport;
import dev.sluice.ports.Claim;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** What running nodes say of themselves that is worth a line. Stateless. */
final class RunningExamination {
    private static final int REASONS_MAX = 3;
    private static final int MIB_SHIFT = 20;

    private RunningExamination() {}

    /** How much the kernel repeats for a node, how full its table is, and what it leaves to the process; nothing of a node that is to have no fast path. */
    static Optional<Line> fastPath(String node, FastPathReport report, long frames) {
        String subject = "fast path of node " + node;
        if (report.mode().equals("off")) {
            return Optional.empty();
        }
        if (report.journeysMax() == 0) {
            return Optional.of(new Line(
                    State.WARNING,
                    subject,
                    "none: " + (report.trouble().isEmpty() ? "no port has it" : report.trouble()),
                    "its packets go through the process; see 'sluice status'"));
        }
        long full = report.refused().stream()
                .filter(reason -> reason.reason().equals("FULL"))
                .mapToLong(ReasonReport::packets)
                .sum();
        boolean crowded = full > 0;
        return Optional.of(new Line(
                crowded ? State.WARNING : State.OK,
                subject,
                hits(report, frames) + room(report) + lost(report) + reasons(report),
                crowded
                        ? "flows are in use for which it has no room, and go through the process: raise fastPath.journeysMax of the Node object"
                        : ""));
    }

    /** The ports of a node that it does not get because another node has their interfaces. */
    static List<Line> portsOfOthers(String node, List<PortReport> ports) {
        return ports.stream()
                .filter(port -> !port.up() && Claim.isRefusal(port.reason(), port.interfaceName()))
                .map(port -> new Line(
                        State.WARNING,
                        "port " + port.name() + " of node " + node,
                        "down, " + port.reason(),
                        "an interface is for one node: take the port out of the configuration of one of them"))
                .toList();
    }

    private static String hits(FastPathReport report, long frames) {
        long all = report.packets() + frames;
        return all == 0
                ? "no packet yet"
                : String.format(Locale.ROOT, "%.2f %% of %d packets repeated", 100.0 * report.packets() / all, all);
    }

    private static String room(FastPathReport report) {
        return String.format(
                        Locale.ROOT,
                        "; %d of %d journeys (%.1f %%)",
                        report.journeys(),
                        report.journeysMax(),
                        100.0 * report.journeys() / report.journeysMax())
                + (report.lockedBytes() > 0
                        ? ", " + (report.lockedBytes() >>> MIB_SHIFT) + " MiB of the kernel's memory"
                        : "")
                + (report.gaveWay() > 0 ? ", " + report.gaveWay() + " idle ones gave way" : "");
    }

    private static String lost(FastPathReport report) {
        return report.lost() == 0
                ? ""
                : "; " + report.lost() + " frames for the process were lost: more came at once than it has room for";
    }

    private static String reasons(FastPathReport report) {
        List<ReasonReport> most = report.refused();
        return most.isEmpty()
                ? ""
                : "; not recorded, above all: "
                        + most.stream()
                                .limit(REASONS_MAX)
                                .map(reason -> reason.reason() + " " + reason.packets())
                                .collect(Collectors.joining(", "));
    }
}
