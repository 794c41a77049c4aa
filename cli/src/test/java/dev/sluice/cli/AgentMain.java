package dev.sluice.cli;

import dev.sluice.agent.NodeOptions;
import dev.sluice.agent.ObjectSource;
import dev.sluice.agent.runtime.Permits;
import dev.sluice.agent.southbound.ManagedNode;
import dev.sluice.agent.southbound.ManagerAddress;
import dev.sluice.agent.southbound.ManagerAddresses;
import dev.sluice.agent.southbound.ManagerLink;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** An agent that talks in the clear to a manager in another namespace, as no agent outside of tests does: arguments are the manager's address and port, node, directory, permitted program. */
final class AgentMain {
    private AgentMain() {}

    public static void main(String[] arguments) {
        Path directory = Path.of(arguments[3]);
        NodeOptions options = NodeOptions.of(ObjectSource.files(Path.of("")))
                .at(directory.resolve("admin.sock"), directory.resolve("state"));
        ManagerAddresses manager =
                ManagerAddresses.of(new ManagerAddress(arguments[0], Integer.parseInt(arguments[1])));
        Permits permits = Permits.of(List.of(arguments[4]), List.of(), Permits.USER_USUAL);
        ManagedNode node = ManagedNode.start(
                ManagerLink.insecure(manager), arguments[2], options, permits, Duration.ofMillis(200));
        Runtime.getRuntime().addShutdownHook(new Thread(node::close));
        node.awaitEnd();
    }
}
