package dev.sluice.cli;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.report.ReloadReport;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code sluice reload}. */
@Command(
        name = "reload",
        description = {
            "Lets a running node read its files again now. If they have errors, nothing changes and the errors are printed.",
            "With --confirm the change is taken back after that time unless 'sluice confirm' comes, also if this terminal is cut off or the node crashes.",
            "Nodes notice changed files by themselves; this is for 'sluice run --no-watch' and for scripts that want to know the outcome."
        })
final class ReloadCommand extends NodeCommand {
    @Mixin
    private final ChangeOptions change = new ChangeOptions();

    @Option(
            names = "--confirm",
            paramLabel = "TIME",
            converter = SecondsOption.class,
            description =
                    "Take the change back unless 'sluice confirm' comes within this time: 60s, 5m, 1h; at most 1 day.")
    private @Nullable Integer confirmSeconds;

    @Override
    public Integer call() throws NodeException {
        Map<String, Object> fields = change.fields();
        if (confirmSeconds != null) {
            fields.put("confirmSeconds", confirmSeconds);
        }
        ReloadReport report = admin.client().reload(fields);
        return answer(report, text(report));
    }

    /** What happened, and what is to be done now. */
    static String text(ReloadReport report) {
        StringBuilder text = new StringBuilder();
        text.append(report.changed() ? "applied as configuration generation " : "nothing has changed: generation ")
                .append(report.generation())
                .append(", revision ")
                .append(report.revision());
        if (report.confirmSeconds() > 0) {
            text.append("\nit is taken back in ")
                    .append(report.confirmSeconds())
                    .append(" s unless you say 'sluice confirm'");
        }
        return text.append(warning(report)).toString();
    }

    /** A line of its own if there is something to worry about, else nothing. */
    static String warning(ReloadReport report) {
        return report.warning().isEmpty() ? "" : "\nwarning: " + report.warning();
    }
}
