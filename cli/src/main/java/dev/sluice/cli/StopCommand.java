package dev.sluice.cli;

import dev.sluice.agent.NodeException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code sluice stop}. */
@Command(
        name = "stop",
        description =
                "Ends a running node; from then on it forwards nothing, but for flows that the fast path repeats: 'sluice uninstall' ends those too.")
final class StopCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli before call
    private CommandSpec spec;

    @Mixin
    private AdminOptions admin = new AdminOptions();

    @Override
    public Integer call() throws NodeException {
        admin.client().stop();
        spec.commandLine().getOut().println("the node ends");
        return ExitCode.OK;
    }
}
