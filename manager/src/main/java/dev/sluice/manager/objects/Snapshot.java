package dev.sluice.manager.objects;

import dev.sluice.manager.objects.Refusal.Reason;
import dev.sluice.manager.store.CompactedException;
import dev.sluice.manager.store.Store;
import dev.sluice.manager.store.Store.Entry;
import dev.sluice.manager.store.Store.Event;
import dev.sluice.manager.store.Store.Listing;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;

/** All objects as they were last read from the store. One thread at a time. */
final class Snapshot {
    private static final int TRIES_MAX = 8;
    private static final int EVENTS_MAX = 1_000;

    private final Store store;
    private NavigableMap<String, ManagedObject> objects = new TreeMap<>();
    private long revision = -1;

    Snapshot(Store store) {
        this.store = store;
    }

    /** By key; not to be changed by others. */
    NavigableMap<String, ManagedObject> objects() {
        return objects;
    }

    /** Of the store, that they are of. */
    long revision() {
        return revision;
    }

    /** Brings them up to the newest revision, by what happened since or, if that is not kept, by reading everything. */
    void refresh() {
        try {
            if (revision >= 0 && store.compacted() <= revision) {
                replay();
                return;
            }
        } catch (CompactedException e) {
            // Everything is read instead.
        }
        readAll();
    }

    private void replay() throws CompactedException {
        long newest = store.revision();
        while (revision < newest) {
            List<Event> events = store.events(ManagedObject.PREFIX, revision, EVENTS_MAX);
            for (Event event : events) {
                if (event.deleted()) {
                    objects.remove(event.entry().key());
                } else {
                    ManagedObject object = ManagedObject.of(event.entry());
                    objects.put(object.key(), object);
                }
            }
            revision = events.size() < EVENTS_MAX
                    ? newest
                    : events.getLast().entry().revision();
        }
    }

    private void readAll() {
        for (int tries = 0; tries < TRIES_MAX; tries++) {
            try {
                NavigableMap<String, ManagedObject> read = new TreeMap<>();
                long of = 0;
                String after = "";
                Listing part;
                do {
                    part = store.list(ManagedObject.PREFIX, after, Store.LIST_MAX, of);
                    of = part.revision();
                    for (Entry entry : part.entries()) {
                        read.put(entry.key(), ManagedObject.of(entry));
                        after = entry.key();
                    }
                } while (part.more());
                objects = read;
                revision = of;
                return;
            } catch (CompactedException e) {
                // Compacted while it was read: from the beginning, at a newer revision.
            }
        }
        throw new Refusal(Reason.UNAVAILABLE, "the store is compacted faster than it can be read", "try again");
    }
}
