package dev.sluice.cli;

import dev.sluice.agent.NodeException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

/** {@code sluice instance}. */
@Command(
        name = "instance",
        description = {
            "Takes a service instance of a running node out of use and brings it back, without touching files.",
            "drain: no new flows, those that it has stay. maintenance: those that it has move to another instance that is alive, at their next packet."
                    + " down: as drain. up: new flows again. reset: what the files say. It holds until reset, over restarts too;"
                    + " 'sluice status' shows it, and how many flows are left."
        })
final class InstanceCommand extends NodeCommand {
    @Parameters(index = "0", paramLabel = "STATE", description = "drain, maintenance, up, down or reset.")
    @SuppressWarnings("NullAway.Init") // set by picocli before call
    private String state;

    @Parameters(index = "1", paramLabel = "NAME", description = "Name of the ServiceInstance.")
    @SuppressWarnings("NullAway.Init") // set by picocli before call
    private String name;

    @Override
    public Integer call() throws NodeException {
        JsonNode reply = admin.client().administer(name, state);
        return answer(
                reply,
                "service instance " + name + ": " + state + ", applied as configuration generation "
                        + reply.path("generation").asInt(0)
                        + warning(reply.path("warning").asString("")));
    }

    private static String warning(String text) {
        return text.isEmpty() ? "" : "\nwarning: " + text;
    }
}
