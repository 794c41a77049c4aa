package dev.sluice.manager.agents;

import dev.sluice.controller.ObjectState;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.objects.Refusal;
import dev.sluice.manager.store.Store;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes what is known of objects into their status, many in one transaction. A thread of its own; of several states of an object that come while it is busy only the
 * last is written. What cannot be written, since the disk is full say, is tried again; a status that will always be refused is left out, and holds up no other.
 */
final class StatusWriter implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(StatusWriter.class);
    private static final int BATCH_MAX = 500;
    private static final long RETRY_MS = 2_000;

    /** Why something is refused whenever it is tried. */
    private static final Set<Refusal.Reason> HOPELESS =
            EnumSet.of(Refusal.Reason.TOO_LARGE, Refusal.Reason.INVALID, Refusal.Reason.FORBIDDEN);

    private final StatusEdits edits;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition told = lock.newCondition();

    /** Guarded by the lock. */
    private final Map<String, ObjectState> waiting = new LinkedHashMap<>();

    private final Thread thread;
    private volatile boolean stopping;
    private boolean complained;

    StatusWriter(Inventory inventory, InstantSource clock, List<Store.Condition> fence) {
        edits = new StatusEdits(inventory, clock, fence);
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
        try {
            if (edits.write(batch) == StatusEdits.Outcome.AGAIN) {
                again(batch);
                return;
            }
            complained = false;
        } catch (Refusal e) {
            if (HOPELESS.contains(e.reason())) {
                oneByOne(batch, e);
                return;
            }
            if (!stopping && !complained) {
                complained = true;
                LOG.warn("the status of objects cannot be written, that is tried again: {}", e.getMessage());
            }
            again(batch);
            Thread.sleep(RETRY_MS);
        } catch (RuntimeException e) {
            oneByOne(batch, e);
        }
    }

    /** Writes the halves of what is refused as a whole, until the one that is at fault is found. */
    private void oneByOne(List<ObjectState> batch, RuntimeException why) throws InterruptedException {
        if (batch.size() > 1) {
            int half = batch.size() / 2;
            write(batch.subList(0, half));
            write(batch.subList(half, batch.size()));
        } else if (why instanceof Refusal) {
            LOG.warn(
                    "the status of {} cannot be written and stays as it is: {}",
                    batch.getFirst().key(),
                    why.getMessage());
        } else {
            LOG.error(
                    "a defect of this program, the status of {} stays as it is",
                    batch.getFirst().key(),
                    why);
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

    @Override
    public void close() {
        stopping = true;
        thread.interrupt();
    }
}
