package dev.sluice.agent.flows;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.admin.AdminCommand;
import dev.sluice.agent.admin.AdminRequest;
import dev.sluice.agent.admin.FlowFilter;
import dev.sluice.agent.compile.CompiledNode;
import dev.sluice.agent.compile.PathDraft;
import dev.sluice.agent.compile.Protocols;
import dev.sluice.agent.report.InstanceEntry;
import dev.sluice.agent.worker.WorkerQuestion;
import dev.sluice.agent.worker.WorkerTask;
import dev.sluice.datapath.Datapath;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.track.FlowPrograms;
import dev.sluice.datapath.track.FlowPrograms.Action;
import dev.sluice.datapath.track.InstructedFlow;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Administration of the flow programming table (V12): instructions for single flows, told by operators. Any thread; the table itself is the worker's, which gets
 * tasks.
 */
public final class FlowCommands {
    /** Seconds until an instruction is forgotten if nothing is asked for. */
    static final int TTL_DEFAULT_S = 300;

    /** Longest time to live: a day. */
    static final int TTL_MAX_S = 86_400;

    private static final Logger LOG = LoggerFactory.getLogger(FlowCommands.class);
    private static final long NS_PER_S = 1_000_000_000L;
    private static final int WORD_MAX = 300;
    private static final int VLAN_MAX = 4094;
    private static final int ICMP = 1;
    private static final int ICMPV6 = 58;
    /** Protocols whose ports are part of the flow's key: TCP, UDP, SCTP. */
    private static final Set<Integer> WITH_PORTS = Set.of(6, 17, 132);

    private static final List<String> FLOW_FIELDS =
            List.of("router", "vlan", "innerVlan", "protocol", "source", "destination");

    private final Supplier<CompiledNode> node;
    private final Ask worker;

    /** Lets the worker do something. */
    public interface Ask {
        /** Waits for the result. */
        <T> T await(WorkerTask task, CompletableFuture<T> result) throws NodeException;
    }

    private FlowCommands(Supplier<CompiledNode> node, Ask worker) {
        this.node = node;
        this.worker = worker;
    }

    /**
     * The commands.
     *
     * @param node what is in force
     * @param worker who owns the table
     */
    public static List<AdminCommand> of(Supplier<CompiledNode> node, Ask worker) {
        FlowCommands commands = new FlowCommands(node, worker);
        return List.of(
                new AdminCommand("flow-drop", fields("ttl", "once"), commands::drop),
                new AdminCommand("flow-accept", fields("ttl", "once"), commands::accept),
                new AdminCommand("flow-path", fields("ttl", "once", "skip", "to"), commands::path),
                new AdminCommand("flow-clear", fields("all"), commands::clear),
                new AdminCommand("flow-list", List.of("limit"), commands::list));
    }

    private static List<String> fields(String... more) {
        List<String> all = new ArrayList<>(FLOW_FIELDS);
        all.addAll(List.of(more));
        return all;
    }

    private Object drop(AdminRequest request) throws NodeException {
        return tell(request, node.get(), Action.DROP, 0);
    }

    private Object accept(AdminRequest request) throws NodeException {
        return tell(request, node.get(), Action.ACCEPT, 0);
    }

    private Object path(AdminRequest request) throws NodeException {
        CompiledNode now = node.get();
        Optional<String> skip = request.text("skip", WORD_MAX);
        Optional<String> to = request.text("to", WORD_MAX);
        if (skip.isPresent() == to.isPresent()) {
            throw new NodeException("say either skip (the name of a service instance) or to (the name of a path)");
        }
        return skip.isPresent()
                ? tell(request, now, Action.SKIP, instance(now, skip.get()))
                : tell(request, now, Action.PATH, pathId(now, to.orElseThrow()));
    }

    private static int instance(CompiledNode now, String name) throws NodeException {
        for (InstanceEntry entry : now.instances()) {
            if (entry.name().equals(name)) {
                return entry.number();
            }
        }
        throw new NodeException("skip " + AdminRequest.shorten(name) + ": there is no such service instance; allowed: "
                + String.join(
                        ", ",
                        now.instances().stream()
                                .map(InstanceEntry::name)
                                .sorted()
                                .toList()));
    }

    private static int pathId(CompiledNode now, String name) throws NodeException {
        List<String> names = new ArrayList<>();
        for (PathDraft draft : now.paths()) {
            if (draft.name().equals(name) && !draft.retired()) {
                return draft.id();
            }
            if (!draft.retired()) {
                names.add(draft.name());
            }
        }
        if (names.isEmpty()) {
            throw new NodeException("to " + AdminRequest.shorten(name)
                    + ": no path takes flows now; 'sluice status' says why, under CHAIN");
        }
        int shown = Math.min(names.size(), 20);
        throw new NodeException("to " + AdminRequest.shorten(name) + ": there is no such path; allowed: "
                + String.join(", ", names.subList(0, shown)) + (shown < names.size() ? ", ..." : ""));
    }

    private Object tell(AdminRequest request, CompiledNode now, Action action, int argument) throws NodeException {
        Place place = place(request, now.snapshot());
        int ttlS = request.number("ttl", 1, TTL_MAX_S).orElse(TTL_DEFAULT_S);
        boolean once = request.flag("once");
        WorkerQuestion<String> question = new WorkerQuestion<>((datapath, nowNs) -> {
            InstructedFlow flow = place.flow(datapath);
            if (flow.zone() < 0) {
                return "more combinations of VLANs are in use than a node has numbers for";
            }
            long expiresNs = nowNs + ttlS * NS_PER_S;
            return datapath.programs().put(flow, action, argument, once, expiresNs, nowNs)
                    ? ""
                    : "the flow programming table is full (" + FlowPrograms.INSTRUCTIONS_MAX
                            + " instructions): revoke some with 'sluice flow clear', or let them live shorter with --ttl";
        });
        String problem = worker.await(question, question.result());
        if (!problem.isEmpty()) {
            throw new NodeException(problem);
        }
        LOG.info("flow {} is told: {} for {} s", place, action, ttlS);
        Map<String, Object> reply = new LinkedHashMap<>();
        reply.put("flow", place.toString());
        reply.put("ttl", ttlS);
        reply.put("once", once);
        return reply;
    }

    private Object clear(AdminRequest request) throws NodeException {
        if (request.flag("all")) {
            WorkerQuestion<Integer> question =
                    new WorkerQuestion<>((datapath, _) -> datapath.programs().clear());
            return Map.of("cleared", worker.await(question, question.result()));
        }
        Place place = place(request, node.get().snapshot());
        WorkerQuestion<Boolean> question = new WorkerQuestion<>((datapath, _) -> {
            InstructedFlow flow = place.flow(datapath);
            return flow.zone() >= 0 && datapath.programs().remove(flow);
        });
        return Map.of("cleared", worker.await(question, question.result()) ? 1 : 0);
    }

    private Object list(AdminRequest request) throws NodeException {
        ListInstructions task = new ListInstructions(FlowFilter.limit(request));
        return worker.await(task, task.result());
    }

    // Which flow is meant.

    /** A flow before its key space has a number. */
    private record Place(
            String routerName,
            int router,
            int vlan,
            int innerVlan,
            int protocol,
            FlowAddress source,
            FlowAddress destination) {
        InstructedFlow flow(Datapath datapath) {
            boolean echo = protocol == ICMP || protocol == ICMPV6;
            int sourcePort = source.port().orElse(echo ? destination.port().orElse(0) : 0);
            int destinationPort = destination.port().orElse(echo ? sourcePort : 0);
            return new InstructedFlow(
                    datapath.zone(router, vlan, innerVlan),
                    protocol,
                    source.address(),
                    sourcePort,
                    destination.address(),
                    destinationPort);
        }

        @Override
        public String toString() {
            return Protocols.name(protocol) + " " + end(source) + " - " + end(destination) + " at " + routerName;
        }

        private static String end(FlowAddress end) {
            String address = end.address().toString();
            if (end.port().isEmpty()) {
                return address;
            }
            return (address.contains(":") ? "[" + address + "]" : address) + ":"
                    + end.port().getAsInt();
        }
    }

    private static Place place(AdminRequest request, Snapshot snapshot) throws NodeException {
        Map<String, Integer> routers = routers(snapshot);
        Optional<String> asked = request.text("router", WORD_MAX);
        Integer router = asked.isPresent()
                ? routers.get(asked.get())
                : routers.size() == 1 ? routers.values().iterator().next() : null;
        if (router == null) {
            throw new NodeException((asked.isPresent()
                            ? "router " + AdminRequest.shorten(asked.get()) + " is not known"
                            : "router is missing")
                    + "; allowed: " + String.join(", ", routers.keySet()));
        }
        FlowAddress source = end(request, "source");
        FlowAddress destination = end(request, "destination");
        if (source.address().isIpv4() != destination.address().isIpv4()) {
            throw new NodeException("source " + source.address() + " and destination " + destination.address()
                    + " are of different IP versions");
        }
        int vlan = request.number("vlan", 1, VLAN_MAX).orElse(0);
        int innerVlan = request.number("innerVlan", 1, VLAN_MAX).orElse(0);
        int protocol = protocol(request);
        checkPorts(protocol, source, destination);
        return new Place(ListFlows.router(snapshot, router), router, vlan, innerVlan, protocol, source, destination);
    }

    /** An instruction for a flow that no packet can be of would be told, and never carried out. */
    private static void checkPorts(int protocol, FlowAddress source, FlowAddress destination) throws NodeException {
        String name = Protocols.name(protocol);
        if (WITH_PORTS.contains(protocol)) {
            if (source.port().isEmpty() || destination.port().isEmpty()) {
                String field =
                        source.port().isEmpty() ? "source " + source.address() : "destination " + destination.address();
                throw new NodeException(
                        field + " has no port, and an instruction is for one flow of " + name
                                + "; write both ports, as 'sluice flows' shows them, for example 10.0.0.1:53 or [2001:db8::1]:53");
            }
        } else if (protocol == ICMP || protocol == ICMPV6) {
            if (source.port().isPresent()
                    && destination.port().isPresent()
                    && !source.port().equals(destination.port())) {
                throw new NodeException("source and destination have the identifiers "
                        + source.port().getAsInt() + " and "
                        + destination.port().getAsInt() + "; an echo and its answer have the same: write it once");
            }
        } else if (source.port().isPresent() || destination.port().isPresent()) {
            throw new NodeException("protocol " + name + " has no ports; write source and destination without");
        }
    }

    private static Map<String, Integer> routers(Snapshot snapshot) {
        Map<String, Integer> routers = new TreeMap<>();
        for (int i = 0; i < snapshot.portCount(); i++) {
            PortEntry port = snapshot.port(i);
            if (port.router() >= 0 && port.role() != PortEntry.Role.SERVICE) {
                routers.put(ListFlows.router(snapshot, port.router()), port.router());
            }
        }
        return routers;
    }

    private static int protocol(AdminRequest request) throws NodeException {
        Optional<String> word = request.text("protocol", WORD_MAX);
        OptionalInt number = word.isEmpty() ? OptionalInt.empty() : Protocols.number(word.get());
        if (number.isEmpty()) {
            throw new NodeException((word.isEmpty()
                            ? "protocol is missing"
                            : "protocol " + AdminRequest.shorten(word.get()) + " is not known")
                    + "; allowed: " + Protocols.ALLOWED);
        }
        return number.getAsInt();
    }

    private static FlowAddress end(AdminRequest request, String field) throws NodeException {
        Optional<String> text = request.text(field, WORD_MAX);
        Optional<FlowAddress> end = text.flatMap(FlowAddress::parse);
        if (end.isEmpty()) {
            throw new NodeException((text.isEmpty()
                            ? field + " is missing"
                            : field + " " + AdminRequest.shorten(text.get())
                                    + " is not an address with or without a port")
                    + "; write for example 10.0.0.1:53 or [2001:db8::1]:53, ports 0..65535");
        }
        return end.get();
    }
}
