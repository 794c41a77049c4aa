package dev.sluice.cli;

import dev.sluice.agent.NodeException;
import java.util.Map;
import picocli.CommandLine.Command;

/** {@code sluice status}. */
@Command(
        name = "status",
        description = "Shows a running node: configuration in force, ports, service instances, chains and their paths.")
final class StatusCommand extends NodeCommand {
    @Override
    public Integer call() throws NodeException {
        return say(
                output.json()
                        ? Json.text(admin.client().request("status", Map.of()))
                        : StatusText.of(admin.client().status()));
    }
}
