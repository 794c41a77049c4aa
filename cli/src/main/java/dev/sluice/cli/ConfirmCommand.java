package dev.sluice.cli;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.ReloadReport;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code sluice confirm}. */
@Command(
        name = "confirm",
        description = "Keeps the change that 'sluice reload --confirm TIME' made; without it the change is taken back.")
final class ConfirmCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli before call
    private CommandSpec spec;

    @Mixin
    private AdminOptions admin = new AdminOptions();

    @Mixin
    private OutputOption output = new OutputOption();

    @Override
    public Integer call() throws NodeException {
        ReloadReport report = admin.client().confirm();
        spec.commandLine()
                .getOut()
                .println(output.json() ? Json.text(report) : "revision " + report.revision() + " is confirmed");
        return ExitCode.OK;
    }
}
