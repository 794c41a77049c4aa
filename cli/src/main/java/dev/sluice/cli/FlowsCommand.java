package dev.sluice.cli;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.report.FlowsReport;
import dev.sluice.agent.report.FlowsReport.FlowReport;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code sluice flows}. */
@Command(
        name = "flows",
        description =
                "Lists connections of a running node: who talks to whom, which rule decided, which path they take.")
final class FlowsCommand extends NodeCommand {
    @Option(
            names = "--limit",
            paramLabel = "N",
            description = "At most so many, 1..100000 (default: ${DEFAULT-VALUE}).")
    private int limit = 100;

    @Option(
            names = "--follow",
            description =
                    "Go on: print each connection that comes, changes its state, rule or path, or ends, until Ctrl-C or until the node ends.")
    private boolean follow;

    @Option(
            names = "--interval",
            paramLabel = "S",
            description =
                    "With --follow, seconds between two looks, 0.1..3600; what comes and goes in between is not seen (default: ${DEFAULT-VALUE}).")
    private double interval = 1;

    @Mixin
    private EndpointOptions endpoint = new EndpointOptions();

    @Override
    public Integer call() throws NodeException {
        if (follow) {
            long intervalMs = Seconds.ms(spec, "--interval", interval);
            return new FlowsFollow(admin.client(), spec.commandLine().getOut(), output.json())
                    .run(endpoint.fields(), intervalMs);
        }
        Map<String, Object> filters = endpoint.fields();
        filters.put("limit", limit);
        return say(
                output.json()
                        ? Json.text(admin.client().request("flows", filters))
                        : text(admin.client().flows(filters)));
    }

    /** The report for people. */
    static String text(FlowsReport report) {
        Table table = new Table()
                .words("ROUTER")
                .words("PROTOCOL")
                .words("SOURCE")
                .words("DESTINATION")
                .words("STATE")
                .words("RULE")
                .words("PATH")
                .words("INSTRUCTION")
                .numbers("PACKETS fwd")
                .numbers("rev")
                .numbers("BYTES fwd")
                .numbers("rev")
                .numbers("IDLE");
        for (FlowReport flow : report.flows()) {
            table.row(
                    flow.router(),
                    flow.protocol(),
                    end(flow.source(), flow.sourcePort()),
                    end(flow.destination(), flow.destinationPort()),
                    flow.state(),
                    flow.rule(),
                    flow.path(),
                    flow.instruction(),
                    flow.packets().get(0),
                    flow.packets().get(1),
                    flow.bytes().get(0),
                    flow.bytes().get(1),
                    StatusText.time(flow.idleMs()));
        }
        return table.render("no connections") + report.flows().size() + " shown, " + report.matching() + " match, "
                + report.connections() + " in the table";
    }

    static String end(String address, int port) {
        return address.contains(":") ? "[" + address + "]:" + port : address + ":" + port;
    }
}
