package dev.sluice.manager.callbacks;

import dev.sluice.manager.callbacks.Callbacks.Due;
import dev.sluice.manager.callbacks.Callbacks.State;
import dev.sluice.manager.events.EventLog;
import dev.sluice.manager.events.Happening;
import dev.sluice.manager.objects.Caller;
import dev.sluice.manager.objects.Edit;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.objects.ManagedObject;
import dev.sluice.manager.objects.ObjectEvent;
import dev.sluice.manager.objects.Refusal;
import dev.sluice.manager.objects.Tenants;
import dev.sluice.manager.store.Election.Term;
import dev.sluice.model.Kind;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@link Callbacks} with a thread, a clock and a network, for as long as its manager leads. Any thread. */
public final class CallbackService implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CallbackService.class);
    private static final Caller CALLER = new Caller("service-managers", "service-managers");

    /** An answer is waited for no longer than that before it is looked at. */
    private static final long LOOK_MS = 100;

    private static final long IDLE_MS = 1_000;

    private final Inventory inventory;
    private final EventLog events;
    private final Term term;
    private final InstantSource clock;
    private final CallbackClient client;
    private final Callbacks callbacks = new Callbacks();
    private final ConcurrentLinkedQueue<Answer> answers = new ConcurrentLinkedQueue<>();
    private final Thread thread;
    private volatile boolean stopping;
    private long revision = -1;
    private Tenants tenants = new Tenants(new TreeSet<>());
    private boolean complained;
    private int underWay;

    /** What came of a call. */
    private record Answer(Due due, String failure) {}

    private CallbackService(
            Inventory inventory, EventLog events, Term term, CallbackOptions options, InstantSource clock) {
        this.inventory = inventory;
        this.events = events;
        this.term = term;
        this.clock = clock;
        client = new CallbackClient(options);
        thread = Thread.ofPlatform().daemon().name("sluice-callbacks").unstarted(this::run);
    }

    /**
     * Begins.
     *
     * @param events hears of calls in vain
     * @param term without which nobody is called and nothing is written
     * @param options how service managers are called
     */
    public static CallbackService start(
            Inventory inventory, EventLog events, Term term, CallbackOptions options, InstantSource clock) {
        CallbackService service = new CallbackService(inventory, events, term, options, clock);
        service.thread.start();
        return service;
    }

    private void run() {
        while (!stopping) {
            try {
                if (!term.holds().getAsBoolean()) {
                    Thread.sleep(LOOK_MS);
                    continue;
                }
                step();
                complained = false;
                long idleMs = callbacks.idleNs(System.nanoTime(), IDLE_MS * 1_000_000) / 1_000_000 + 1;
                inventory.await(Math.max(revision, 0), underWay > 0 ? LOOK_MS : Math.min(idleMs, IDLE_MS));
            } catch (InterruptedException e) {
                return;
            } catch (RuntimeException e) {
                complain(e);
                pause();
            }
        }
    }

    private void complain(RuntimeException e) {
        if (!stopping && !complained) {
            complained = true;
            if (e instanceof Refusal) {
                LOG.warn("service managers are told later: {}", e.getMessage());
            } else {
                LOG.error("a defect of this program, the manager goes on", e);
            }
        }
    }

    private void pause() {
        try {
            Thread.sleep(IDLE_MS);
        } catch (InterruptedException e) {
            stopping = true;
        }
    }

    private void step() {
        look();
        for (Answer answer = answers.poll(); answer != null; answer = answers.poll()) {
            underWay--;
            callbacks.answered(answer.due(), answer.failure(), System.nanoTime());
            if (!answer.failure().isEmpty()) {
                events.add(new Happening(
                        Happening.Reason.CALL_FAILED,
                        Kind.SERVICE_MANAGER,
                        answer.due().manager(),
                        "",
                        "was called in vain: " + answer.failure()));
            }
        }
        for (Due due : callbacks.due(System.nanoTime())) {
            underWay++;
            Thread.ofVirtual().name("sluice-callback-" + due.manager()).start(() -> call(due));
        }
        List<State> news = callbacks.news();
        try {
            write(news);
        } catch (RuntimeException e) {
            callbacks.again(news);
            boolean meanwhile = e instanceof Refusal refusal
                    && (refusal.reason() == Refusal.Reason.CONFLICT || refusal.reason() == Refusal.Reason.NOT_FOUND);
            if (!meanwhile) {
                throw e;
            }
            // An object was changed or deleted meanwhile: what is to be said of it is worked out anew.
        }
    }

    private void call(Due due) {
        String failure = "the manager is ending";
        try {
            failure = client.call(due);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            LOG.error("a defect of this program, at the call of service manager {}", due.manager(), e);
            failure = "a defect of the manager: " + e.getMessage();
        } finally {
            answers.add(new Answer(due, failure));
        }
    }

    /** Takes in what objects have become, if that may be of interest to anybody. */
    private void look() {
        Tenants now = inventory.tenants();
        boolean others = !now.equals(tenants);
        if (revision < 0 || others || concerns()) {
            Inventory.All all = inventory.all();
            tenants = now;
            callbacks.wanted(Assignment.all(all.objects(), tenants));
            revision = all.revision();
        }
    }

    private boolean concerns() {
        long newest = inventory.revision();
        while (revision < newest) {
            List<ObjectEvent> events;
            try {
                events = inventory.events(revision);
            } catch (Refusal e) {
                if (e.reason() == Refusal.Reason.GONE) {
                    return true;
                }
                throw e;
            }
            if (events.stream().anyMatch(CallbackService::matters)) {
                return true;
            }
            revision = events.isEmpty() ? newest : events.getLast().revision();
        }
        return false;
    }

    private static boolean matters(ObjectEvent event) {
        return Assignment.dependsOn(event.object().kind())
                && (event.previous().isEmpty()
                        || event.type() == ObjectEvent.Type.DELETED
                        || event.previous().get().generation() != event.object().generation());
    }

    private void write(List<State> news) {
        List<Edit> edits = new ArrayList<>();
        for (State state : news) {
            String name = state.assignment().manager().name();
            Optional<ManagedObject> object = inventory.get(Kind.SERVICE_MANAGER, name);
            if (object.isPresent()
                    && object.get().generation() == state.assignment().manager().generation()) {
                CallbackStatus.of(object.get(), state, clock.instant())
                        .ifPresent(status -> edits.add(new Edit.SetStatus(
                                Kind.SERVICE_MANAGER, name, object.get().revision(), status)));
            }
        }
        if (!edits.isEmpty()) {
            inventory.change(edits, CALLER, false, term.fence());
        }
    }

    @Override
    public void close() {
        stopping = true;
        thread.interrupt();
    }
}
