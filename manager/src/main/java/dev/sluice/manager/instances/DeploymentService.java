package dev.sluice.manager.instances;

import dev.sluice.controller.Controller;
import dev.sluice.controller.Distribution;
import dev.sluice.controller.ObjectState;
import dev.sluice.controller.WantedObject;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.objects.Refusal;
import dev.sluice.manager.store.Store.Condition;
import dev.sluice.model.Kind;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@link Deployments} with a thread and a clock. Any thread. */
public final class DeploymentService implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DeploymentService.class);
    private static final long STEP_MS = 250;
    private static final long IDLE_MS = 1_000;
    private static final long ANSWER_MS = 5_000;

    private final Deployments deployments;
    private final InstantSource clock;
    private final Thread thread;
    private volatile boolean stopping;
    private boolean complained;

    private DeploymentService(
            Inventory inventory, List<Condition> fence, Controller controller, InstantSource clock) {
        this.clock = clock;
        deployments = new Deployments(inventory, fence, names -> look(controller, names));
        thread = Thread.ofPlatform().daemon().name("sluice-deployments").unstarted(this::run);
    }

    /**
     * Begins.
     *
     * @param fence what has to hold in the store for what it writes
     */
    public static DeploymentService start(
            Inventory inventory, List<Condition> fence, Controller controller, InstantSource clock) {
        DeploymentService service = new DeploymentService(inventory, fence, controller, clock);
        service.thread.start();
        return service;
    }

    private static Sight look(Controller controller, Collection<String> names) throws InterruptedException {
        List<String> wanted = List.copyOf(names);
        CompletableFuture<Sight> sight = new CompletableFuture<>();
        controller.ask(distribution -> sight.complete(sight(distribution, wanted)));
        try {
            return sight.get(ANSWER_MS, TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new Refusal(Refusal.Reason.UNAVAILABLE, "the controller does not answer", "it is asked again");
        }
    }

    private static Sight sight(Distribution distribution, List<String> names) {
        Map<String, ObjectState> states = new HashMap<>();
        for (String name : names) {
            ObjectState state = distribution.state(WantedObject.key(Kind.SERVICE_INSTANCE, name));
            if (state != null) {
                states.put(name, state);
            }
        }
        return new Sight(distribution.hosts(), states);
    }

    private void run() {
        while (!stopping) {
            try {
                boolean busy = deployments.step(clock.instant(), System.nanoTime());
                complained = false;
                Thread.sleep(busy ? STEP_MS : IDLE_MS);
            } catch (InterruptedException e) {
                return;
            } catch (RuntimeException e) {
                if (pauseAfter(e)) {
                    return;
                }
            }
        }
    }

    /** Whether it is to end. */
    private boolean pauseAfter(RuntimeException e) {
        if (!stopping && !complained) {
            complained = true;
            if (e instanceof Refusal) {
                LOG.warn("deployments stay as they are until it works: {}", e.getMessage());
            } else {
                LOG.error("a defect of this program, the manager goes on", e);
            }
        }
        try {
            Thread.sleep(IDLE_MS);
            return stopping;
        } catch (InterruptedException interrupted) {
            return true;
        }
    }

    @Override
    public void close() {
        stopping = true;
        thread.interrupt();
    }
}
