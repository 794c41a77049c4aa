package dev.sluice.manager.objects;

import dev.sluice.manager.objects.Refusal.Reason;
import dev.sluice.manager.store.Backup;
import dev.sluice.manager.store.CompactedException;
import dev.sluice.manager.store.Store;
import dev.sluice.manager.store.Store.Change;
import dev.sluice.manager.store.Store.Committed;
import dev.sluice.manager.store.Store.Condition;
import dev.sluice.manager.store.Store.Conflict;
import dev.sluice.manager.store.Store.Delete;
import dev.sluice.manager.store.Store.Entry;
import dev.sluice.manager.store.Store.Event;
import dev.sluice.manager.store.Store.Listing;
import dev.sluice.manager.store.Store.Put;
import dev.sluice.manager.store.StoreException;
import dev.sluice.model.ExistingFlows;
import dev.sluice.model.Kind;
import java.time.Duration;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/** All objects, and the only way to change them. Any thread; changes of the configuration are one after the other. */
public final class Inventory {
    /** Most objects in one part of a listing. */
    public static final int PAGE_MAX = 500;

    /** Most edits in one request. */
    public static final int EDITS_MAX = 10_000;

    /** Written by every change of the configuration: two that are checked against the same state cannot both be stored. */
    static final String HEAD = "head";

    /** Where users, tenants and tokens are in the store. */
    private static final String ACCESS_PREFIX = "access/";

    private static final int TRIES_MAX = 8;
    private static final int EVENTS_MAX = 1_000;

    private final Store store;
    private final InstantSource clock;
    private final Generated generated;
    private final History history;
    private final Trials trials;
    private final ReentrantLock lock = new ReentrantLock();

    /** Guarded by the lock. */
    private final Snapshot snapshot;

    /** Guarded by the lock. */
    private final WholeCheck model = new WholeCheck();

    /** Guarded by the lock. */
    private final TenantChecks tenantChecks = new TenantChecks();

    /** Why the last change could not be stored; empty: it could. */
    private volatile String lastFailure = "";

    /** Keeps its objects in a store, and changes of them for the usual time. */
    public Inventory(Store store, InstantSource clock) {
        this(store, clock, History.Bounds.USUAL);
    }

    /** Keeps its objects in a store, and changes of them within bounds. */
    public Inventory(Store store, InstantSource clock, History.Bounds kept) {
        this.store = store;
        this.clock = clock;
        generated = new Generated(store, clock);
        history = new History(store, this, clock, kept);
        trials = new Trials(store, this, clock);
        snapshot = new Snapshot(store);
    }

    /**
     * A part of a listing.
     *
     * @param revision that all parts of the listing are of
     * @param next what asks for the next part; empty: this was the last one
     */
    public record Page(long revision, List<ManagedObject> objects, String next) {}

    /**
     * All objects at one revision.
     *
     * @param objects by kind, then by name
     */
    public record All(long revision, List<ManagedObject> objects) {}

    /** The object of that kind and name. */
    public Optional<ManagedObject> get(Kind kind, String name) {
        return guarded(() -> store.get(ManagedObject.key(kind, name)).map(ManagedObject::of));
    }

    /** Everything there is. */
    public All all() {
        lock.lock();
        try {
            snapshot.refresh();
            return new All(snapshot.revision(), List.copyOf(snapshot.objects().values()));
        } finally {
            lock.unlock();
        }
    }

    /**
     * The objects of a kind, in the order of names.
     *
     * @param wanted which of them
     * @param limit 1..{@value #PAGE_MAX}
     * @param next empty, or what the part before gave
     */
    public Page list(Kind kind, Predicate<ManagedObject> wanted, int limit, String next) {
        Continuation from = Continuation.parse(next, kind);
        List<ManagedObject> found = new ArrayList<>();
        long revision = from.revision();
        String after = from.key();
        try {
            while (true) {
                String behind = after;
                long asOf = revision;
                Listing part = store.list(ManagedObject.prefix(kind), behind, PAGE_MAX, asOf);
                revision = part.revision();
                for (Entry entry : part.entries()) {
                    ManagedObject object = ManagedObject.of(entry);
                    if (wanted.test(object)) {
                        if (found.size() == limit) {
                            // Behind the last one that is wanted: what stands in between may be nobody's business.
                            String last = found.getLast().key();
                            return new Page(revision, found, new Continuation(revision, last).text());
                        }
                        found.add(object);
                    }
                    after = entry.key();
                }
                if (!part.more()) {
                    return new Page(revision, found, "");
                }
            }
        } catch (CompactedException e) {
            throw gone(e, "list from the beginning again");
        } catch (StoreException e) {
            throw refusal(e);
        }
    }

    /** The newest revision of the store. */
    public long revision() {
        return store.revision();
    }

    /** What happened to objects behind a revision, oldest first. */
    public List<ObjectEvent> events(long after) {
        try {
            return store.events(ManagedObject.PREFIX, after, EVENTS_MAX).stream()
                    .map(ObjectEvent::of)
                    .toList();
        } catch (CompactedException e) {
            throw gone(e, "list again, and watch from the version of the listing");
        } catch (StoreException e) {
            throw refusal(e);
        }
    }

    /** The same, and what happened to objects that the manager makes. */
    public List<ObjectEvent> allEvents(long after) {
        try {
            // What is stored while one is read must not be taken for what comes behind the other.
            long newest = store.revision();
            List<Event> written = store.events(ManagedObject.PREFIX, after, EVENTS_MAX);
            List<Event> generated = store.events(ManagedObject.GENERATED_PREFIX, after, EVENTS_MAX);
            long end = Math.min(newest, Math.min(end(written), end(generated)));
            Stream<Event> known = generated.stream().filter(event -> ManagedObject.isKnown(event.entry()));
            return Stream.concat(written.stream(), known)
                    .map(ObjectEvent::of)
                    .filter(event -> event.revision() <= end)
                    .sorted(Comparator.comparingLong(ObjectEvent::revision))
                    .toList();
        } catch (CompactedException e) {
            throw gone(e, "list again, and watch from the version of the listing");
        } catch (StoreException e) {
            throw refusal(e);
        }
    }

    /** Up to which revision nothing is left off. */
    private static long end(List<Event> events) {
        return events.size() < EVENTS_MAX
                ? Long.MAX_VALUE
                : events.getLast().entry().revision();
    }

    /** What changes behind a revision said of flows in progress, by their revisions; those that said nothing are not in it. */
    public Map<Long, ExistingFlows> saidOfFlows(long after) {
        return guarded(() -> FlowWords.behind(store, after, EVENTS_MAX));
    }

    /** Objects that the manager makes itself. */
    public Generated generated() {
        return generated;
    }

    /** The changes of objects that people made. */
    public History history() {
        return history;
    }

    /** Changes that are taken back if nobody confirms them. */
    public Trials trials() {
        return trials;
    }

    /** Waits for something newer than a revision; the newest one. */
    public long await(long after, long timeoutMs) throws InterruptedException {
        try {
            return store.await(after, timeoutMs);
        } catch (StoreException e) {
            throw refusal(e);
        }
    }

    /** Does all edits or none. */
    public Changed change(List<Edit> edits, Caller caller, boolean dryRun) {
        return change(edits, caller, dryRun, List.of());
    }

    /**
     * Does all edits or none.
     *
     * @param fence what has to hold besides, whatever the objects are
     * @throws Refusal if that does not hold, among others
     */
    public Changed change(List<Edit> edits, Caller caller, boolean dryRun, List<Condition> fence) {
        if (edits.isEmpty()) {
            throw new Refusal(Reason.BAD_REQUEST, "the request holds 0 objects", "send 1.." + EDITS_MAX + " objects");
        }
        return change(_ -> edits, caller, dryRun, fence);
    }

    /** Edits that follow from what there is. */
    interface Plan {
        /** Works them out; may be asked more than once, as long as objects or history change meanwhile. */
        List<Edit> edits(Map<String, ManagedObject> objects);

        /** The revision that it goes back to; empty: it is no rollback. */
        default OptionalLong backTo() {
            return OptionalLong.empty();
        }

        /** How long it is on trial; empty: it is not. */
        default Optional<Duration> trial() {
            return Optional.empty();
        }

        /** What is on trial and ends with it; empty: nothing may be. */
        default Optional<Trials.Pending> ends() {
            return Optional.empty();
        }
    }

    /** Does all edits of a plan or none. */
    Changed change(Plan plan, Caller caller, boolean dryRun, List<Condition> fence) {
        lock.lock();
        try {
            for (int tries = 1; tries <= TRIES_MAX; tries++) {
                snapshot.refresh();
                Optional<Changed> changed = attempt(plan, caller, dryRun, fence);
                if (changed.isPresent()) {
                    return changed.get();
                }
            }
        } catch (StoreException e) {
            lastFailure = String.valueOf(e.getMessage());
            throw refusal(e);
        } finally {
            lock.unlock();
        }
        throw new Refusal(Reason.UNAVAILABLE, "others change objects all the time", "try again");
    }

    /** Empty if somebody else was faster. */
    private Optional<Changed> attempt(Plan plan, Caller caller, boolean dryRun, List<Condition> fence) {
        String time = time();
        NavigableMap<String, ManagedObject> objects = snapshot.objects();
        List<Edit> edits = plan.edits(objects);
        if (edits.size() > EDITS_MAX) {
            throw new Refusal(
                    Reason.TOO_LARGE,
                    "the request holds " + edits.size() + " objects",
                    "at most " + EDITS_MAX + " objects; do it in several steps");
        }
        Draft draft = new Draft(objects, caller, Tenants.of(store), time);
        draft.edit(edits);
        List<String> warnings = draft.check(model, tenantChecks);
        List<Change> changes = new ArrayList<>();
        for (Changed.Item item : draft.items()) {
            switch (item.what()) {
                case UNCHANGED -> {}
                case DELETED -> changes.add(new Delete(item.object().key()));
                case CREATED, CONFIGURED ->
                    changes.add(new Put(item.object().key(), item.object().value()));
            }
        }
        List<String> differences = draft.isRecorded() ? draft.differences() : List.of();
        if (dryRun || changes.isEmpty()) {
            return Optional.of(new Changed(snapshot.revision(), dryRun, draft.items(), warnings, differences));
        }
        checkSizes(changes);
        List<Condition> conditions = new ArrayList<>(fence);
        for (String key : draft.touched()) {
            ManagedObject was = objects.get(key);
            conditions.add(new Condition(key, was == null ? 0 : was.revision()));
        }
        caller.existingFlows().ifPresent(flows -> changes.add(FlowWords.put(flows)));
        if (draft.isRecorded()) {
            Optional<Entry> head = store.get(HEAD);
            if (head.map(Entry::revision).orElse(0L) > snapshot.revision()) {
                return Optional.empty();
            }
            List<History.Was> undone = draft.undone();
            Told told = new Told(draft.titles(), differences, undone, plan.backTo());
            long number = record(head, time, caller, told, conditions, changes);
            if (!undone.isEmpty()) {
                plan.trial().ifPresent(wait -> changes.add(trials.begin(caller, number, wait)));
            }
            plan.ends()
                    .ifPresentOrElse(
                            trial -> {
                                conditions.add(trial.condition());
                                changes.add(Trials.end());
                            },
                            () -> {
                                // What is known of objects is not taken back, so it does not wait.
                                if (!undone.isEmpty()) {
                                    trials.checkFree(caller);
                                }
                            });
        }
        return switch (store.commit(conditions, changes)) {
            case Conflict(Condition failed, long _)
            when fence.contains(failed) ->
                throw new Refusal(Reason.UNAVAILABLE, "this manager leads no longer", "leave it to the one that does");
            case Conflict _ -> Optional.empty();
            case Committed(long revision) -> {
                lastFailure = "";
                yield Optional.of(stored(draft, revision, warnings, differences));
            }
        };
    }

    /**
     * What a transaction leaves in the record of changes, and in the history.
     *
     * @param undone what goes into the history; nothing: it is none of its changes
     * @param backTo the revision that is gone back to; empty: it is no rollback
     */
    private record Told(
            List<String> objects, List<String> differences, List<History.Was> undone, OptionalLong backTo) {}

    /** Adds an entry of the record to a transaction, and the condition that nobody else does meanwhile; the number of the newest change of the history. */
    private static long record(
            Optional<Entry> stored,
            String time,
            Caller caller,
            Told told,
            List<Condition> conditions,
            List<Change> changes) {
        Audit.Next record =
                Audit.next(Audit.Head.of(stored), time, caller, told.objects, told.differences, told.backTo);
        Audit.Head head = record.head();
        if (!told.undone.isEmpty()) {
            History.Next next = History.next(head, time, caller, told.undone, told.backTo);
            head = next.head();
            changes.addAll(next.changes());
        }
        conditions.add(new Condition(HEAD, stored.map(Entry::revision).orElse(0L)));
        changes.add(record.entry());
        changes.add(new Put(HEAD, head.value()));
        return head.changes();
    }

    /**
     * Something that is no object.
     *
     * @param what what is done, as it stands in the record: {@code created User/alice}
     * @param differences field by field
     * @param conditions that have to hold besides
     */
    public record Deed(String what, List<String> differences, List<Condition> conditions, List<Change> changes) {}

    /**
     * Stores something that is no object, with an entry in the record of changes.
     *
     * @throws Refusal if one of its conditions does not hold
     */
    public void store(Caller caller, Deed deed) {
        store(caller, () -> deed);
    }

    /**
     * The same, where what is stored follows from objects, users or tenants: it is worked out anew for as long as one of these changes meanwhile.
     *
     * @param deed works it out, or refuses; may be asked more than once
     */
    public void store(Caller caller, Supplier<Deed> deed) {
        lock.lock();
        try {
            for (int tries = 1; tries <= TRIES_MAX; tries++) {
                // First of all: whatever is read behind it and changes before the commit makes that fail.
                Optional<Entry> head = store.get(HEAD);
                Deed wanted = deed.get();
                List<Condition> conditions = new ArrayList<>(wanted.conditions);
                List<Change> changes = new ArrayList<>(wanted.changes);
                Told told = new Told(List.of(wanted.what), wanted.differences, List.of(), OptionalLong.empty());
                record(head, time(), caller, told, conditions, changes);
                Store.Outcome outcome = store.commit(conditions, changes);
                if (outcome instanceof Committed) {
                    lastFailure = "";
                    return;
                }
                if (outcome instanceof Conflict(Condition failed, long _)
                        && !failed.key().equals(HEAD)) {
                    throw new Refusal(
                            Reason.CONFLICT, "somebody else changed the same at the same time", "look at it again");
                }
            }
        } catch (StoreException e) {
            lastFailure = String.valueOf(e.getMessage());
            throw refusal(e);
        } finally {
            lock.unlock();
        }
        throw new Refusal(Reason.UNAVAILABLE, "others change objects all the time", "try again");
    }

    private String time() {
        return clock.instant().truncatedTo(ChronoUnit.SECONDS).toString();
    }

    /** The tenants there are now. */
    public Tenants tenants() {
        return guarded(() -> Tenants.of(store));
    }

    private static void checkSizes(List<Change> changes) {
        for (Change change : changes) {
            if (change instanceof Put(String key, byte[] value) && value.length > Store.VALUE_BYTES_MAX) {
                throw new Refusal(
                        Reason.TOO_LARGE,
                        key + " has " + value.length + " bytes",
                        "at most " + Store.VALUE_BYTES_MAX + "; split it");
            }
        }
    }

    private static Changed stored(Draft draft, long revision, List<String> warnings, List<String> differences) {
        List<Changed.Item> items = draft.items().stream()
                .map(item -> switch (item.what()) {
                    case UNCHANGED, DELETED -> item;
                    case CREATED, CONFIGURED ->
                        new Changed.Item(
                                item.what(),
                                new ManagedObject(
                                        item.object().kind(),
                                        item.object().name(),
                                        revision,
                                        item.object().tree()));
                })
                .toList();
        return new Changed(revision, false, items, warnings, differences);
    }

    /** Entries of the record of changes behind one, oldest first. */
    public List<JsonNode> audit(long after, int limit) {
        return guarded(() -> {
            try {
                List<JsonNode> entries = new ArrayList<>();
                String behind = after == 0 ? "" : Audit.key(after);
                store.list(Audit.PREFIX, behind, limit, 0).entries().forEach(e -> entries.add(Trees.read(e.value())));
                return entries;
            } catch (CompactedException e) {
                throw gone(e, "try again");
            }
        });
    }

    /** Whether the record of changes is whole. */
    public Audit.Verdict verifyAudit() {
        // Without the lock: a long record takes long, and is only added to meanwhile.
        Audit.Head head = auditHead();
        Audit.Chain chain = new Audit.Chain();
        long last = 0;
        while (last < head.count()) {
            List<JsonNode> part = audit(last, Math.clamp(head.count() - last, 1, PAGE_MAX));
            if (part.isEmpty()) {
                break;
            }
            part.forEach(chain::add);
            last += part.size();
        }
        List<JsonNode> behind = audit(head.count(), 1);
        if (auditHead().equals(head)) {
            // Whoever may add an entry moves the end with it.
            behind.forEach(chain::add);
        }
        return chain.end(head);
    }

    /** The end of the record of changes, and of the history. */
    Audit.Head auditHead() {
        return guarded(() -> Audit.Head.of(store.get(HEAD)));
    }

    /**
     * One thing that has to work for the manager to be of use.
     *
     * @param problem empty if it does
     */
    public record Check(String name, String problem) {}

    /** What has to work, and whether it does. */
    public List<Check> checks() {
        String reading = "";
        try {
            store.get(HEAD);
        } catch (StoreException e) {
            reading = String.valueOf(e.getMessage());
        }
        return List.of(
                new Check("store can be read", reading), new Check("store could be written last time", lastFailure));
    }

    /** Objects, record, history and what is on trial, of one moment, for {@link Backup#restore}. */
    public byte[] backup() {
        List<String> prefixes = List.of(
                ACCESS_PREFIX,
                Audit.PREFIX,
                History.BEFORE_PREFIX,
                History.PREFIX,
                HEAD,
                ManagedObject.PREFIX,
                Trials.KEY);
        return guarded(() -> Backup.take(store, prefixes));
    }

    /** Something that asks the store. */
    interface Question<T> {
        T ask();
    }

    static <T> T guarded(Question<T> question) {
        try {
            return question.ask();
        } catch (StoreException e) {
            throw refusal(e);
        }
    }

    static Refusal gone(CompactedException e, String action) {
        return new Refusal(Reason.GONE, String.valueOf(e.getMessage()), action);
    }

    /** What a failure of the store is for users. */
    public static Refusal refusal(StoreException e) {
        String message = String.valueOf(e.getMessage());
        return switch (e.reason()) {
            case FULL, READ_ONLY ->
                new Refusal(
                        Reason.NO_STORAGE,
                        message,
                        "nodes go on forwarding; mend the disk of the manager and try again");
            case CLOSED -> new Refusal(Reason.UNAVAILABLE, "the manager is stopping", "try again when it runs");
            case TOO_LARGE -> new Refusal(Reason.TOO_LARGE, message, "split it");
            case UNCERTAIN -> new Refusal(Reason.UNAVAILABLE, message, "look whether it is done before you try again");
            case IN_USE, FAILED, CORRUPT -> new Refusal(Reason.UNAVAILABLE, message, "look at the log of the manager");
        };
    }
}
