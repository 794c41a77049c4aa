package dev.sluice.cli;

import dev.sluice.agent.NodeException;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code sluice status}. */
@Command(
        name = "status",
        description = "Shows a running node: configuration in force, ports, service instances, chains and their paths.")
final class StatusCommand implements Callable<Integer> {
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
                                ? Json.text(admin.client().request("status", Map.of()))
                                : StatusText.of(admin.client().status()));
        return ExitCode.OK;
    }
}
