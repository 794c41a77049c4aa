package dev.sluice.agent.flows;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.admin.AdminCommand;
import dev.sluice.agent.admin.AdminRequest;
import dev.sluice.agent.worker.WorkerTask;
import dev.sluice.datapath.ConnectionTable;
import dev.sluice.datapath.Datapath;
import dev.sluice.datapath.FlowPrograms;
import dev.sluice.datapath.FlowPrograms.Action;
import dev.sluice.datapath.Liveness;
import dev.sluice.datapath.Path;
import dev.sluice.datapath.Target;
import dev.sluice.wire.IpAddress;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

/**
 * Gives flows of a chain that were moved to other paths back to nodes that have returned: each path gets its share by weight (V12, V14). Three passes over the table, a few slots
 * between two batches: count, then tell the flows that a path has too many of to take another one, busy ones first, by instructions like an operator's. One user: the worker; others wait for the
 * result.
 *
 * <p>Flows of nodes that translate stay: no other node knows their addresses.
 */
public final class Rebalance implements WorkerTask {
    /** How long a flow may be silent and is moved at its next packet all the same. */
    private static final long TTL_NS = 60_000_000_000L;

    /** A flow with a packet in that time is a better one to move: it is a load. */
    private static final long BUSY_MS = 1_000;

    private static final int SLOTS_PER_STEP = 1024;

    private enum Pass {
        COUNT,
        MOVE_BUSY,
        MOVE_OTHERS
    }

    private static final int NAME_MAX = 63;

    private final CompletableFuture<Map<String, Integer>> result = new CompletableFuture<>();
    private final String chain;
    private final Liveness liveness;
    private final Map<Integer, Integer> flows = new HashMap<>();

    /** How many more flows a path is to have, below 0 how many fewer. */
    private Map<Integer, Integer> missing = Map.of();

    private List<Path> paths = List.of();
    private Pass pass = Pass.COUNT;
    private int next;
    private int moved;

    Rebalance(String chain, Liveness liveness) {
        this.chain = chain;
        this.liveness = liveness;
    }

    /** The command: {@code chain} names it. */
    public static AdminCommand command(FlowCommands.Ask worker, Liveness liveness) {
        return new AdminCommand("flow-rebalance", List.of("chain"), request -> {
            String chain = request.text("chain", NAME_MAX)
                    .orElseThrow(() -> new NodeException("chain is missing; give the name of a service chain"));
            Rebalance task = new Rebalance(chain, liveness);
            Map<String, Integer> told = worker.await(task, task.result);
            if (told.isEmpty()) {
                throw new NodeException("chain " + AdminRequest.shorten(chain)
                        + " has no path here whose nodes are all alive; 'sluice paths' says why");
            }
            Map<String, Object> reply = new LinkedHashMap<>(told);
            reply.put("chain", chain);
            return reply;
        });
    }

    /** Flows counted and told to move; empty if there is nothing to share them out to. */
    CompletableFuture<Map<String, Integer>> result() {
        return result;
    }

    @Override
    public boolean step(Datapath datapath, long nowNs) {
        if (next == 0 && pass == Pass.COUNT) {
            paths = fit(datapath);
            if (paths.isEmpty()) {
                result.complete(Map.of());
                return true;
            }
        }
        ConnectionTable table = datapath.connections();
        int end = Math.min(table.capacity(), next + SLOTS_PER_STEP);
        for (; next < end; next++) {
            if (isOfChain(table, next, nowNs)) {
                visit(datapath, next, nowNs);
            }
        }
        if (next < table.capacity() && !result.isDone()) {
            return false;
        }
        if (pass != Pass.MOVE_OTHERS) {
            missing = pass == Pass.COUNT ? missing() : missing;
            pass = pass == Pass.COUNT ? Pass.MOVE_BUSY : Pass.MOVE_OTHERS;
            next = 0;
            return result.isDone();
        }
        int all = flows.values().stream().mapToInt(Integer::intValue).sum();
        result.complete(Map.of("flows", all, "moved", moved));
        return true;
    }

    private void visit(Datapath datapath, int slot, long nowNs) {
        ConnectionTable table = datapath.connections();
        switch (pass) {
            case COUNT -> flows.merge(table.pathId(slot), 1, Integer::sum);
            case MOVE_BUSY -> {
                if (table.idleMs(slot, nowNs) < BUSY_MS) {
                    move(datapath, slot, nowNs);
                }
            }
            case MOVE_OTHERS -> {
                if (table.idleMs(slot, nowNs) >= BUSY_MS) {
                    move(datapath, slot, nowNs);
                }
            }
        }
    }

    /** Paths that new flows may get. */
    private List<Path> fit(Datapath datapath) {
        Optional<Target> target = IntStream.range(0, datapath.snapshot().targetCount())
                .mapToObj(datapath.snapshot()::target)
                .filter(each -> each.name().equals(chain))
                .findFirst();
        return target.map(Target::paths).orElse(List.of()).stream()
                .filter(path -> path.hops().stream()
                        .allMatch(hop -> liveness.isProven(hop.attachment().instance())))
                .toList();
    }

    private boolean isOfChain(ConnectionTable table, int slot, long nowNs) {
        int id = table.isUsed(slot) ? table.pathId(slot) : 0;
        if (id == 0
                || table.tag(slot) != ConnectionTable.SERVICE
                || table.isSuperseded(slot)
                || table.linked(slot) >= 0
                || table.isExpired(slot, nowNs)) {
            return false;
        }
        return paths.stream().anyMatch(path -> path.id() == id);
    }

    /** By id, what each path has to get or give so that all have their share by weight; rests go to the first. */
    private Map<Integer, Integer> missing() {
        int all = flows.values().stream().mapToInt(Integer::intValue).sum();
        int weights = paths.stream().mapToInt(Path::weight).sum();
        Map<Integer, Integer> shares = new LinkedHashMap<>();
        int given = 0;
        for (Path path : paths) {
            int share = (int) ((long) all * path.weight() / weights);
            shares.put(path.id(), share);
            given += share;
        }
        // A rest goes where a flow need not move for it.
        for (Path path : paths) {
            if (given < all && flows.getOrDefault(path.id(), 0) > shares.getOrDefault(path.id(), 0)) {
                shares.merge(path.id(), 1, Integer::sum);
                given++;
            }
        }
        shares.replaceAll((id, share) -> share - flows.getOrDefault(id, 0));
        return shares;
    }

    private void move(Datapath datapath, int slot, long nowNs) {
        ConnectionTable table = datapath.connections();
        int from = table.pathId(slot);
        if (missing.getOrDefault(from, 0) >= 0) {
            return;
        }
        Optional<Integer> to = missing.entrySet().stream()
                .filter(entry -> entry.getValue() > 0)
                .map(Map.Entry::getKey)
                .findFirst();
        if (to.isPresent()
                && datapath.programs().put(flow(table, slot), Action.PATH, to.get(), false, nowNs + TTL_NS, nowNs)) {
            missing.merge(from, 1, Integer::sum);
            missing.merge(to.get(), -1, Integer::sum);
            moved++;
        }
    }

    private static FlowPrograms.Flow flow(ConnectionTable table, int slot) {
        return new FlowPrograms.Flow(
                table.router(slot),
                table.protocol(slot),
                new IpAddress(table.sourceHi(slot), table.sourceLo(slot)),
                table.sourcePort(slot),
                new IpAddress(table.destinationHi(slot), table.destinationLo(slot)),
                table.destinationPort(slot));
    }

    @Override
    public void abandon() {
        result.cancel(false);
    }
}
