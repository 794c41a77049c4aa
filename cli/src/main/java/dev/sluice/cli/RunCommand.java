package dev.sluice.cli;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.NodeOptions;
import dev.sluice.agent.ObjectSource;
import dev.sluice.agent.node.NodeRunner;
import dev.sluice.agent.southbound.CertifiedLink;
import dev.sluice.agent.southbound.ManagedNode;
import dev.sluice.agent.southbound.ManagerAddress;
import dev.sluice.agent.southbound.ManagerAddresses;
import dev.sluice.manager.AgentOptions;
import dev.sluice.manager.Manager;
import dev.sluice.manager.objects.Refusal;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code sluice run}: a node in this process, until it is stopped. */
@Command(
        name = "run",
        description = {
            "Runs a node until Ctrl-C, SIGTERM or 'sluice stop': from files (-f), or with a manager of its own in the same process (--data).",
            "Changed files are applied at once as one new configuration; "
                    + "files with errors change nothing, and the log says why.",
            "With --data objects come from 'sluice apply' and other commands and programs, as with 'sluice manager' and 'sluice agent' on one host; what was sent last is kept, and the node starts with it.",
            "What comes into force is kept as a revision (see 'sluice history'). If the files are broken or missing at the start, the last good revision "
                    + "runs, and log and status say so.",
            "Needs root or CAP_NET_RAW and CAP_NET_ADMIN. Exit status: 0 after 'sluice stop', 130 or 143 after a signal, 1 if it could not start or could not go on (out of memory, say): "
                    + "then its ports are closed and nothing passes.",
            "With a fast path, what it repeats goes on when this process ends, whatever ends it, and the next one goes on with the same flows; new flows meet the failure policy. 'sluice uninstall' ends that."
        })
final class RunCommand implements Callable<Integer> {
    /** Another host has no way to a manager that is for one. */
    private static final String LOOPBACK = "127.0.0.1";

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli before call
    private CommandSpec spec;

    @Option(
            names = {"-f", "--file"},
            paramLabel = "FILE|DIR",
            description = "Objects: a file, or a directory with *.yaml and *.yml files.")
    private @Nullable Path file;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description =
                    "Instead of files: run a manager in this process, with this directory for its objects, as 'sluice manager --data' does. For one host; needs --node. Its administrator's token is in DIR/admin.token.")
    private @Nullable Path data;

    @Option(
            names = "--listen",
            paramLabel = "ADDR:PORT",
            description = "Where the manager of --data listens, on a loopback address, port 0 for a free one (default: "
                    + ManagerOptions.DEFAULT_ADDRESS + ").")
    private @Nullable String listen;

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
        Path objects = file;
        Path directory = data;
        if (objects != null && directory == null) {
            if (listen != null) {
                throw wrongUsage("--listen is for the manager of --data; leave it out with -f");
            }
            return options.run(() -> {
                NodeRunner runner = NodeRunner.start(
                        options.of(ObjectSource.files(objects), Optional.ofNullable(node), !noWatch, strict));
                return NodeRunOptions.Running.of(runner);
            });
        }
        if (objects != null || directory == null) {
            throw wrongUsage("run needs -f FILE or --data DIR, one of the two");
        }
        if (noWatch || strict) {
            throw wrongUsage("--no-watch and --strict are for files; leave them out with --data");
        }
        String name = node;
        if (name == null) {
            throw wrongUsage("--data needs --node NAME: which node of the objects this host is");
        }
        InetSocketAddress at = address();
        return options.run(() -> withManager(directory, name, at));
    }

    private ParameterException wrongUsage(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    private InetSocketAddress address() {
        InetSocketAddress at = SocketAddresses.parse("--listen", listen());
        if (!at.getAddress().isLoopbackAddress()) {
            throw new CommandFailure("--listen " + listen() + ": others could reach this address; use 127.0.0.1:PORT,"
                    + " or run 'sluice manager' with TLS and 'sluice agent' instead");
        }
        return at;
    }

    private String listen() {
        return listen == null ? ManagerOptions.DEFAULT_ADDRESS : listen;
    }

    /** Both over TLS all the same: whoever else is on this host reaches the port too. Each start enrols the node anew. */
    private NodeRunOptions.Running withManager(Path directory, String name, InetSocketAddress at) {
        InetSocketAddress free = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        Manager manager = ManagerCommand.start(Manager.Options.of(directory, at).with(AgentOptions.at(free)));
        boolean running = false;
        try {
            String token = manager.enrol(name);
            NodeOptions nodeOptions = options.of(ObjectSource.files(Path.of("")), Optional.of(name), false, false);
            ManagerAddresses address = ManagerAddresses.of(new ManagerAddress(LOOPBACK, manager.agentsPort()));
            CertifiedLink link = new CertifiedLink(
                    address, name, ManagedNode.directory(name, nodeOptions), () -> token, InstantSource.system());
            ManagedNode managed = ManagedNode.start(link, name, nodeOptions);
            running = true;
            spec.commandLine().getOut().println(ManagerCommand.url("http", listen(), manager.port()));
            return NodeRunOptions.Running.of(managed, manager::close);
        } catch (Refusal e) {
            if (e.causes().isEmpty()) {
                throw new CommandFailure("--data " + directory + ": " + e.getMessage() + "; " + e.action(), e);
            }
            Refusal.Cause cause = e.causes().getFirst();
            throw new CommandFailure("--node " + name + " " + cause.message() + "; write " + cause.allowed(), e);
        } finally {
            if (!running) {
                manager.close();
            }
        }
    }
}
