package dev.sluice.agent.flows;

import dev.sluice.agent.worker.WorkerTask;
import dev.sluice.datapath.ConnectionTable;
import dev.sluice.datapath.Datapath;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/** Sums up the flows of each path, a few slots of the table between two batches. One user: the worker; others wait for the result. */
public final class CountPaths implements WorkerTask {
    private static final int SLOTS_PER_STEP = 1024;

    /** The flows of a path that are in the table. One writer: the worker, until the result is complete. */
    public static final class Sum {
        /** Flows. */
        public long flows;

        /** Packets, forward and reverse. */
        public final long[] packets = new long[2];

        /** Bytes, forward and reverse. */
        public final long[] bytes = new long[2];
    }

    private final CompletableFuture<Map<Integer, Sum>> result = new CompletableFuture<>();
    private final Map<Integer, Sum> sums = new TreeMap<>();
    private int next;

    /** By id of the path; paths without flows are not in it. */
    public CompletableFuture<Map<Integer, Sum>> result() {
        return result;
    }

    @Override
    public boolean step(Datapath datapath, long nowNs) {
        ConnectionTable table = datapath.connections();
        int end = Math.min(table.capacity(), next + SLOTS_PER_STEP);
        for (; next < end; next++) {
            if (table.isUsed(next) && table.pathId(next) != 0 && !table.isExpired(next, nowNs)) {
                Sum sum = sums.computeIfAbsent(table.pathId(next), _ -> new Sum());
                sum.flows++;
                for (int direction = 0; direction < 2; direction++) {
                    sum.packets[direction] += table.packets(next, direction);
                    sum.bytes[direction] += table.bytes(next, direction);
                }
            }
        }
        boolean done = next >= table.capacity() || result.isDone();
        if (done) {
            result.complete(Map.copyOf(sums));
        }
        return done;
    }

    @Override
    public void abandon() {
        result.cancel(false);
    }
}
