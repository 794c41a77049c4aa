package dev.sluice.manager;

import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.objects.Refusal;
import dev.sluice.manager.store.Store.Condition;
import dev.sluice.manager.store.StoreException;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes back what nobody confirmed in time, as long as this manager leads. One thread of its own. */
final class TrialService implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TrialService.class);
    private static final long STEP_MS = 500;

    private final Inventory inventory;
    private final List<Condition> fence;
    private final Thread thread;
    private boolean complained;

    private TrialService(Inventory inventory, List<Condition> fence) {
        this.inventory = inventory;
        this.fence = fence;
        thread = Thread.ofVirtual().name("sluice-trials").unstarted(this::run);
    }

    /**
     * Begins.
     *
     * @param fence what has to hold in the store for what it writes
     */
    static TrialService start(Inventory inventory, List<Condition> fence) {
        TrialService service = new TrialService(inventory, fence);
        service.thread.start();
        return service;
    }

    private void run() {
        try {
            while (true) {
                step();
                Thread.sleep(STEP_MS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void step() {
        try {
            inventory
                    .trials()
                    .step(fence)
                    .ifPresent(trial -> LOG.warn(
                            "revision {} of {} was not confirmed, and is taken back", trial.revision(), trial.user()));
            complained = false;
        } catch (Refusal | StoreException e) {
            if (!complained) {
                LOG.warn("what is on trial stays until it can be taken back: {}", e.getMessage());
            }
            complained = true;
        } catch (RuntimeException e) {
            if (!complained) {
                LOG.error("a defect of this program, what is on trial stays", e);
            }
            complained = true;
        }
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
