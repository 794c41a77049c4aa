package dev.sluice.manager.objects;

import dev.sluice.manager.objects.Changed.What;
import dev.sluice.manager.objects.Refusal.Reason;
import dev.sluice.manager.store.CompactedException;
import dev.sluice.manager.store.Store;
import dev.sluice.manager.store.Store.Change;
import dev.sluice.manager.store.Store.Condition;
import dev.sluice.manager.store.Store.Conflict;
import dev.sluice.manager.store.Store.Delete;
import dev.sluice.manager.store.Store.Entry;
import dev.sluice.manager.store.Store.Listing;
import dev.sluice.manager.store.Store.Put;
import dev.sluice.model.Kind;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.InflaterInputStream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The changes of objects that people made, and what there was before each: by that one goes back (ADR 48). A change is stored in the transaction that does it.
 * Any thread.
 */
public final class History {
    /** Most changes in one part of a listing. */
    public static final int PAGE_MAX = 100;

    /** Changes that are read for one part of a listing, whether or not the caller sees any of them. */
    static final int READ_MAX = 1_000;

    /** Where changes are in the store, the newest first. */
    static final String PREFIX = "changes/";

    /** Where the objects are as they were before, in parts. */
    static final String BEFORE_PREFIX = "before/";

    /** Keys count down from here, so that the newest change is the first one of a listing. */
    private static final long LAST = 999_999_999_999L;

    /** A part of what was before: less than one value of etcd may have. */
    private static final int PART_BYTES = 1 << 20;

    /** More than a change can have. */
    private static final int PARTS_MAX = 999_999;

    /** Objects of one change that are listed; the rest is only counted. */
    private static final int OBJECTS_SHOWN_MAX = 100;

    /** Changes that are forgotten at a time. */
    private static final int FORGOTTEN_MAX = 1_000;

    /** Keys deleted in one transaction. */
    private static final int BATCH_MAX = 500;

    /** What is asked once. To bring it back would be to ask again. */
    private static final Set<Kind> QUESTIONS = EnumSet.of(Kind.TRACEFLOW, Kind.CAPTURE);

    private final Store store;
    private final Inventory inventory;
    private final InstantSource clock;
    private final Bounds bounds;

    /**
     * How much is kept.
     *
     * @param age changes that are older are forgotten
     * @param changesMax only so many are kept, at least 1
     * @param bytesMax only as many as take so many bytes
     */
    public record Bounds(Duration age, long changesMax, long bytesMax) {
        /** What is kept if nobody says otherwise. */
        public static final Bounds USUAL = new Bounds(Duration.ofDays(30), 10_000, 256 << 20);

        /** The usual ones with another age and number. */
        public static Bounds of(Duration age, long changesMax) {
            return new Bounds(age, changesMax, USUAL.bytesMax);
        }

        String words() {
            return "for " + age.toDays() + " days, " + changesMax + " at most, of " + (bytesMax >> 20)
                    + " MiB together";
        }
    }

    History(Store store, Inventory inventory, InstantSource clock, Bounds bounds) {
        this.store = store;
        this.inventory = inventory;
        this.clock = clock;
        this.bounds = bounds;
    }

    /**
     * An object that a change was about.
     *
     * @param tenant whose it was then
     * @param before as it was before; empty: there was none
     */
    record Was(What what, Kind kind, String name, String tenant, Optional<ManagedObject> before) {}

    /** A change at the end of the history. */
    record Next(Audit.Head head, List<Change> changes) {}

    /** What a transaction brings into the store so that one can go back behind it. */
    static Next next(Audit.Head end, String time, Caller caller, List<Was> objects, OptionalLong backTo) {
        long number = end.changes() + 1;
        ObjectNode before = Trees.object();
        ArrayNode listed = Trees.array();
        for (Was was : objects) {
            ObjectNode object = listed.addObject();
            object.put("result", was.what.word());
            object.put("kind", was.kind.plural());
            object.put("name", was.name);
            object.put("tenant", was.tenant);
            was.before.filter(_ -> !QUESTIONS.contains(was.kind)).ifPresent(there -> {
                ObjectNode tree = there.tree().deepCopy();
                tree.remove("status");
                before.set(there.key(), tree);
            });
        }
        byte[] packed = packed(before);
        List<Change> changes = new ArrayList<>();
        for (int from = 0; from < packed.length; from += PART_BYTES) {
            byte[] part = Arrays.copyOfRange(packed, from, Math.min(from + PART_BYTES, packed.length));
            changes.add(new Put(partKey(number, from / PART_BYTES), part));
        }
        ObjectNode entry = Trees.object();
        entry.put("number", number);
        entry.put("audit", end.count());
        entry.put("time", time);
        entry.put("user", caller.user());
        entry.put("manager", caller.manager());
        backTo.ifPresent(revision -> entry.put("rolledBackTo", revision));
        caller.existingFlows().ifPresent(flows -> entry.put("existingFlows", flows.word()));
        entry.put("parts", changes.size());
        entry.put("bytesBefore", end.bytes());
        entry.set("objects", listed);
        byte[] value = Trees.bytes(entry);
        changes.add(new Put(key(number), value));
        return new Next(end.changed(packed.length + value.length), changes);
    }

    private static String key(long number) {
        return PREFIX + String.format("%012d", LAST - number);
    }

    private static String partKey(long number, int part) {
        return BEFORE_PREFIX + String.format("%012d/%06d", LAST - number, part);
    }

    private static byte[] packed(ObjectNode tree) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DeflaterOutputStream out = new DeflaterOutputStream(bytes)) {
            out.write(Trees.bytes(tree));
        } catch (IOException e) {
            throw new UncheckedIOException("a stream in memory", e);
        }
        return bytes.toByteArray();
    }

    /**
     * A change as it is listed.
     *
     * @param existingFlows what it said of flows in progress; empty: nothing
     * @param objects {@code created Service/fw}, those that the caller sees, not more than 100 of them
     * @param objectCount how many the caller sees
     */
    public record Listed(
            long number,
            long audit,
            String time,
            String user,
            String manager,
            OptionalLong rolledBackTo,
            String existingFlows,
            List<String> objects,
            int objectCount) {}

    /**
     * A part of a listing.
     *
     * @param newest number of the newest change of all
     * @param oldest the oldest revision to go back to
     * @param kept how long changes are kept, in words
     * @param changes the newest first
     * @param next what to ask for changes before of, to go on; 0: there are no older ones that the caller sees
     */
    public record Page(long newest, long oldest, String kept, List<Listed> changes, long next) {}

    /**
     * Changes of objects that somebody sees, the newest first. A part has fewer than asked for, or none, if {@link #READ_MAX} changes were read for it.
     *
     * @param before only changes with smaller numbers; 0: all
     * @param limit 1..{@value #PAGE_MAX}
     */
    public Page list(Rights rights, long before, int limit) {
        Audit.Head head = inventory.auditHead();
        Tenants tenants = inventory.tenants();
        List<Listed> found = new ArrayList<>();
        int[] read = {0};
        long[] next = {0};
        walk(before, entry -> {
            long number = entry.path("number").asLong();
            if (number <= head.kept()) {
                return false;
            }
            if (read[0]++ == READ_MAX) {
                next[0] = number + 1;
                return false;
            }
            List<String> seen = new ArrayList<>();
            for (JsonNode object : entry.path("objects")) {
                Reference.of(entry, object)
                        .filter(of -> of.isSeen(rights, tenants))
                        .ifPresent(of -> seen.add(of.words()));
            }
            if (!seen.isEmpty() && found.size() == limit) {
                next[0] = number + 1;
                return false;
            }
            if (!seen.isEmpty()) {
                found.add(listed(entry, seen));
            }
            return true;
        });
        return new Page(head.changes(), head.kept(), bounds.words(), found, next[0]);
    }

    private static Listed listed(JsonNode entry, List<String> seen) {
        JsonNode back = entry.path("rolledBackTo");
        return new Listed(
                entry.path("number").asLong(),
                entry.path("audit").asLong(),
                entry.path("time").asString(""),
                entry.path("user").asString(""),
                entry.path("manager").asString(""),
                back.isNumber() ? OptionalLong.of(back.asLong()) : OptionalLong.empty(),
                entry.path("existingFlows").asString(""),
                List.copyOf(seen.subList(0, Math.min(seen.size(), OBJECTS_SHOWN_MAX))),
                seen.size());
    }

    /** Number of the newest change of all. */
    public long newest() {
        return inventory.auditHead().changes();
    }

    /**
     * What a change says of an object.
     *
     * @param number of the change
     * @param tenant whose it was then
     */
    record Reference(long number, String result, Kind kind, String name, String tenant) {
        /** Empty if a newer version made it, of a kind that this one does not know. */
        static Optional<Reference> of(JsonNode entry, JsonNode object) {
            return Kind.named(object.path("kind").asString(""))
                    .map(kind -> new Reference(
                            entry.path("number").asLong(),
                            object.path("result").asString(""),
                            kind,
                            object.path("name").asString(""),
                            object.path("tenant").asString("")));
        }

        /**
         * Whoever sees only tenants sees what is theirs, and was when it was changed: a name may have changed hands since, also to another tenant of the same name. Who changes what all share is not
         * their business.
         */
        boolean isSeen(Rights rights, Tenants tenants) {
            String now = tenants.of(name);
            return may(Rights.Verb.READ, rights, tenants)
                    && (rights.everywhere()
                            || (!now.isEmpty() && number > tenants.since().getOrDefault(now, 0L)));
        }

        boolean isChangeable(Rights rights, Tenants tenants) {
            return isSeen(rights, tenants) && may(Rights.Verb.WRITE, rights, tenants);
        }

        private boolean may(Rights.Verb verb, Rights rights, Tenants tenants) {
            return rights.may(verb, kind, tenant) && rights.may(verb, kind, tenants.of(name));
        }

        /** Whether there is something to go back to. */
        boolean isKept() {
            return !QUESTIONS.contains(kind);
        }

        String key() {
            return ManagedObject.key(kind, name);
        }

        String title() {
            return kind.word() + "/" + name;
        }

        String words() {
            return result + " " + title();
        }
    }

    /** Takes changes. */
    interface Walker {
        /** False: that was enough. */
        boolean take(JsonNode entry);
    }

    /** Changes before a number, or all for 0; the newest first. */
    void walk(long before, Walker walker) {
        String after = before == 0 ? "" : key(before);
        Listing part;
        do {
            String behind = after;
            part = Inventory.guarded(() -> listing(PREFIX, behind, PAGE_MAX));
            for (Entry entry : part.entries()) {
                if (!walker.take(Trees.read(entry.value()))) {
                    return;
                }
                after = entry.key();
            }
        } while (part.more());
    }

    private Listing listing(String prefix, String after, int limit) {
        try {
            return store.list(prefix, after, limit, 0);
        } catch (CompactedException e) {
            throw Inventory.gone(e, "try again");
        }
    }

    /** The objects as they were before a change, by their keys. */
    ObjectNode before(JsonNode entry) {
        long number = entry.path("number").asLong();
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        for (int part = 0; part < entry.path("parts").asInt(); part++) {
            String key = partKey(number, part);
            Entry stored = Inventory.guarded(() -> store.get(key))
                    .orElseThrow(() -> new Refusal(
                            Reason.GONE,
                            "change " + number + " was forgotten just now",
                            "see what is left: sluice history"));
            packed.writeBytes(stored.value());
        }
        try (InflaterInputStream in = new InflaterInputStream(new ByteArrayInputStream(packed.toByteArray()))) {
            return Trees.read(in.readAllBytes());
        } catch (IOException e) {
            throw new IllegalStateException("what was before change " + number + " is not what was stored", e);
        }
    }

    /**
     * Whether one can go back to a revision: the number of a change, as it was after that.
     *
     * @return the newest revision
     */
    long checkKept(long revision) {
        Audit.Head head = inventory.auditHead();
        if (revision > head.changes()) {
            throw new Refusal(
                    Reason.NOT_FOUND,
                    "there is no revision " + revision + " yet: the newest one is " + head.changes(),
                    "see which there are: sluice history");
        }
        if (revision < head.kept()) {
            throw new Refusal(
                    Reason.GONE,
                    "revision " + revision + " is not kept any more: the oldest one is " + head.kept()
                            + ", and changes are kept " + bounds.words(),
                    "choose a newer one: sluice history; or apply objects that you have saved");
        }
        return head.changes();
    }

    /**
     * Forgets changes beyond the bounds; for one manager of a store, from time to time.
     *
     * @param full whether the store has no room: then only half of what is kept stays
     */
    public void forget(boolean full) {
        Optional<Entry> stored = store.get(Inventory.HEAD);
        Audit.Head head = Audit.Head.of(stored);
        long bytesMax = bounds.bytesMax();
        if (full) {
            long bytesBefore = change(head.kept() + 1).map(History::bytesBefore).orElse(head.bytes());
            bytesMax = Math.min(bytesMax, (head.bytes() - bytesBefore) / 2);
        }
        // What is on trial has to be taken back yet.
        long end =
                inventory.trials().pending().map(trial -> trial.revision() - 1).orElse(head.changes());
        long last = Math.min(end, head.kept() + FORGOTTEN_MAX);
        long kept = head.kept();
        while (kept < last && isBeyond(kept + 1, head, bytesMax)) {
            kept++;
        }
        if (kept > head.kept()) {
            // First of all it is said, so that nobody goes back to what is half gone.
            Condition unchanged =
                    new Condition(Inventory.HEAD, stored.map(Entry::revision).orElse(0L));
            Put said = new Put(Inventory.HEAD, head.keeping(kept).value());
            if (store.commit(List.of(unchanged), List.of(said)) instanceof Conflict) {
                return;
            }
        }
        delete(PREFIX, key(kept + 1));
        delete(BEFORE_PREFIX, partKey(kept + 1, PARTS_MAX));
    }

    private Optional<JsonNode> change(long number) {
        return store.get(key(number)).map(entry -> Trees.read(entry.value()));
    }

    private static long bytesBefore(JsonNode entry) {
        return entry.path("bytesBefore").asLong();
    }

    private boolean isBeyond(long number, Audit.Head head, long bytesMax) {
        if (head.changes() - number >= bounds.changesMax()) {
            return true;
        }
        Instant oldest = clock.instant().minus(bounds.age());
        return change(number)
                .map(entry -> head.bytes() - bytesBefore(entry) > bytesMax
                        || Instant.parse(entry.path("time").asString("")).isBefore(oldest))
                .orElse(true);
    }

    /** What stands behind a key: older, and said to be gone. */
    private void delete(String prefix, String after) {
        Listing part;
        do {
            part = listing(prefix, after, BATCH_MAX);
            List<Change> gone = new ArrayList<>();
            part.entries().forEach(entry -> gone.add(new Delete(entry.key())));
            if (!gone.isEmpty() && store.commit(List.of(), gone) instanceof Conflict) {
                return;
            }
        } while (part.more());
    }
}
