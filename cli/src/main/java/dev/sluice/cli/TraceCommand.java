package dev.sluice.cli;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.TraceReport;
import dev.sluice.agent.TraceReport.PacketReport;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code sluice trace}. */
@Command(
        name = "trace",
        description = {
            "Follows the next packets through a running node: where each came in, what was decided, where it went.",
            "Slows the node down while it runs; ends by itself."
        })
final class TraceCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli before call
    private CommandSpec spec;

    @Option(
            names = "--packets",
            paramLabel = "N",
            description = "End after so many, 1..10000 (default: ${DEFAULT-VALUE}).")
    private int packets = 20;

    @Option(
            names = "--seconds",
            paramLabel = "S",
            description = "End after so long, 1..60 (default: ${DEFAULT-VALUE}).")
    private int seconds = 10;

    @Mixin
    private EndpointOptions endpoint = new EndpointOptions();

    @Mixin
    private AdminOptions admin = new AdminOptions();

    @Mixin
    private OutputOption output = new OutputOption();

    @Override
    public Integer call() throws NodeException {
        Map<String, Object> fields = endpoint.fields();
        fields.put("packets", packets);
        TraceReport report = admin.client().trace(seconds, fields);
        spec.commandLine().getOut().println(output.json() ? Json.text(report) : text(report, seconds));
        return ExitCode.OK;
    }

    /** The report for people. */
    static String text(TraceReport report, int seconds) {
        StringBuilder text = new StringBuilder();
        for (PacketReport packet : report.packets()) {
            text.append(packet.received()).append('\n');
            packet.steps().forEach(step -> text.append("  ").append(step).append('\n'));
        }
        return text.append(report.packets().size())
                .append(report.packets().size() == 1 ? " packet" : " packets")
                .append(report.full() ? "" : " in " + seconds + " s")
                .toString();
    }
}
