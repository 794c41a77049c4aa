package dev.sluice.agent.node;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.admin.AdminCommand;
import dev.sluice.agent.admin.AdminRequest;
import dev.sluice.agent.admin.Administered;
import dev.sluice.agent.admin.FlowFilter;
import dev.sluice.agent.admin.ReloadRequest;
import dev.sluice.agent.admin.TraceFilter;
import dev.sluice.agent.admin.TraceSession;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/** The administration commands that every node has. */
public final class NodeCommands {
    private static final int PORT_MAX = 65_535;

    private NodeCommands() {}

    public static List<AdminCommand> of(Administered node) {
        return List.of(
                new AdminCommand("status", List.of(), _ -> node.status()),
                new AdminCommand(
                        "flows", List.of("limit", "address", "port"), request -> node.flows(flowFilter(request))),
                new AdminCommand("counters", List.of(), _ -> node.counters()),
                new AdminCommand("trace", TraceFilter.FIELDS, request -> node.trace(TraceFilter.of(request))),
                new AdminCommand("trace-end", List.of("session"), request -> endTrace(node, request)),
                new AdminCommand("reload", ReloadRequest.FIELDS, request -> node.reload(ReloadRequest.of(request))),
                new AdminCommand("stop", List.of(), _ -> stop(node)));
    }

    private static Map<String, Object> stop(Administered node) {
        node.stop();
        return Map.of();
    }

    private static Map<String, Object> endTrace(Administered node, AdminRequest request) throws NodeException {
        TraceSession session = TraceSession.of(request)
                .orElseThrow(() -> new NodeException("say which trace is to end: session is missing"));
        return Map.of("ended", node.endTrace(session.id()));
    }

    private static FlowFilter flowFilter(AdminRequest request) throws NodeException {
        OptionalInt limit = request.number("limit", 1, FlowFilter.LIMIT_MAX);
        return new FlowFilter(
                limit.orElse(FlowFilter.LIMIT_DEFAULT),
                request.address("address"),
                request.number("port", 0, PORT_MAX));
    }
}
