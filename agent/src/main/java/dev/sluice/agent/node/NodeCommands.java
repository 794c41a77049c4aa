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

/** The administration commands that every node has. */
public final class NodeCommands {
    private NodeCommands() {}

    public static List<AdminCommand> of(Administered node) {
        return List.of(
                new AdminCommand("status", List.of(), _ -> node.status()),
                new AdminCommand("flows", FlowFilter.FIELDS, request -> node.flows(FlowFilter.of(request))),
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
}
