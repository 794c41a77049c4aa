package dev.sluice.manager.traces;

import dev.sluice.controller.AgentAsker;
import dev.sluice.controller.AgentWatcher;
import dev.sluice.controller.QuestionIds;
import dev.sluice.manager.objects.Caller;
import dev.sluice.manager.objects.Edit;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.objects.ManagedObject;
import dev.sluice.manager.objects.Refusal;
import dev.sluice.manager.objects.Trees;
import dev.sluice.manager.store.Store.Condition;
import dev.sluice.model.Capture;
import dev.sluice.model.Kind;
import dev.sluice.model.ReadObject;
import dev.sluice.model.Resource;
import dev.sluice.model.Traceflow;
import dev.sluice.southbound.Question;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.format.DateTimeParseException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.ObjectNode;

/** Has objects of one kind answered by hosts, once for each spec, and deletes those whose time is over. What it hears is for any thread and never waits; the rest is its own thread's. */
abstract sealed class AskingService implements AgentWatcher, AutoCloseable permits TraceService, CaptureService {
    private static final Logger LOG = LoggerFactory.getLogger(AskingService.class);
    private static final long TICK_MS = 1_000;

    private final Kind kind;

    /** What users call these objects. */
    private final String word;

    private final Caller caller;
    private final Inventory inventory;
    private final List<Condition> fence;
    private final InstantSource clock;
    private final AgentAsker asker;
    private final LinkedBlockingQueue<Runnable> mailbox = new LinkedBlockingQueue<>();

    /** By name, when the time of an object is over. */
    private final Map<String, End> ends = new HashMap<>();

    private final Thread thread;
    private boolean objectsChanged = true;
    private boolean complained;
    private volatile boolean stopping;

    /**
     * When an object is to go.
     *
     * @param revision of the object that says so: another one of the same name has its own time
     */
    private record End(Instant at, long revision) {}

    AskingService(
            Kind kind, String word, Inventory inventory, List<Condition> fence, InstantSource clock, AgentAsker asker) {
        this.kind = kind;
        this.word = word;
        this.inventory = inventory;
        this.fence = fence;
        this.clock = clock;
        this.asker = asker;
        caller = new Caller(word, word);
        thread = Thread.ofPlatform().daemon().name("sluice-" + word).unstarted(this::run);
    }

    /** Begins; once, when everything is in its place. */
    final void start() {
        thread.start();
    }

    /** Objects are others now. */
    public final void objectsChanged() {
        mailbox.add(() -> objectsChanged = true);
    }

    /** Has the thread do something. */
    final void later(Runnable work) {
        mailbox.add(work);
    }

    // What the two do each in their own way; their thread.

    /** These are there now: what belongs to others is over. */
    abstract void keep(List<ManagedObject> there);

    /** Asks what an object asks, unless that was done for this generation of it. */
    abstract void begin(ManagedObject object);

    /** Time passes. */
    abstract void tick(long nowNs);

    // The thread.

    private void run() {
        while (!stopping) {
            try {
                for (Runnable next = mailbox.poll(TICK_MS, TimeUnit.MILLISECONDS);
                        next != null;
                        next = mailbox.poll()) {
                    next.run();
                }
                tick(System.nanoTime());
                look();
                complained = false;
            } catch (InterruptedException e) {
                return;
            } catch (Refusal e) {
                if (!stopping && !complained) {
                    complained = true;
                    LOG.warn("{} cannot be written, that is tried again: {}", word, e.getMessage());
                }
                objectsChanged = true;
            } catch (RuntimeException e) {
                if (!stopping) {
                    LOG.error("a defect of this program, {} go on", word, e);
                }
            }
        }
    }

    private void look() {
        Instant now = clock.instant();
        if (objectsChanged) {
            List<ManagedObject> there = inventory.all().objects().stream()
                    .filter(object -> object.kind() == kind)
                    .toList();
            objectsChanged = false;
            ends.clear();
            keep(there);
            for (ManagedObject object : there) {
                ends.put(object.name(), new End(end(object, now), object.revision()));
                begin(object);
            }
        }
        List<Edit> over = ends.entrySet().stream()
                .filter(each -> !each.getValue().at().isAfter(now))
                .<Edit>map(each ->
                        new Edit.Remove(kind, each.getKey(), each.getValue().revision()))
                .toList();
        for (Edit edit : over) {
            change(edit);
        }
    }

    private static Instant end(ManagedObject object, Instant now) {
        Duration life =
                Duration.ofNanos(read(object).map(AskingService::timeToLiveNs).orElse(0L));
        try {
            return Instant.parse(object.tree()
                            .path("metadata")
                            .path("creationTimestamp")
                            .asString(""))
                    .plus(life);
        } catch (DateTimeParseException e) {
            return now.plus(life);
        }
    }

    private static long timeToLiveNs(Resource resource) {
        return switch (resource) {
            case Traceflow trace -> trace.spec().timeToLiveNs();
            case Capture capture -> capture.spec().timeToLiveNs();
            default -> 0;
        };
    }

    /** What an object says. */
    static Optional<Resource> read(ManagedObject object) {
        return ReadObject.read(Trees.text(object.written())).map(ReadObject::resource);
    }

    // For the two.

    final Instant now() {
        return clock.instant();
    }

    final Inventory inventory() {
        return inventory;
    }

    final long nextId() {
        return QuestionIds.next();
    }

    /** Asks an agent; the thread hears why it cannot be asked. */
    final void ask(String node, String questionWord, Question question, Consumer<String> refused) {
        asker.ask(node, questionWord, question, problem -> {
            if (!problem.isEmpty()) {
                mailbox.add(() -> refused.accept(problem));
            }
        });
    }

    /** Where a Port is; empty: there is none of that name, or it says no node. */
    final String nodeOf(String port) {
        if (!port.matches("[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?")) {
            return "";
        }
        return inventory
                .get(Kind.PORT, port)
                .map(found -> found.tree().path("spec").path("node").asString(""))
                .orElse("");
    }

    /** Writes the status of an object, if it still asks the same; whether it does. */
    final boolean write(ManagedObject object, ObjectNode status) {
        Optional<ManagedObject> now = inventory.get(kind, object.name());
        return now.isPresent()
                && isSame(object, now.get())
                && change(new Edit.SetStatus(kind, object.name(), now.get().revision(), status));
    }

    /** Whether nobody has asked for anything else meanwhile, nor deleted it and made another of its name. */
    static boolean isSame(ManagedObject before, ManagedObject now) {
        return before.uid().equals(now.uid()) && before.generation() == now.generation();
    }

    /** Whether it is done: if not, somebody deleted or changed the object meanwhile, and it is looked at again. */
    private boolean change(Edit edit) {
        objectsChanged = true;
        try {
            inventory.change(List.of(edit), caller, false, fence);
            return true;
        } catch (Refusal e) {
            if (e.reason() != Refusal.Reason.NOT_FOUND && e.reason() != Refusal.Reason.CONFLICT) {
                throw e;
            }
            return false;
        }
    }

    @Override
    public void close() {
        stopping = true;
        thread.interrupt();
    }
}
