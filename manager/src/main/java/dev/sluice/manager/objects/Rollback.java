package dev.sluice.manager.objects;

import dev.sluice.manager.objects.History.Reference;
import dev.sluice.manager.objects.Refusal.Reason;
import dev.sluice.manager.store.Store.Condition;
import dev.sluice.model.Kind;
import dev.sluice.model.WrittenObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Brings what people wrote of objects back to what it was after a change, in one change (ADR 48). What the manager wrote stays as it is now. Used by one thread,
 * once.
 */
public final class Rollback {
    private final Inventory inventory;
    private final long revision;
    private final Caller caller;
    private final Optional<Duration> trial;
    private final Optional<Trials.Pending> ends;
    private final List<String> left = new ArrayList<>();

    /** For each object that was changed since, by its key, the first of these changes that the caller sees. */
    private final Map<String, Place> first = new TreeMap<>();

    /** These objects as they were before it. */
    private final Map<String, ManagedObject> were = new HashMap<>();

    /** Up to which change the two are; those behind it are read with the lock of all changes. */
    private long readUpTo;

    /** By which the caller saw them. */
    private @Nullable Tenants seenBy;

    /** A rollback that is not done yet. */
    public Rollback(Inventory inventory, long revision, Caller caller) {
        this(inventory, revision, caller, Optional.empty(), Optional.empty());
    }

    /**
     * The same.
     *
     * @param trial how long it is on trial; empty: it is not
     * @param ends what was on trial and is taken back by it; empty: nothing may be on trial
     */
    public Rollback(
            Inventory inventory,
            long revision,
            Caller caller,
            Optional<Duration> trial,
            Optional<Trials.Pending> ends) {
        this.inventory = inventory;
        this.revision = revision;
        readUpTo = revision;
        this.caller = caller;
        this.trial = trial;
        this.ends = ends;
        if (trial.isPresent()) {
            Trials.checkMay(caller);
        }
    }

    /**
     * What became of it.
     *
     * @param left objects that are other than they were, and stay so, since the caller may see them and not change them
     */
    public record Done(Changed changed, List<String> left) {}

    /**
     * Does it.
     *
     * @throws Refusal if that revision is not kept, or what would be is not valid
     */
    public Done run(boolean dryRun) {
        return run(dryRun, List.of());
    }

    Done run(boolean dryRun, List<Condition> fence) {
        // Far back that is much to read: others may change objects meanwhile.
        read();
        Changed changed = inventory.change(new Steps(), caller, dryRun, fence);
        return new Done(changed, List.copyOf(left));
    }

    /** The same, as the inventory asks for it. */
    private final class Steps implements Inventory.Plan {
        @Override
        public List<Edit> edits(Map<String, ManagedObject> objects) {
            return Rollback.this.edits(objects);
        }

        @Override
        public OptionalLong backTo() {
            return OptionalLong.of(revision);
        }

        @Override
        public Optional<Duration> trial() {
            return trial;
        }

        @Override
        public Optional<Trials.Pending> ends() {
            return ends;
        }
    }

    /** Where an object is that somebody changed since. */
    private record Place(Reference object, JsonNode entry) {}

    private List<Edit> edits(Map<String, ManagedObject> objects) {
        Tenants tenants = read();
        left.clear();
        List<Edit> edits = new ArrayList<>();
        for (Place place : first.values()) {
            Reference object = place.object;
            ManagedObject then = were.get(object.key());
            Optional<Edit> edit = edit(object, then, objects.get(object.key()));
            if (object.isChangeable(caller.rights(), tenants)) {
                edit.ifPresent(edits::add);
            } else if (edit.isPresent()) {
                left.add(object.title());
            }
        }
        if (ends.isPresent()) {
            edits.addAll(madeFor(edits, objects));
        }
        return edits;
    }

    /** Reads what was changed since it was read last; the tenants by which the caller sees it. */
    private Tenants read() {
        Tenants tenants = inventory.tenants();
        if (!tenants.equals(seenBy)) {
            first.clear();
            were.clear();
            readUpTo = revision;
            seenBy = tenants;
        }
        long newest = inventory.history().checkKept(revision);
        Map<String, Place> later = changesUpTo(newest, tenants);
        later.keySet().removeAll(first.keySet());
        first.putAll(later);
        before(later.values());
        readUpTo = newest;
        return tenants;
    }

    /** Reads objects as they were. A change may hold many that nobody asks for: one change at a time is in memory. */
    private void before(Collection<Place> places) {
        Map<Long, List<Place>> byChange = new TreeMap<>();
        places.forEach(
                place -> byChange.computeIfAbsent(place.entry.path("number").asLong(), _ -> new ArrayList<>())
                        .add(place));
        for (List<Place> ofOne : byChange.values()) {
            ObjectNode before = inventory.history().before(ofOne.getFirst().entry);
            for (Place place : ofOne) {
                Reference object = place.object;
                if (before.get(object.key()) instanceof ObjectNode tree) {
                    were.put(object.key(), new ManagedObject(object.kind(), object.name(), 0, tree));
                }
            }
        }
    }

    /** Removes what the manager made meanwhile for deployments that go: it needs what goes with them. */
    private static List<Edit> madeFor(List<Edit> edits, Map<String, ManagedObject> objects) {
        Set<String> gone = new HashSet<>();
        for (Edit edit : edits) {
            if (edit instanceof Edit.Remove(Kind kind, String name, long _)) {
                gone.add(ManagedObject.key(kind, name));
            }
        }
        List<Edit> removes = new ArrayList<>();
        for (ManagedObject object : objects.values()) {
            String deployment = object.tree().at("/spec/runtime/deployment").asString("");
            if (object.kind() == Kind.SERVICE_INSTANCE
                    && object.isMade()
                    && gone.contains(ManagedObject.key(Kind.SERVICE_DEPLOYMENT, deployment))
                    && !gone.contains(object.key())) {
                removes.add(new Edit.Remove(object.kind(), object.name(), object.revision()));
            }
        }
        return removes;
    }

    /** For each object that was changed behind what was read, by its key, the first of these changes that the caller sees. */
    private Map<String, Place> changesUpTo(long newest, Tenants tenants) {
        long[] next = {newest};
        Map<String, Place> found = new TreeMap<>();
        inventory.history().walk(0, entry -> {
            long number = entry.path("number").asLong();
            if (number > next[0]) {
                // Stored just now: this is worked out again.
                return true;
            }
            if (number != next[0] || number <= readUpTo) {
                return false;
            }
            next[0]--;
            for (JsonNode object : entry.path("objects")) {
                // From the newest on, so the first change is what stays.
                Reference.of(entry, object)
                        .filter(of -> of.isKept() && of.isSeen(caller.rights(), tenants))
                        .ifPresent(of -> found.put(of.key(), new Place(of, entry)));
            }
            return true;
        });
        if (next[0] != readUpTo) {
            throw new Refusal(
                    Reason.GONE,
                    "change " + next[0] + " is not in the history: a version that keeps none made the backup",
                    "go back to revision " + next[0] + " or a newer one");
        }
        return found;
    }

    /** What brings one object back; empty: it is what it was. */
    private static Optional<Edit> edit(Reference object, @Nullable ManagedObject then, @Nullable ManagedObject now) {
        Optional<ObjectNode> wrote = Optional.ofNullable(then).flatMap(ManagedObject::writtenByPeople);
        if (now == null) {
            return wrote.filter(_ -> then == null || !then.isMade())
                    .map(tree -> new Edit.Create(written(object, tree)));
        }
        if (wrote.isEmpty() && !now.isMade()) {
            return Optional.of(new Edit.Remove(object.kind(), object.name(), now.revision()));
        }
        ObjectNode wanted = now.writtenByManager();
        wrote.ifPresent(tree -> Trees.leaves(tree).forEach((pointer, value) -> Trees.set(wanted, pointer, value)));
        return wanted.equals(now.written())
                ? Optional.empty()
                : Optional.of(new Edit.Replace(written(object, wanted), now.revision()));
    }

    /** Says whose it was, so that it is refused where there is no such tenant now: all would share it. */
    private static WrittenObject written(Reference object, ObjectNode tree) {
        Tenants.mark(tree, object.tenant());
        WrittenObject.Read read = WrittenObject.read("", Trees.text(tree));
        if (read.objects().size() != 1 || !read.problems().isEmpty()) {
            throw new Refusal(
                    Reason.TOO_LARGE,
                    object.title() + " is too large to be written again",
                    "apply it in parts; nothing was changed");
        }
        return read.objects().getFirst();
    }
}
