package dev.sluice.agent.flows;

import dev.sluice.agent.admin.FlowFilter;
import dev.sluice.agent.compile.Protocols;
import dev.sluice.agent.report.FlowsReport;
import dev.sluice.agent.report.FlowsReport.FlowReport;
import dev.sluice.agent.worker.WorkerTask;
import dev.sluice.datapath.Datapath;
import dev.sluice.datapath.rules.Rule;
import dev.sluice.datapath.snapshot.Path;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.track.ConnectionTable;
import dev.sluice.datapath.track.TcpState;
import dev.sluice.wire.IpAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Reads the connection table from its beginning to its end, a few slots between two batches. One user: the worker; others wait for the result. */
public final class ListFlows implements WorkerTask {
    private static final int SLOTS_PER_STEP = 512;
    private static final int TCP = 6;

    private final FlowFilter filter;
    private final CompletableFuture<FlowsReport> result = new CompletableFuture<>();
    private final List<FlowReport> flows = new ArrayList<>();
    private int next;
    private int matching;

    public ListFlows(FlowFilter filter) {
        this.filter = filter;
    }

    public CompletableFuture<FlowsReport> result() {
        return result;
    }

    @Override
    public boolean step(Datapath datapath, long nowNs) {
        ConnectionTable table = datapath.connections();
        int end = Math.min(table.capacity(), next + SLOTS_PER_STEP);
        for (; next < end; next++) {
            if (table.isUsed(next)
                    && !table.isSuperseded(next)
                    && !table.isExpired(next, nowNs)
                    && filter.matches(table, next)) {
                matching++;
                if (flows.size() < filter.limit()) {
                    flows.add(flow(datapath, next, nowNs));
                }
            }
        }
        boolean done = next >= table.capacity() || result.isDone();
        if (done) {
            result.complete(new FlowsReport(table.size(), matching, flows));
        }
        return done;
    }

    @Override
    public void abandon() {
        result.cancel(false);
    }

    /** A connection as it is now; only for the worker. */
    public static FlowReport flow(Datapath datapath, int slot, long nowNs) {
        ConnectionTable table = datapath.connections();
        Snapshot snapshot = datapath.snapshot();
        int router = datapath.routerOf(table.router(slot));
        Path path = snapshot.path(table.pathId(slot));
        return new FlowReport(
                router(snapshot, router),
                Protocols.name(table.protocol(slot)),
                new IpAddress(table.sourceHi(slot), table.sourceLo(slot)).toString(),
                table.sourcePort(slot),
                new IpAddress(table.destinationHi(slot), table.destinationLo(slot)).toString(),
                table.destinationPort(slot),
                state(table, slot),
                rule(table.ruleId(slot), snapshot),
                path == null ? "" : path.name(),
                List.of(table.packets(slot, 0), table.packets(slot, 1)),
                List.of(table.bytes(slot, 0), table.bytes(slot, 1)),
                InstructionWords.of(datapath.programs().of(slot, nowNs), snapshot),
                table.idleMs(slot, nowNs));
    }

    /** The name of the router or transparent pair of a key space. */
    static String router(Datapath datapath, int zone) {
        return router(datapath.snapshot(), datapath.routerOf(zone));
    }

    /** The name of a router, or the number of one that is gone. */
    static String router(Snapshot snapshot, int router) {
        return router < snapshot.routerCount() ? snapshot.router(router).name() : Integer.toString(router);
    }

    private static String state(ConnectionTable table, int slot) {
        if (table.protocol(slot) == TCP) {
            return TcpState.name(table.tcpState(slot));
        }
        return table.isHalfOpen(slot) ? "one-way" : "two-way";
    }

    /** Ids below 0 are the default rules of groups, the smallest int stands for translated flows (packet-life.md). */
    public static String rule(int id, Snapshot snapshot) {
        Rule rule = snapshot.rule(id);
        if (rule != null) {
            return rule.name();
        }
        Rule retired = id > 0 ? snapshot.ruleOfRecord(id) : null;
        if (retired != null) {
            return retired.name() + " (kept)";
        }
        if (id < 0) {
            return id == Integer.MIN_VALUE ? "translated" : "default";
        }
        return "removed rule " + id;
    }
}
