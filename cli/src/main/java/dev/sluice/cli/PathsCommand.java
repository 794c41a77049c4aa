package dev.sluice.cli;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.report.PathsReport;
import dev.sluice.agent.report.PathsReport.HopReport;
import dev.sluice.agent.report.PathsReport.PathReport;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;

/** {@code sluice paths}. */
@Command(
        name = "paths",
        description = {
            "Lists the paths of the chains of a running node: the identifiers that packets call them in tunnels, their service nodes with their hosts, what they carry, and why new flows do not get one.",
            "Flows, packets and bytes are those of the flows that are in the table now; of each, forward / reverse."
        })
final class PathsCommand extends NodeCommand {
    @Override
    public Integer call() throws NodeException {
        PathsReport report = admin.client().paths();
        return answer(report, text(report));
    }

    /** The report for people. */
    static String text(PathsReport report) {
        Table table = new Table()
                .words("PATH")
                .numbers("SPI")
                .words("HOPS")
                .numbers("WEIGHT")
                .words("STATE")
                .numbers("FLOWS")
                .numbers("PACKETS")
                .numbers("BYTES")
                .words("REASON");
        for (PathReport path : report.paths()) {
            table.row(
                    path.name(),
                    path.forwardSpi() == 0 ? "" : path.forwardSpi() + " / " + path.reverseSpi(),
                    path.hops().stream().map(PathsCommand::hop).collect(Collectors.joining(", ")),
                    path.weight(),
                    path.state(),
                    path.flows() < 0 ? "" : path.flows(),
                    both(path.packets()),
                    both(path.bytes()),
                    path.reason());
        }
        return table.render("no paths").stripTrailing();
    }

    private static String hop(HopReport hop) {
        return hop.instance()
                + (hop.node().isEmpty() ? "" : " on " + hop.node())
                + (hop.copy() ? " (copy)" : "")
                + (hop.visits().equals("both") ? "" : " (" + hop.visits() + " only)")
                + (hop.alive() ? "" : " (dead)");
    }

    private static String both(List<Long> directions) {
        return directions.stream().map(String::valueOf).collect(Collectors.joining(" / "));
    }
}
