package dev.sluice.cli;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.report.ReloadReport;
import picocli.CommandLine.Command;

/** {@code sluice confirm}. */
@Command(
        name = "confirm",
        description = "Keeps the change that 'sluice reload --confirm TIME' made; without it the change is taken back.")
final class ConfirmCommand extends NodeCommand {
    @Override
    public Integer call() throws NodeException {
        ReloadReport report = admin.client().confirm();
        return answer(report, text(report));
    }

    static String text(ReloadReport report) {
        return "revision " + report.revision() + " is confirmed" + ReloadCommand.warning(report);
    }
}
