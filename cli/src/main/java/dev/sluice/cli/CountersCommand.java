package dev.sluice.cli;

import dev.sluice.agent.CountersReport;
import dev.sluice.agent.CountersReport.DropReport;
import dev.sluice.agent.NodeException;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code sluice counters}. */
@Command(
        name = "counters",
        description =
                "Shows why a running node dropped packets, and on which ports; docs/reference/drop-reasons.md has all reasons.")
final class CountersCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli before call
    private CommandSpec spec;

    @Mixin
    private AdminOptions admin = new AdminOptions();

    @Mixin
    private OutputOption output = new OutputOption();

    @Override
    public Integer call() throws NodeException {
        spec.commandLine()
                .getOut()
                .println(
                        output.json()
                                ? Json.text(admin.client().request("counters", Map.of()))
                                : text(admin.client().counters()));
        return ExitCode.OK;
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
