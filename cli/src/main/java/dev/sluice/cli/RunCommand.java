package dev.sluice.cli;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.ObjectSource;
import dev.sluice.agent.node.NodeRunner;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code sluice run}: a node in this process, until it is stopped. */
@Command(
        name = "run",
        description = {
            "Runs a node from files until Ctrl-C, SIGTERM or 'sluice stop'. Changed files are applied at once as one new configuration; "
                    + "files with errors change nothing, and the log says why.",
            "What comes into force is kept as a revision (see 'sluice history'). If the files are broken or missing at the start, the last good revision "
                    + "runs, and log and status say so.",
            "Needs root or CAP_NET_RAW and CAP_NET_ADMIN. Exit status: 0 after 'sluice stop', 130 or 143 after a signal, 1 if it could not start or could not go on (out of memory, say): "
                    + "then its ports are closed and nothing passes.",
            "With a fast path, what it repeats goes on when this process ends, whatever ends it, and the next one goes on with the same flows; new flows meet the failure policy. 'sluice uninstall' ends that."
        })
final class RunCommand implements Callable<Integer> {
    @Option(
            names = {"-f", "--file"},
            required = true,
            paramLabel = "FILE|DIR",
            description = "Objects: a file, or a directory with *.yaml and *.yml files.")
    @SuppressWarnings("NullAway.Init") // picocli refuses a command line without it
    private Path file;

    @Option(
            names = "--node",
            paramLabel = "NAME",
            description =
                    "Which node of the objects this is (default: the only one they name; of several the one called like this host; local if they name none).")
    private @Nullable String node;

    @Option(
            names = "--strict",
            description =
                    "Do not start when the files are broken or missing, instead of running the last good revision.")
    private boolean strict;

    @Option(names = "--no-watch", description = "Apply changed files only when 'sluice reload' says so.")
    private boolean noWatch;

    @Mixin
    private NodeRunOptions options = new NodeRunOptions();

    @Override
    public Integer call() throws NodeException {
        return options.run(() -> {
            NodeRunner runner =
                    NodeRunner.start(options.of(ObjectSource.files(file), Optional.ofNullable(node), !noWatch, strict));
            return NodeRunOptions.Running.of(runner);
        });
    }
}
