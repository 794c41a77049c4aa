package dev.sluice.manager.paths;

import dev.sluice.controller.AgentWatcher;
import dev.sluice.manager.objects.Caller;
import dev.sluice.manager.objects.Edit;
import dev.sluice.manager.objects.Generated;
import dev.sluice.manager.objects.Generated.Content;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.objects.ManagedObject;
import dev.sluice.manager.objects.Refusal;
import dev.sluice.manager.store.Store.Condition;
import dev.sluice.model.Kind;
import dev.sluice.southbound.Paths;
import dev.sluice.southbound.Runtimes;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A {@link PathTable}, a {@link RuntimeTable}, the {@link ServiceStates} and {@link ChainCuts} with a thread, a clock and the store. What it hears is for any thread and never waits; it writes at most once in {@link #GATHER_MS}. */
public final class PathService implements AgentWatcher, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PathService.class);

    /** What happens within so short a time is written at once. */
    private static final long GATHER_MS = 500;

    private static final long RETRY_MS = 2_000;

    /** Most services and chains whose status is written at once. */
    private static final int EDITS_MAX = 500;

    private static final Caller CALLER = new Caller("controller", "controller");

    private final Inventory inventory;
    private final List<Condition> fence;
    private final InstantSource clock;
    private final RoutingWords routing = new RoutingWords();
    private final PathTable table = new PathTable(routing);
    private final RuntimeTable runtimes = new RuntimeTable(routing);
    private final ServiceStates services = new ServiceStates();
    private final ChainCuts cuts = new ChainCuts();
    private final LinkedBlockingQueue<Runnable> mailbox = new LinkedBlockingQueue<>();
    private final Thread thread;
    private boolean remembered;
    private boolean objectsChanged;
    private boolean complained;
    private volatile boolean stopping;

    private PathService(Inventory inventory, List<Condition> fence, InstantSource clock) {
        this.inventory = inventory;
        this.fence = fence;
        this.clock = clock;
        thread = Thread.ofPlatform().daemon().name("sluice-paths").unstarted(this::run);
    }

    /**
     * Starts.
     *
     * @param fence what has to hold in the store for what it writes
     */
    public static PathService start(Inventory inventory, List<Condition> fence, InstantSource clock) {
        PathService service = new PathService(inventory, fence, clock);
        service.thread.start();
        return service;
    }

    /** Objects are others now. */
    public void objectsChanged() {
        mailbox.add(() -> objectsChanged = true);
    }

    @Override
    public void lost(String node) {
        mailbox.add(() -> {
            routing.lost(node);
            table.lost(node);
            runtimes.lost(node);
        });
    }

    @Override
    public void paths(String node, Paths told) {
        mailbox.add(() -> table.told(node, told));
    }

    @Override
    public void runtimes(String node, Runtimes told) {
        mailbox.add(() -> {
            routing.told(node, told.getRoutingList());
            runtimes.told(node, told);
        });
    }

    // The thread.

    private void run() {
        boolean written = true;
        while (!stopping) {
            try {
                // What could not be written is tried again though nothing happens.
                Runnable first = written ? mailbox.take() : mailbox.poll(RETRY_MS, TimeUnit.MILLISECONDS);
                Thread.sleep(GATHER_MS);
                for (Runnable next = first; next != null; next = mailbox.poll()) {
                    next.run();
                }
                written = write();
            } catch (InterruptedException e) {
                return;
            } catch (RuntimeException e) {
                if (!stopping) {
                    LOG.error("a defect of this program, paths and runtimes go on", e);
                }
            }
        }
    }

    private boolean write() {
        try {
            Generated generated = inventory.generated();
            List<ManagedObject> all = generated.all(0);
            Map<String, ManagedObject> before = Generated.of(Kind.SERVICE_PATH, all);
            Map<String, ManagedObject> runtimesBefore = Generated.of(Kind.SERVICE_INSTANCE_RUNTIME, all);
            if (!remembered) {
                // What was told already is newer.
                table.remember(before.values());
                runtimes.remember(runtimesBefore.values());
                remembered = true;
                objectsChanged = true;
            }
            if (objectsChanged) {
                keep();
                objectsChanged = false;
            }
            table.tenants(inventory.tenants());
            Instant now = clock.instant();
            Map<String, Content> pathsNow = table.objects(before, now);
            generated.become(Kind.SERVICE_PATH, before, pathsNow, fence);
            Map<String, Content> runtimesNow = runtimes.objects(runtimesBefore, now);
            generated.become(Kind.SERVICE_INSTANCE_RUNTIME, runtimesBefore, runtimesNow, fence);
            boolean told = tell(pathsNow.values(), runtimesNow.values(), now);
            complained = false;
            return told;
        } catch (Refusal e) {
            if (!stopping && !complained) {
                complained = true;
                LOG.warn("paths and runtimes cannot be written, that is tried again: {}", e.getMessage());
            }
            return false;
        }
    }

    /** Says how services and chains are; whether that is written. */
    private boolean tell(Collection<Content> pathsNow, Collection<Content> runtimesNow, Instant now) {
        Supplier<List<ManagedObject>> objects = () -> inventory.all().objects();
        List<Edit> edits = new ArrayList<>(services.edits(runtimesNow, objects, inventory.tenants(), now));
        edits.addAll(cuts.edits(pathsNow, objects, now));
        try {
            for (int from = 0; from < edits.size(); from += EDITS_MAX) {
                inventory.change(edits.subList(from, Math.min(from + EDITS_MAX, edits.size())), CALLER, false, fence);
            }
            return true;
        } catch (Refusal e) {
            services.again();
            cuts.again();
            if (e.reason() == Refusal.Reason.CONFLICT || e.reason() == Refusal.Reason.NOT_FOUND) {
                // Somebody changed or deleted one at the same moment.
                return false;
            }
            throw e;
        }
    }

    private void keep() {
        Map<Kind, Set<String>> names = new EnumMap<>(Kind.class);
        Set<String> nodes = new HashSet<>();
        List<ManagedObject> objects = inventory.all().objects();
        services.objects(objects);
        cuts.objects(objects);
        for (ManagedObject object : objects) {
            names.computeIfAbsent(object.kind(), _ -> new HashSet<>()).add(object.name());
            nodes.add(
                    object.kind() == Kind.NODE
                            ? object.name()
                            : object.tree().path("spec").path("node").asString(""));
        }
        table.keep(names.getOrDefault(Kind.SERVICE_CHAIN, Set.of()), nodes);
        runtimes.keep(names, nodes);
    }

    @Override
    public void close() {
        stopping = true;
        thread.interrupt();
    }
}
