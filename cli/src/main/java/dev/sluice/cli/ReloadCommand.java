package dev.sluice.cli;

import dev.sluice.agent.NodeException;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code sluice reload}. */
@Command(
        name = "reload",
        description = {
            "Lets a running node read its files again now. If they have errors, nothing changes and the errors are printed.",
            "Nodes notice changed files by themselves; this is for 'sluice run --no-watch' and for scripts that want to know the outcome."
        })
final class ReloadCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli before call
    private CommandSpec spec;

    @Mixin
    private AdminOptions admin = new AdminOptions();

    @Mixin
    private OutputOption output = new OutputOption();

    @Override
    public Integer call() throws NodeException {
        int generation = admin.client().reload();
        spec.commandLine()
                .getOut()
                .println(
                        output.json()
                                ? Json.text(Map.of("generation", generation))
                                : "applied as configuration generation " + generation);
        return ExitCode.OK;
    }
}
