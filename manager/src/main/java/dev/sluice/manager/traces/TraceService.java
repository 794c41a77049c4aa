package dev.sluice.manager.traces;

import dev.sluice.controller.AgentWatcher;
import dev.sluice.manager.objects.Caller;
import dev.sluice.manager.objects.Edit;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.objects.ManagedObject;
import dev.sluice.manager.objects.Refusal;
import dev.sluice.manager.objects.Trees;
import dev.sluice.manager.store.Store.Condition;
import dev.sluice.model.Kind;
import dev.sluice.model.ReadObject;
import dev.sluice.model.Traceflow;
import dev.sluice.southbound.Foretold;
import dev.sluice.southbound.Question;
import dev.sluice.southbound.Reply;
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

/** Has traces answered by hosts, writes what they say into their status, and deletes those whose time is over. What it hears is for any thread and never waits. */
public final class TraceService implements AgentWatcher, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TraceService.class);
    private static final Caller CALLER = new Caller("traces", "traces");
    private static final String WORD = "foretell";
    private static final long TICK_MS = 1_000;

    private final Inventory inventory;
    private final List<Condition> fence;
    private final InstantSource clock;
    private final Asker asker;
    private final LinkedBlockingQueue<Runnable> mailbox = new LinkedBlockingQueue<>();
    private final Map<String, Trace> underWay = new HashMap<>();

    /** By name, when the time of a trace is over. */
    private final Map<String, Instant> ends = new HashMap<>();

    private final Thread thread;
    private boolean objectsChanged = true;
    private boolean complained;
    private long lastId;
    private volatile boolean stopping;

    /** Who asks agents. */
    @FunctionalInterface
    public interface Asker {
        /**
         * Asks one; never waits.
         *
         * @param word what kind of question it is
         * @param problem gets why it cannot be asked; empty: it was
         */
        void ask(String node, String word, Question question, Consumer<String> problem);
    }

    private TraceService(Inventory inventory, List<Condition> fence, InstantSource clock, Asker asker) {
        this.inventory = inventory;
        this.fence = fence;
        this.clock = clock;
        this.asker = asker;
        thread = Thread.ofPlatform().daemon().name("sluice-traces").unstarted(this::run);
    }

    /**
     * Starts.
     *
     * @param fence what has to hold in the store for what it writes
     */
    public static TraceService start(Inventory inventory, List<Condition> fence, InstantSource clock, Asker asker) {
        TraceService service = new TraceService(inventory, fence, clock, asker);
        service.thread.start();
        return service;
    }

    /** Objects are others now. */
    public void objectsChanged() {
        mailbox.add(() -> objectsChanged = true);
    }

    @Override
    public void reply(String node, Reply reply) {
        mailbox.add(() -> heard(node, reply));
    }

    @Override
    public void lost(String node) {
        mailbox.add(() -> List.copyOf(underWay.values()).stream()
                .filter(trace -> trace.node().equals(node))
                .forEach(trace -> write(trace, trace.failed("NoAnswer", "its agent has gone", clock.instant()))));
    }

    // The thread.

    private void run() {
        while (!stopping) {
            try {
                for (Runnable next = mailbox.poll(TICK_MS, TimeUnit.MILLISECONDS);
                        next != null;
                        next = mailbox.poll()) {
                    next.run();
                }
                long nowNs = System.nanoTime();
                List.copyOf(underWay.values()).stream()
                        .filter(trace -> trace.isLate(nowNs))
                        .forEach(trace -> write(trace, trace.failed("NoAnswer", "no answer in time", clock.instant())));
                look();
                complained = false;
            } catch (InterruptedException e) {
                return;
            } catch (Refusal e) {
                if (!stopping && !complained) {
                    complained = true;
                    LOG.warn("traces cannot be written, that is tried again: {}", e.getMessage());
                }
                objectsChanged = true;
            } catch (RuntimeException e) {
                if (!stopping) {
                    LOG.error("a defect of this program, traces go on", e);
                }
            }
        }
    }

    private void look() {
        Instant now = clock.instant();
        if (objectsChanged) {
            objectsChanged = false;
            ends.clear();
            for (ManagedObject object : inventory.all().objects()) {
                if (object.kind() == Kind.TRACEFLOW) {
                    ends.put(object.name(), end(object, now));
                    begin(object);
                }
            }
            underWay.keySet().retainAll(ends.keySet());
        }
        List<Edit> over = ends.entrySet().stream()
                .filter(each -> !each.getValue().isAfter(now))
                .<Edit>map(each -> new Edit.Remove(Kind.TRACEFLOW, each.getKey(), 0))
                .toList();
        for (Edit edit : over) {
            change(edit);
        }
    }

    private static Instant end(ManagedObject object, Instant now) {
        Duration life = ReadObject.read(Trees.text(object.written()))
                .map(read -> (Traceflow) read.resource())
                .map(trace -> Duration.ofNanos(trace.spec().timeToLiveNs()))
                .orElse(Duration.ZERO);
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

    /** Asks, unless this generation was asked already. */
    private void begin(ManagedObject object) {
        long answered = object.tree().path("status").path("observedGeneration").asLong(0);
        Trace before = underWay.get(object.name());
        if (answered == object.generation()
                || (before != null && before.object().generation() == object.generation())) {
            return;
        }
        String node = node(object);
        Trace trace = new Trace(object, node);
        underWay.put(object.name(), trace);
        if (node.isEmpty()) {
            write(
                    trace,
                    trace.failed(
                            "NoSuchPort",
                            "there is no Port "
                                    + object.tree().path("spec").path("port").asString("")
                                    + " with a node; name a Port, or write node too",
                            clock.instant()));
            return;
        }
        ask(trace, trace.begin(++lastId, System.nanoTime()));
    }

    private String node(ManagedObject object) {
        var spec = object.tree().path("spec");
        String said = spec.path("node").asString("");
        if (!said.isEmpty()) {
            return said;
        }
        Optional<ManagedObject> port = Optional.empty();
        String name = spec.path("port").asString("");
        if (name.matches("[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?")) {
            port = inventory.get(Kind.PORT, name);
        }
        return port.map(found -> found.tree().path("spec").path("node").asString(""))
                .orElse("");
    }

    private void ask(Trace trace, Question question) {
        asker.ask(trace.node(), WORD, question, problem -> {
            if (!problem.isEmpty()) {
                mailbox.add(() -> {
                    if (trace.awaits(trace.node(), question.getId())) {
                        write(trace, trace.failed("NotAsked", problem, clock.instant()));
                    }
                });
            }
        });
    }

    private void heard(String node, Reply reply) {
        Optional<Trace> waiting = underWay.values().stream()
                .filter(trace -> trace.awaits(node, reply.getId()))
                .findFirst();
        if (waiting.isEmpty()) {
            // It came too late, or the trace was deleted meanwhile.
            return;
        }
        Trace trace = waiting.get();
        if (!reply.hasForetold()) {
            String why =
                    reply.getProblem().isEmpty() ? "an answer that this manager does not know" : reply.getProblem();
            write(trace, trace.failed("Refused", why, clock.instant()));
            return;
        }
        Foretold told = reply.getForetold();
        if (trace.take(told)) {
            ask(trace, trace.goOn(told, ++lastId, System.nanoTime()));
        } else {
            String more = told.getPeer().isEmpty() ? "" : ", without end";
            write(trace, trace.ended(told, more, clock.instant()));
        }
    }

    private void write(Trace trace, ObjectNode status) {
        ManagedObject object = trace.object();
        Optional<ManagedObject> now = inventory.get(Kind.TRACEFLOW, object.name());
        if (now.isPresent() && now.get().generation() == object.generation()) {
            change(new Edit.SetStatus(Kind.TRACEFLOW, object.name(), now.get().revision(), status));
        }
        underWay.remove(object.name(), trace);
    }

    private void change(Edit edit) {
        try {
            inventory.change(List.of(edit), CALLER, false, fence);
        } catch (Refusal e) {
            if (e.reason() != Refusal.Reason.NOT_FOUND && e.reason() != Refusal.Reason.CONFLICT) {
                throw e;
            }
            // Somebody deleted or changed it meanwhile: it is looked at again.
        }
        objectsChanged = true;
    }

    @Override
    public void close() {
        stopping = true;
        thread.interrupt();
    }
}
