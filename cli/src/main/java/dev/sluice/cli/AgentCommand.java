package dev.sluice.cli;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.NodeOptions;
import dev.sluice.agent.ObjectSource;
import dev.sluice.agent.node.NodeRunner;
import dev.sluice.agent.southbound.ManagedNode;
import dev.sluice.agent.southbound.ManagerAddress;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code sluice agent}: a node in this process that follows a manager, until it is stopped. */
@Command(
        name = "agent",
        description = {
            "Runs a node whose objects come from a manager, until Ctrl-C, SIGTERM or 'sluice stop'. Each change is applied at once as one new configuration; "
                    + "what this host cannot take changes nothing, and the status of the objects says why ('sluice get', 'sluice describe').",
            "What the manager sent last is kept on disk: the node starts with it and goes on with it, however long the manager is away.",
            "Needs root or CAP_NET_RAW and CAP_NET_ADMIN. Exit status as of 'sluice run'."
        })
final class AgentCommand implements Callable<Integer> {
    @Option(
            names = "--manager",
            required = true,
            paramLabel = "HOST:PORT",
            description = "Where the manager serves agents: the address of its --agents.")
    private String manager = "";

    @Option(names = "--node", required = true, paramLabel = "NAME", description = "Which node of the objects this is.")
    private String node = "";

    @Mixin
    private NodeRunOptions options = new NodeRunOptions();

    @Override
    public Integer call() throws NodeException {
        ManagerAddress address = address();
        NodeOptions nodeOptions = options.of(ObjectSource.files(Path.of("")), Optional.of(node), false, false);
        return options.run(() -> running(ManagedNode.start(address, node, nodeOptions)));
    }

    private ManagerAddress address() {
        int colon = manager.lastIndexOf(':');
        String host = colon < 0 ? "" : manager.substring(0, colon).replaceAll("^\\[|\\]$", "");
        String port = manager.substring(colon + 1);
        if (host.isEmpty()
                || !port.matches("[0-9]{1,5}")
                || Integer.parseInt(port) < 1
                || Integer.parseInt(port) > 65_535) {
            throw new CommandFailure("--manager " + manager + " is not a host and a port; write manager.example:9471");
        }
        return new ManagerAddress(host, Integer.parseInt(port));
    }

    private static NodeRunOptions.Running running(ManagedNode managed) {
        return new NodeRunOptions.Running() {
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
            public void close() {
                managed.close();
            }
        };
    }
}
