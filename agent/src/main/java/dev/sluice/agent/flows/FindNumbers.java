package dev.sluice.agent.flows;

import dev.sluice.agent.compile.IdRegistry.Space;
import dev.sluice.agent.compile.NumbersInUse;
import dev.sluice.agent.worker.WorkerTask;
import dev.sluice.datapath.Datapath;
import dev.sluice.datapath.track.AttributeTable;
import dev.sluice.datapath.track.ConnectionTable;
import dev.sluice.datapath.track.FlowPrograms;
import dev.sluice.datapath.track.Instruction;
import dev.sluice.datapath.track.KeySpaces;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Finds the ports, routers, instances and targets that records, instructions and attributes refer to, a few of them between two batches. One user: the worker; others wait for the
 * result. Paths are not looked into: they name content, and one that is not in force is chosen anew.
 */
public final class FindNumbers implements WorkerTask {
    private static final int SLOTS_PER_STEP = 1024;
    private static final int BUCKETS_PER_STEP = 1024;

    private final CompletableFuture<NumbersInUse> result = new CompletableFuture<>();
    private final NumbersInUse found = new NumbersInUse();
    private int nextSlot;
    private int nextBucket;

    /** What they refer to. */
    public CompletableFuture<NumbersInUse> result() {
        return result;
    }

    @Override
    public boolean step(Datapath datapath, long nowNs) {
        if (result.isDone()) {
            return true;
        }
        ConnectionTable table = datapath.connections();
        if (nextSlot < table.capacity()) {
            records(datapath, table);
            return false;
        }
        if (nextBucket < FlowPrograms.BUCKETS) {
            instructions(datapath);
            return false;
        }
        AttributeTable attributes = datapath.attributes();
        if (attributes != null) {
            attributes.forEachPort(port -> found.add(Space.PORT, port));
        }
        result.complete(found);
        return true;
    }

    /** Expired ones too: nobody has taken them away yet. */
    private void records(Datapath datapath, ConnectionTable table) {
        AttributeTable attributes = datapath.attributes();
        int end = Math.min(table.capacity(), nextSlot + SLOTS_PER_STEP);
        for (; nextSlot < end; nextSlot++) {
            if (table.isUsed(nextSlot)) {
                zone(datapath, table.router(nextSlot));
                found.add(Space.TARGET, table.targetId(nextSlot));
                for (int direction = 0; direction < 2; direction++) {
                    found.add(Space.PORT, table.egressPort(nextSlot, direction) - 1);
                }
                if (attributes != null) {
                    found.add(Space.PORT, attributes.port(nextSlot));
                }
            }
        }
    }

    private void instructions(Datapath datapath) {
        FlowPrograms programs = datapath.programs();
        int end = Math.min(FlowPrograms.BUCKETS, nextBucket + BUCKETS_PER_STEP);
        for (; nextBucket < end; nextBucket++) {
            for (Instruction one = programs.inBucket(nextBucket); one != null; one = FlowPrograms.after(one)) {
                add(datapath, one);
            }
        }
    }

    private void add(Datapath datapath, @Nullable Instruction one) {
        if (one != null) {
            zone(datapath, one.flow().zone());
            // The number of who says it as well: nobody else is to take it back.
            found.add(Space.INSTANCE, one.speaker());
            if (one.action() == FlowPrograms.Action.SKIP) {
                found.add(Space.INSTANCE, one.argument());
            }
        }
    }

    /** A key space is that of a router, or of an instance that serves others. */
    private void zone(Datapath datapath, int zone) {
        int router = datapath.routerOf(zone);
        int instance = KeySpaces.servedBy(router);
        if (instance == KeySpaces.NO_INSTANCE) {
            found.add(Space.ROUTER, router);
        } else {
            found.add(Space.INSTANCE, instance);
        }
    }

    @Override
    public void abandon() {
        result.cancel(false);
    }
}
