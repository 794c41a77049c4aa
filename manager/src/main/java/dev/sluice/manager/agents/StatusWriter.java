package dev.sluice.manager.agents;

import dev.sluice.controller.ObjectState;
import dev.sluice.manager.objects.Caller;
import dev.sluice.manager.objects.Edit;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.objects.ManagedObject;
import dev.sluice.manager.objects.Refusal;
import dev.sluice.model.Kind;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes what is known of objects into their status, many in one transaction. A thread of its own; of several states of an object that come while it is busy only the
 * last is written. What cannot be written, since the disk is full say, is tried again.
 */
final class StatusWriter implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(StatusWriter.class);
    private static final Caller CALLER = new Caller("controller", "controller");
    private static final int BATCH_MAX = 500;
    private static final long RETRY_MS = 2_000;

    private final Inventory inventory;
    private final InstantSource clock;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition told = lock.newCondition();

    /** Guarded by the lock. */
    private final Map<String, ObjectState> waiting = new LinkedHashMap<>();

    private final Thread thread;
    private volatile boolean stopping;
    private boolean complained;

    StatusWriter(Inventory inventory, InstantSource clock) {
        this.inventory = inventory;
        this.clock = clock;
        thread = Thread.ofPlatform().daemon().name("sluice-status").start(this::run);
    }

    /** Has states written soon; any thread, never waits. */
    void tell(List<ObjectState> states) {
        lock.lock();
        try {
            states.forEach(state -> waiting.put(state.key(), state));
            told.signal();
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        while (!stopping) {
            try {
                write(next());
            } catch (InterruptedException e) {
                return;
            } catch (RuntimeException e) {
                LOG.error("a defect of this program, the manager goes on", e);
            }
        }
    }

    private List<ObjectState> next() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (waiting.isEmpty()) {
                told.await();
            }
            List<ObjectState> batch = waiting.values().stream().limit(BATCH_MAX).toList();
            batch.forEach(state -> waiting.remove(state.key()));
            return batch;
        } finally {
            lock.unlock();
        }
    }

    private void write(List<ObjectState> batch) throws InterruptedException {
        List<Edit> edits = new ArrayList<>();
        for (ObjectState state : batch) {
            edit(state).ifPresent(edits::add);
        }
        if (edits.isEmpty()) {
            return;
        }
        try {
            inventory.change(edits, CALLER, false);
            complained = false;
        } catch (Refusal e) {
            if (e.reason() == Refusal.Reason.NOT_FOUND) {
                // One was deleted meanwhile; it is left out when they are looked up again.
                again(batch);
                return;
            }
            if (!stopping && !complained) {
                complained = true;
                LOG.warn("the status of objects cannot be written, that is tried again: {}", e.getMessage());
            }
            again(batch);
            Thread.sleep(RETRY_MS);
        }
    }

    private void again(List<ObjectState> batch) {
        lock.lock();
        try {
            batch.forEach(state -> waiting.putIfAbsent(state.key(), state));
        } finally {
            lock.unlock();
        }
    }

    private Optional<Edit> edit(ObjectState state) {
        String[] key = state.key().split("/", 2);
        Kind kind = Kind.named(key[0]).orElseThrow();
        Optional<ManagedObject> object = inventory.get(kind, key[1]);
        if (object.isEmpty() || object.get().generation() != state.generation()) {
            // Another state of it is on its way.
            return Optional.empty();
        }
        ObjectNode before = object.get().tree().get("status") instanceof ObjectNode there ? there : null;
        Optional<ObjectNode> status = StatusTree.of(before, state, clock.instant());
        return status.map(tree -> new Edit.SetStatus(kind, key[1], 0, tree));
    }

    @Override
    public void close() {
        stopping = true;
        thread.interrupt();
    }
}
