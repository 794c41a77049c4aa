package dev.sluice.cli;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.report.InstructionsReport;
import dev.sluice.agent.report.InstructionsReport.InstructionReport;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

/** {@code sluice flow}: instructions for single flows. */
@Command(
        name = "flow",
        description = {
            "Tells a running node what to do with a single flow, in both directions, whatever its rules say.",
            "An instruction expires, can be revoked, and also waits for a flow that has not begun. docs/guides/live-changes.md has examples."
        })
final class FlowCommand {
    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli before any command is called
    private CommandSpec spec;

    /** The new way of a flow. */
    static final class Way {
        @Option(
                names = "--skip",
                required = true,
                paramLabel = "NODE",
                description = "Leave out this service instance, keep the others.")
        private @Nullable String skip;

        @Option(
                names = "--to",
                required = true,
                paramLabel = "PATH",
                description = "Take this path of the same chain, as 'sluice status' shows it: 'chain[fw-1,ips-2]'.")
        private @Nullable String to;
    }

    @Command(name = "drop", description = "Drops the flow's packets; they are counted as FLOW_PROGRAMMED.")
    int drop(
            @Mixin FlowOptions flow,
            @Mixin InstructionOptions instruction,
            @Mixin AdminOptions admin,
            @Mixin OutputOption output)
            throws NodeException {
        return tell("flow-drop", instruction.addTo(flow.fields()), admin, output);
    }

    @Command(
            name = "accept",
            description =
                    "Lets the flow pass without the services that its rule asks for, even if they fail closed; its packets are counted as acceptedByInstruction.")
    int accept(
            @Mixin FlowOptions flow,
            @Mixin InstructionOptions instruction,
            @Mixin AdminOptions admin,
            @Mixin OutputOption output)
            throws NodeException {
        return tell("flow-accept", instruction.addTo(flow.fields()), admin, output);
    }

    @Command(name = "path", description = "Gives the flow another way: without one node, or another path of its chain.")
    int path(
            @Mixin FlowOptions flow,
            @ArgGroup(exclusive = true, multiplicity = "1") Way way,
            @Mixin InstructionOptions instruction,
            @Mixin AdminOptions admin,
            @Mixin OutputOption output)
            throws NodeException {
        Map<String, Object> fields = instruction.addTo(flow.fields());
        FlowOptions.put(fields, "skip", way.skip);
        FlowOptions.put(fields, "to", way.to);
        return tell("flow-path", fields, admin, output);
    }

    @Command(
            name = "rebalance",
            description = {
                "Moves flows in progress of a chain to the paths that they would be given now, a few at a time: after a node has come back or was added. 'sluice status' shows how far it is.",
                "Only for nodes that need not have seen the beginning of a connection. Flows of chains that translate stay where they are, and so do flows that have no packets."
            })
    int rebalance(
            @Parameters(
                            paramLabel = "CHAIN|INSTANCE",
                            description = "A chain, or a service instance: the chains whose paths it is on.")
                    String name,
            @Option(
                            names = "--per-second",
                            paramLabel = "N",
                            defaultValue = "100",
                            description = "So many flows at most, 1..10000 (default: ${DEFAULT-VALUE}).")
                    int flowsPerSecond,
            @Option(names = "--stop", description = "Moves no more of them.") boolean stop,
            @Mixin AdminOptions admin,
            @Mixin OutputOption output)
            throws NodeException {
        Map<String, Object> fields = Map.of("name", name, "flowsPerSecond", flowsPerSecond, "stop", stop);
        JsonNode reply = admin.client().request("flow-rebalance", fields);
        List<String> chains = new ArrayList<>();
        reply.path("chains").forEach(chain -> chains.add(chain.asString()));
        String text = stop
                ? chains.isEmpty() ? "nothing was moving" : "stopped: " + String.join(", ", chains)
                : String.join(", ", chains) + ": at most " + flowsPerSecond
                        + " flows per second move; 'sluice status' shows how far it is";
        println(output.json() ? Json.text(reply) : text);
        return ExitCode.OK;
    }

    @Command(name = "clear", description = "Revokes what was told of a flow.")
    int clear(@Mixin FlowOptions flow, @Mixin AdminOptions admin, @Mixin OutputOption output) throws NodeException {
        return cleared(flow.fields(), admin, output);
    }

    @Command(name = "clear-all", description = "Revokes all instructions.")
    int clearAll(@Mixin AdminOptions admin, @Mixin OutputOption output) throws NodeException {
        return cleared(new LinkedHashMap<>(Map.of("all", true)), admin, output);
    }

    @Command(
            name = "list",
            description = "Lists the instructions in force, and how many packets each was carried out on.")
    int list(
            @Option(
                            names = "--limit",
                            paramLabel = "N",
                            defaultValue = "100",
                            description = "At most so many, 1..100000 (default: ${DEFAULT-VALUE}).")
                    int limit,
            @Mixin AdminOptions admin,
            @Mixin OutputOption output)
            throws NodeException {
        Map<String, Object> fields = Map.of("limit", limit);
        println(
                output.json()
                        ? Json.text(admin.client().request("flow-list", fields))
                        : text(admin.client().instructions(fields)));
        return ExitCode.OK;
    }

    private int tell(String command, Map<String, Object> fields, AdminOptions admin, OutputOption output)
            throws NodeException {
        JsonNode reply = admin.client().request(command, fields);
        println(
                output.json()
                        ? Json.text(reply)
                        : reply.path("flow").asString("") + ": told, for "
                                + reply.path("ttl").asInt(0) + " s"
                                + (reply.path("once").asBoolean(false) ? ", once" : ""));
        return ExitCode.OK;
    }

    private int cleared(Map<String, Object> fields, AdminOptions admin, OutputOption output) throws NodeException {
        JsonNode reply = admin.client().request("flow-clear", fields);
        int count = reply.path("cleared").asInt(0);
        println(
                output.json()
                        ? Json.text(reply)
                        : count == 0
                                ? "there was no instruction"
                                : count + (count == 1 ? " instruction" : " instructions") + " revoked");
        return ExitCode.OK;
    }

    private void println(String text) {
        spec.commandLine().getOut().println(text);
    }

    /** The report for people. */
    static String text(InstructionsReport report) {
        Table table = new Table()
                .words("ROUTER")
                .words("PROTOCOL")
                .words("SOURCE")
                .words("DESTINATION")
                .words("INSTRUCTION")
                .words("FOR")
                .numbers("EXPIRES IN")
                .numbers("PACKETS");
        for (InstructionReport one : report.instructions()) {
            table.row(
                    one.router(),
                    one.protocol(),
                    FlowsCommand.end(one.source(), one.sourcePort()),
                    FlowsCommand.end(one.destination(), one.destinationPort()),
                    one.instruction(),
                    one.once() ? "one packet" : "all packets",
                    StatusText.time(one.expiresInMs()),
                    one.hits());
        }
        return table.render("no instructions") + report.instructions().size() + " shown, " + report.total()
                + " of at most " + report.max();
    }
}
