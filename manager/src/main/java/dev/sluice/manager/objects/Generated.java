package dev.sluice.manager.objects;

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
import dev.sluice.manager.store.StoreException;
import dev.sluice.model.Kind;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** Objects that the manager makes itself: read and watched like others, but in no record of changes, export or backup, and no node gets them (ADR 42). Any thread; one writes. */
public final class Generated {
    /** Most changes in one transaction. */
    private static final int BATCH_MAX = 500;

    private final Store store;
    private final InstantSource clock;

    Generated(Store store, InstantSource clock) {
        this.store = store;
        this.clock = clock;
    }

    /**
     * All there are of kinds that this version knows: a newer manager makes others, which nobody asks this one for.
     *
     * @param revision as it was then; 0: now
     * @throws Refusal if they cannot be read, or that revision is not kept any more
     */
    public List<ManagedObject> all(long revision) {
        List<ManagedObject> objects = new ArrayList<>();
        try {
            long asOf = revision;
            String after = "";
            Listing part;
            do {
                part = store.list(ManagedObject.GENERATED_PREFIX, after, Store.LIST_MAX, asOf);
                asOf = part.revision();
                for (Entry entry : part.entries()) {
                    after = entry.key();
                    if (ManagedObject.isKnown(entry)) {
                        objects.add(ManagedObject.of(entry));
                    }
                }
            } while (part.more());
        } catch (CompactedException e) {
            throw Inventory.gone(e, "list from the beginning again");
        } catch (StoreException e) {
            throw Inventory.refusal(e);
        }
        return objects;
    }

    /** Those of a kind among some, by name. */
    public static Map<String, ManagedObject> of(Kind kind, List<ManagedObject> objects) {
        Map<String, ManagedObject> byName = new TreeMap<>();
        objects.stream().filter(object -> object.kind() == kind).forEach(object -> byName.put(object.name(), object));
        return byName;
    }

    /**
     * What an object says.
     *
     * @param spec what it is; another one is another generation
     * @param status how it is
     */
    public record Content(ObjectNode spec, ObjectNode status) {}

    /**
     * Makes the objects of a kind what they are to be: new ones, others than before, none of those that are not named.
     *
     * @param before as {@link #of} finds them
     * @param wanted by name; the status is made of the one before, so that times of conditions stay
     * @param fence what has to hold in the store
     * @throws Refusal if that cannot be written now
     */
    public void become(
            Kind kind, Map<String, ManagedObject> before, Map<String, Content> wanted, List<Condition> fence) {
        List<Change> changes = new ArrayList<>();
        before.forEach((name, object) -> {
            if (!wanted.containsKey(name)) {
                changes.add(new Delete(object.key()));
            }
        });
        wanted.forEach((name, content) -> {
            ManagedObject old = before.get(name);
            ObjectNode tree = tree(kind, name, content, old);
            if (old == null || !tree.equals(old.tree())) {
                changes.add(new Put(ManagedObject.key(kind, name), Trees.bytes(tree)));
            }
        });
        try {
            for (int from = 0; from < changes.size(); from += BATCH_MAX) {
                List<Change> batch = changes.subList(from, Math.min(from + BATCH_MAX, changes.size()));
                if (store.commit(fence, batch) instanceof Conflict) {
                    throw new Refusal(
                            Reason.UNAVAILABLE, "this manager leads no longer", "leave it to the one that does");
                }
            }
        } catch (StoreException e) {
            throw Inventory.refusal(e);
        }
    }

    private ObjectNode tree(Kind kind, String name, Content content, @Nullable ManagedObject old) {
        ObjectNode tree = Trees.object();
        tree.put("apiVersion", ManagedObject.API_VERSION);
        tree.put("kind", kind.word());
        ObjectNode metadata = tree.putObject("metadata");
        metadata.put("name", name);
        boolean same = old != null && old.tree().path("spec").equals(content.spec());
        metadata.put(
                "uid",
                old == null
                        ? UUID.randomUUID().toString()
                        : old.metadata().path("uid").asString(""));
        metadata.put(
                "creationTimestamp",
                old == null
                        ? clock.instant().truncatedTo(ChronoUnit.SECONDS).toString()
                        : old.metadata().path("creationTimestamp").asString(""));
        metadata.put("generation", Math.toIntExact((old == null ? 0 : old.generation()) + (same ? 0 : 1)));
        tree.set("spec", content.spec());
        tree.set("status", content.status());
        return tree;
    }
}
