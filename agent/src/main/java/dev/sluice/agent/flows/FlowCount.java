package dev.sluice.agent.flows;

import dev.sluice.agent.worker.Worker;
import dev.sluice.agent.worker.WorkerTask;
import dev.sluice.datapath.Datapath;
import dev.sluice.datapath.track.ConnectionTable;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Adds up something over all flows that have a path, a few slots of the table between two batches. One user: the worker; others wait for the result.
 *
 * @param <V> what is added up for a number, of an instance or a path
 */
public abstract sealed class FlowCount<V> implements WorkerTask permits CountFlows, CountPaths {
    private static final int SLOTS_PER_STEP = 1024;
    private static final long TIMEOUT_MS = 2_000;

    private final CompletableFuture<Map<Integer, V>> result = new CompletableFuture<>();
    private final Map<Integer, V> counts = new TreeMap<>();
    private int next;

    /** The flow of a slot is to be counted; it is there, has a path and has not expired. */
    abstract void count(Datapath datapath, ConnectionTable table, int slot, Map<Integer, V> counts);

    /** By number; what has no flows is not in it. Null if the worker has more urgent things to do. */
    public final @Nullable Map<Integer, V> by(Worker worker) {
        if (!worker.submit(this)) {
            return null;
        }
        try {
            return result.get(TIMEOUT_MS, TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException | CancellationException e) {
            result.cancel(false);
            return null;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        }
    }

    @Override
    public final boolean step(Datapath datapath, long nowNs) {
        ConnectionTable table = datapath.connections();
        int end = Math.min(table.capacity(), next + SLOTS_PER_STEP);
        for (; next < end; next++) {
            if (table.isUsed(next) && table.pathId(next) != 0 && !table.isExpired(next, nowNs)) {
                count(datapath, table, next, counts);
            }
        }
        boolean done = next >= table.capacity() || result.isDone();
        if (done) {
            result.complete(Map.copyOf(counts));
        }
        return done;
    }

    @Override
    public final void abandon() {
        result.cancel(false);
    }
}
