package dev.sluice.cli;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.report.CountersReport;
import dev.sluice.agent.report.CountersReport.DropReport;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;

/** {@code sluice counters}. */
@Command(
        name = "counters",
        description =
                "Shows why a running node dropped packets, and on which ports; docs/reference/drop-reasons.md has all reasons.")
final class CountersCommand extends NodeCommand {
    @Override
    public Integer call() throws NodeException {
        return say(
                output.json()
                        ? Json.text(admin.client().request("counters", Map.of()))
                        : text(admin.client().counters()));
    }

    /** The report for people. */
    static String text(CountersReport report) {
        Table drops = new Table()
                .words("DROPPED BECAUSE")
                .numbers("PACKETS")
                .words("FROM PORT")
                .words("MEANING");
        for (DropReport drop : report.drops()) {
            String ports = drop.ports().entrySet().stream()
                    .map(entry -> entry.getKey() + ": " + entry.getValue())
                    .collect(Collectors.joining(", "));
            drops.row(drop.reason(), drop.count(), ports, drop.sentence() + " [" + drop.specification() + "]");
        }
        Table values = new Table().words("COUNTER").numbers("VALUE");
        report.datapath().forEach(values::row);
        return drops.render("nothing was dropped") + "\n"
                + values.render("no counters").stripTrailing();
    }
}
