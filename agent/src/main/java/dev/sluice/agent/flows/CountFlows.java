package dev.sluice.agent.flows;

import dev.sluice.agent.worker.WorkerTask;
import dev.sluice.datapath.ConnectionTable;
import dev.sluice.datapath.Datapath;
import dev.sluice.datapath.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/** Counts the flows of each service instance, a few slots of the table between two batches. One user: the worker; others wait for the result. */
public final class CountFlows implements WorkerTask {
    private static final int SLOTS_PER_STEP = 1024;

    private final CompletableFuture<Map<Integer, Long>> result = new CompletableFuture<>();
    private final Map<Integer, Long> flows = new TreeMap<>();
    private int next;

    /** Flows by number of the instance; instances without any are not in it. */
    public CompletableFuture<Map<Integer, Long>> result() {
        return result;
    }

    @Override
    public boolean step(Datapath datapath, long nowNs) {
        ConnectionTable table = datapath.connections();
        int end = Math.min(table.capacity(), next + SLOTS_PER_STEP);
        for (; next < end; next++) {
            if (table.isUsed(next) && table.pathId(next) != 0 && !table.isExpired(next, nowNs)) {
                Path path = datapath.snapshot().path(table.pathId(next));
                if (path != null) {
                    path.hops().forEach(hop -> flows.merge(hop.attachment().instance(), 1L, Long::sum));
                }
            }
        }
        boolean done = next >= table.capacity() || result.isDone();
        if (done) {
            result.complete(Map.copyOf(flows));
        }
        return done;
    }

    @Override
    public void abandon() {
        result.cancel(false);
    }
}
