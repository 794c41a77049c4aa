package dev.sluice.cli;

import dev.sluice.agent.NodeException;
import dev.sluice.model.ExistingFlows;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
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

    @Option(
            names = "--existing-flows",
            paramLabel = "MODE",
            converter = LowerCaseWord.OfExistingFlows.class,
            description = {
                "What the change means for flows in progress (default: as the Node object says, else auto).",
                "keep: they keep rule and path, even if those are gone. migrate: the new rules decide them anew. auto: those whose rule still stands stay."
            })
    private @Nullable ExistingFlows existingFlows;

    @Mixin
    private AdminOptions admin = new AdminOptions();

    @Mixin
    private OutputOption output = new OutputOption();

    @Override
    public Integer call() throws NodeException {
        int generation =
                admin.client().reload(existingFlows == null ? Map.of() : Map.of("existingFlows", existingFlows.word()));
        spec.commandLine()
                .getOut()
                .println(
                        output.json()
                                ? Json.text(Map.of("generation", generation))
                                : "applied as configuration generation " + generation);
        return ExitCode.OK;
    }
}
