package dev.sluice.agent.node;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.admin.AdminCommand;
import dev.sluice.agent.admin.AdminRequest;
import dev.sluice.agent.admin.Administered;
import dev.sluice.agent.admin.FlowFilter;
import dev.sluice.agent.admin.ReloadRequest;
import dev.sluice.agent.admin.TraceFilter;
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
                new AdminCommand(
                        "trace",
                        List.of("packets", "seconds", "address", "port"),
                        request -> node.trace(traceFilter(request))),
                new AdminCommand("reload", ReloadRequest.FIELDS, request -> node.reload(ReloadRequest.of(request))),
                new AdminCommand("stop", List.of(), _ -> stop(node)));
    }

    private static Map<String, Object> stop(Administered node) {
        node.stop();
        return Map.of();
    }

    private static FlowFilter flowFilter(AdminRequest request) throws NodeException {
        OptionalInt limit = request.number("limit", 1, FlowFilter.LIMIT_MAX);
        return new FlowFilter(
                limit.orElse(FlowFilter.LIMIT_DEFAULT),
                request.address("address"),
                request.number("port", 0, PORT_MAX));
    }

    private static TraceFilter traceFilter(AdminRequest request) throws NodeException {
        OptionalInt packets = request.number("packets", 1, TraceFilter.PACKETS_MAX);
        OptionalInt seconds = request.number("seconds", 1, TraceFilter.SECONDS_MAX);
        return new TraceFilter(
                packets.orElse(TraceFilter.PACKETS_DEFAULT),
                seconds.orElse(TraceFilter.SECONDS_DEFAULT),
                request.address("address"),
                request.number("port", 0, PORT_MAX));
    }
}
