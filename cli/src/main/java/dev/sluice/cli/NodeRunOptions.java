package dev.sluice.cli;

import dev.sluice.agent.FastPathMode;
import dev.sluice.agent.NodeException;
import dev.sluice.agent.NodeOptions;
import dev.sluice.agent.ObjectSource;
import dev.sluice.agent.Remains;
import dev.sluice.agent.metrics.ManagerContact;
import dev.sluice.agent.metrics.MetricsServer;
import dev.sluice.agent.metrics.ProcessFigures;
import dev.sluice.agent.metrics.Scrape;
import dev.sluice.agent.node.NodeRunner;
import dev.sluice.agent.southbound.ManagedNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What can be said of a node in this process, wherever its objects come from; and running it until it ends. */
final class NodeRunOptions {
    private static final int LOOK_MS = 100;

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
            names = "--force",
            description = "Take interfaces as ports even if they carry this host's default route or a login session.")
    private boolean force;

    @Option(
            names = "--fast-path",
            paramLabel = "MODE",
            converter = LowerCaseWord.OfFastPathMode.class,
            description =
                    "Let the kernel repeat what was decided about known flows: off; tc, and do not start where that is"
                            + " impossible; xdp, the same with XDP in front of tc where the driver has it; auto, where"
                            + " possible, and XDP at physical interfaces only (default: ${DEFAULT-VALUE}). Not for ports"
                            + " with driver tap, and for those with af_xdp by XDP only; needs Linux 6.6, libbpf 1.0,"
                            + " CAP_BPF and CAP_PERFMON too.")
    private FastPathMode fastPath = FastPathMode.OFF;

    @Option(
            names = "--pins",
            paramLabel = "DIR",
            description = "Directory in a BPF file system where the fast path is left when this process ends, so that"
                    + " established flows go on (default: /run/sluice/bpf or /sys/fs/bpf, whichever is one).")
    private @Nullable Path pins;

    @Option(
            names = "--memory",
            paramLabel = "DIR",
            description =
                    "Directory, best in memory, where what is known of flows is left for the next process, so that they keep"
                            + " their paths (default: /run/sluice/memory with --fast-path, else nowhere).")
    private @Nullable Path memory;

    @Mixin
    private LogOptions log = new LogOptions();

    @Option(
            names = "--metrics",
            paramLabel = "ADDR:PORT",
            description = "Serve Prometheus metrics at http://ADDR:PORT/metrics, without encryption or password:"
                    + " 127.0.0.1:9465, say (default: off).")
    private @Nullable String metrics;

    /** A node, or what becomes one. */
    interface Running extends AutoCloseable {
        /** The node; null as long as there is none yet. */
        @Nullable
        NodeRunner runner();

        void awaitEnd();

        /** Why it ended without being asked to; empty: it was asked. */
        String failure();

        /** How it is getting on with its manager; empty: it follows none. */
        default Optional<ManagerContact> contact() {
            return Optional.empty();
        }

        @Override
        void close();

        /** A node that runs. */
        static Running of(NodeRunner runner) {
            return new Running() {
                @Override
                public NodeRunner runner() {
                    return runner;
                }

                @Override
                public void awaitEnd() {
                    runner.awaitEnd();
                }

                @Override
                public String failure() {
                    return runner.failure();
                }

                @Override
                public void close() {
                    runner.close();
                }
            };
        }

        /**
         * A node that follows a manager.
         *
         * @param behind closed behind it
         */
        static Running of(ManagedNode managed, Runnable behind) {
            return new Running() {
                @Override
                public @Nullable NodeRunner runner() {
                    return managed.runner();
                }

                @Override
                public void awaitEnd() {
                    managed.awaitEnd();
                }

                @Override
                public String failure() {
                    return managed.failure();
                }

                @Override
                public Optional<ManagerContact> contact() {
                    return Optional.of(managed.contact());
                }

                @Override
                public void close() {
                    managed.close();
                    behind.run();
                }
            };
        }
    }

    /** Starts a node. */
    @FunctionalInterface
    interface Start {
        Running start() throws NodeException;
    }

    /** The options as the agent takes them. */
    NodeOptions of(ObjectSource objects, Optional<String> node, boolean watch, boolean strict) {
        return new NodeOptions(
                objects,
                node,
                Optional.ofNullable(socket),
                watch,
                Optional.ofNullable(state),
                strict,
                force,
                fastPath,
                remains());
    }

    /** Without fast path nothing goes on when the process ends; which path each flow has is left for the next one only where somebody says where. */
    private Optional<Remains> remains() {
        if (fastPath == FastPathMode.OFF) {
            return Optional.ofNullable(memory)
                    .map(directory -> new Remains(pins == null ? Remains.OWN_PINS : pins, directory));
        }
        Path kept = memory == null ? Remains.MEMORY : memory;
        if (pins != null) {
            return Optional.of(new Remains(pins, kept));
        }
        return Remains.usual().map(found -> new Remains(found.pins(), kept));
    }

    /** Runs a node until it ends; the exit status. */
    int run(Start start) throws NodeException {
        log.use();
        try (MetricsServer server = metrics == null ? null : bind(metrics)) {
            Running running = start.start();
            Runtime.getRuntime().addShutdownHook(new Thread(running::close, "sluice-stop"));
            if (server != null) {
                Thread.ofVirtual().start(() -> serve(server, running));
            }
            // A managed node may wait for its first objects; what it waits for must not keep the host from starting.
            ReadyNotice.give();
            running.awaitEnd();
            if (!running.failure().isEmpty()) {
                throw new CommandFailure("the node could not go on: " + running.failure());
            }
        }
        return ExitCode.OK;
    }

    /** Serves from the moment on when there is a node; until then scrapes wait. */
    private static void serve(MetricsServer server, Running running) {
        NodeRunner runner = running.runner();
        while (runner == null) {
            try {
                Thread.sleep(LOOK_MS);
            } catch (InterruptedException e) {
                return;
            }
            runner = running.runner();
        }
        NodeRunner node = runner;
        server.serve(() ->
                new Scrape(node.status(), node.counters(), node.rules(), ProcessFigures.now(), running.contact()));
    }

    private static MetricsServer bind(String text) {
        try {
            return MetricsServer.bind(SocketAddresses.parse("--metrics", text));
        } catch (IOException e) {
            throw new CommandFailure("--metrics " + e.getMessage(), e);
        }
    }
}
