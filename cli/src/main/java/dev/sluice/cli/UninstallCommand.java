package dev.sluice.cli;

import dev.sluice.agent.Remains;
import dev.sluice.agent.worker.Uninstall;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code sluice uninstall}: takes away what outlives processes. */
@Command(
        name = "uninstall",
        description = {
            "Removes what nodes have left in the kernel and in memory for their next process: programs, maps, the devices between them, and what is known of flows. Says what it removed.",
            "Refuses while a node runs that uses it. Needs root. Exit status: 0 also if there was nothing; 1 if something stays."
        })
final class UninstallCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli before call
    private CommandSpec spec;

    @Option(names = "--pins", paramLabel = "DIR", description = "As given to 'sluice run'.")
    private @Nullable Path pins;

    @Option(names = "--memory", paramLabel = "DIR", description = "As given to 'sluice run'.")
    private @Nullable Path memory;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        Path kept = memory == null ? Remains.MEMORY : memory;
        Remains remains = new Remains(pins == null ? Remains.OWN_PINS : pins, kept);
        Uninstall.Result result = Uninstall.run(pins == null ? remains.withUsual() : List.of(remains));
        print(out, "removed", result.removed());
        print(out, "stays", result.stays());
        if (result.removed().isEmpty() && result.stays().isEmpty()) {
            out.println("nothing was left by any node");
        }
        return result.stays().isEmpty() ? ExitCode.OK : ExitCode.FAILED;
    }

    private static void print(PrintWriter out, String word, List<String> lines) {
        lines.forEach(line -> out.println(word + ": " + line));
    }
}
