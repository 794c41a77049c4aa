package dev.sluice.cli;

import dev.sluice.agent.FastPathMode;
import dev.sluice.agent.NodeException;
import dev.sluice.agent.NodeOptions;
import dev.sluice.agent.Remains;
import dev.sluice.agent.metrics.MetricsServer;
import dev.sluice.agent.metrics.ProcessFigures;
import dev.sluice.agent.metrics.Scrape;
import dev.sluice.agent.node.NodeRunner;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
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
    /** How much is logged. */
    enum LogLevel {
        ERROR,
        WARN,
        INFO,
        DEBUG,
        TRACE;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

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
            names = {"--admin", "--socket"},
            paramLabel = "PATH",
            description = "Administration socket to make (default: /run/sluice/NAME.sock).")
    private @Nullable Path socket;

    @Option(
            names = "--state",
            paramLabel = "DIR",
            description = "Directory for the history of configurations (default: /var/lib/sluice/NAME).")
    private @Nullable Path state;

    @Option(
            names = "--strict",
            description =
                    "Do not start when the files are broken or missing, instead of running the last good revision.")
    private boolean strict;

    @Option(
            names = "--force",
            description = "Take interfaces as ports even if they carry this host's default route or a login session.")
    private boolean force;

    @Option(
            names = "--fast-path",
            paramLabel = "MODE",
            converter = LowerCaseWord.OfFastPathMode.class,
            description =
                    "Let the kernel repeat what was decided about known flows: off; tc, and do not start where that is impossible; auto, where possible (default: ${DEFAULT-VALUE}). "
                            + "For ports without driver af_xdp or tap; needs Linux 6.6, libbpf 1.0 and CAP_BPF too.")
    private FastPathMode fastPath = FastPathMode.OFF;

    @Option(
            names = "--pins",
            paramLabel = "DIR",
            description =
                    "Directory in a BPF file system where the fast path is left when this process ends, so that established flows go on (default: /run/sluice/bpf or /sys/fs/bpf, whichever is one).")
    private @Nullable Path pins;

    @Option(
            names = "--memory",
            paramLabel = "DIR",
            description =
                    "Directory, best in memory, where what is known of flows is left for the next process (default: /run/sluice/memory).")
    private @Nullable Path memory;

    @Option(names = "--no-watch", description = "Apply changed files only when 'sluice reload' says so.")
    private boolean noWatch;

    @Option(
            names = "--log-level",
            paramLabel = "LEVEL",
            converter = LowerCaseWord.OfLogLevel.class,
            description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
    private LogLevel logLevel = LogLevel.INFO;

    @Option(
            names = "--log-format",
            paramLabel = "FORMAT",
            converter = LowerCaseWord.OfOutputFormat.class,
            description =
                    "Of the log on stderr: text for people, json (one object per line) for programs (default: ${DEFAULT-VALUE}).")
    private OutputFormat logFormat = OutputFormat.TEXT;

    @Option(
            names = "--metrics",
            paramLabel = "ADDR:PORT",
            description =
                    "Serve Prometheus metrics at http://ADDR:PORT/metrics, without encryption or password: 127.0.0.1:9465, say (default: off).")
    private @Nullable String metrics;

    @Override
    public Integer call() throws NodeException {
        LogSetup.use(logLevel, logFormat);
        try (MetricsServer server = metrics == null ? null : bind(metrics)) {
            NodeRunner runner = NodeRunner.start(new NodeOptions(
                    file,
                    Optional.ofNullable(node),
                    Optional.ofNullable(socket),
                    !noWatch,
                    Optional.ofNullable(state),
                    strict,
                    force,
                    fastPath,
                    remains()));
            Runtime.getRuntime().addShutdownHook(new Thread(runner::close, "sluice-stop"));
            if (server != null) {
                server.serve(
                        () -> new Scrape(runner.status(), runner.counters(), runner.rules(), ProcessFigures.now()));
            }
            runner.awaitEnd();
            if (!runner.failure().isEmpty()) {
                throw new CommandFailure("the node could not go on: " + runner.failure());
            }
        }
        return ExitCode.OK;
    }

    /** Without fast path nothing goes on when the process ends, so nothing is left either. */
    private Optional<Remains> remains() {
        if (fastPath == FastPathMode.OFF) {
            return Optional.empty();
        }
        Path kept = memory == null ? Remains.MEMORY : memory;
        if (pins != null) {
            return Optional.of(new Remains(pins, kept));
        }
        return Remains.usual().map(found -> new Remains(found.pins(), kept));
    }

    private static MetricsServer bind(String text) {
        try {
            return MetricsServer.bind(SocketAddresses.parse("--metrics", text));
        } catch (IOException e) {
            throw new CommandFailure("--metrics " + e.getMessage(), e);
        }
    }
}
