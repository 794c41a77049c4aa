package dev.sluice.cli;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.admin.AdminClient;
import dev.sluice.agent.report.PathsReport;
import dev.sluice.agent.report.PathsReport.HopReport;
import dev.sluice.agent.report.PathsReport.PathReport;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code sluice paths}. */
@Command(
        name = "paths",
        description = {
            "Lists the paths of the chains of a running node: the identifiers that packets call them in tunnels, their service nodes with their hosts, what they carry, and why new flows do not get one.",
            "Flows, packets and bytes are those of the flows that are in the table now; of each, forward / reverse."
        })
final class PathsCommand extends NodeCommand {
    @Option(
            names = "--hops",
            description =
                    "What each service node was sent and gave back, in each direction: what is missing stayed in it. Of nodes on other hosts with --over.")
    private boolean hops;

    @Mixin
    private OverOptions over = new OverOptions();

    @Override
    public Integer call() throws NodeException {
        if (!hops && !over.isGiven()) {
            PathsReport report = admin.client().paths();
            return answer(report, text(report));
        }
        Map<String, AdminClient> nodes = over.nodes(admin);
        Map<String, PathsReport> reports = new LinkedHashMap<>();
        for (Map.Entry<String, AdminClient> node : nodes.entrySet()) {
            reports.put(node.getKey(), node.getValue().paths());
        }
        return answer(reports, HopsText.text(reports, nodes.keySet().iterator().next()));
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
                + (hop.alive() ? "" : " (dead)");
    }

    private static String both(List<Long> directions) {
        return directions.stream().map(String::valueOf).collect(Collectors.joining(" / "));
    }
}
