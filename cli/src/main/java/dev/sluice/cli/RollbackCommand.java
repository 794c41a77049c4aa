package dev.sluice.cli;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.report.ReloadReport;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code sluice rollback}. */
@Command(
        name = "rollback",
        description = {
            "Lets a running node run an earlier revision, until its files change again or 'sluice reload'. The files are not touched.",
            "While a change waits for 'sluice confirm', 'sluice rollback' without a number takes that change back."
        })
final class RollbackCommand extends NodeCommand {
    @Parameters(
            arity = "0..1",
            paramLabel = "REVISION",
            description = "Its number in 'sluice history' (default: the good one before the one in force).")
    private @Nullable Integer revision;

    @Mixin
    private final ChangeOptions change = new ChangeOptions();

    @Override
    public Integer call() throws NodeException {
        Map<String, Object> fields = change.fields();
        if (revision != null) {
            fields.put("revision", revision);
        }
        ReloadReport report = admin.client().rollback(fields);
        return answer(report, text(report));
    }

    static String text(ReloadReport report) {
        return "revision " + report.revision() + " runs, as configuration generation " + report.generation()
                + "; the files are as they were: change them, or 'sluice reload' applies them again"
                + ReloadCommand.warning(report);
    }
}
