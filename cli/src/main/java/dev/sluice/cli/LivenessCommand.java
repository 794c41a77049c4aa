package dev.sluice.cli;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.report.LivenessReport;
import dev.sluice.agent.report.LivenessReport.WatchedReport;
import java.util.Locale;
import picocli.CommandLine.Command;

/** {@code sluice liveness}. */
@Command(
        name = "liveness",
        description = {
            "Lists the service instances of a running node, and the other nodes: how each is watched, how it is and since when, the last round trip of a probe, how often it died and how many probes were missed.",
            "Instances of other nodes are watched there; what they tell is shown."
        })
final class LivenessCommand extends NodeCommand {
    @Override
    public Integer call() throws NodeException {
        LivenessReport report = admin.client().liveness();
        return answer(report, text(report));
    }

    /** The report for people. */
    static String text(LivenessReport report) {
        Table table = new Table()
                .words("WHO")
                .words("WATCHED BY")
                .words("STATE")
                .words("FOR")
                .numbers("ROUND TRIP")
                .numbers("DOWNS")
                .numbers("MISSES")
                .words("REASON");
        for (WatchedReport each : report.watched()) {
            table.row(
                    each.kind() + " " + each.name() + (each.node().isEmpty() ? "" : " on " + each.node()),
                    each.how(),
                    each.state(),
                    each.forMs() < 0 ? "always" : StatusText.time(each.forMs()),
                    each.roundTripUs() < 0 ? "" : milliseconds(each.roundTripUs()),
                    each.downs(),
                    each.misses() < 0 ? "" : each.misses(),
                    each.reason());
        }
        return table.render("nothing is watched").stripTrailing();
    }

    private static String milliseconds(long us) {
        return String.format(Locale.ROOT, "%.2f ms", us / 1e3);
    }
}
