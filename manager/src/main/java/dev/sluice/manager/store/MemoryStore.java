package dev.sluice.manager.store;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/** A store in memory, for tests and as the plain statement of what a store does. One lock for everything. */
public final class MemoryStore implements Store {
    /** All values that a key had, by revision; a deletion is a value of its own. */
    private final NavigableMap<String, NavigableMap<Long, Version>> versions = new TreeMap<>();

    private final Revisions revisions = new Revisions();

    private record Version(boolean deleted, Entry entry) {}

    @Override
    public long revision() {
        return revisions.newest();
    }

    @Override
    public long compacted() {
        return revisions.compacted();
    }

    @Override
    public synchronized Optional<Entry> get(String key) {
        Keys.check(key);
        return at(versions.getOrDefault(key, new TreeMap<>()), revisions.newest());
    }

    private static Optional<Entry> at(NavigableMap<Long, Version> ofKey, long revision) {
        Map.Entry<Long, Version> version = ofKey.floorEntry(revision);
        return version == null || version.getValue().deleted()
                ? Optional.empty()
                : Optional.of(version.getValue().entry());
    }

    @Override
    public synchronized Listing list(String prefix, String after, int limit, long revision) throws CompactedException {
        Keys.checkLimit(limit);
        long asOf = revision == 0 ? revisions.newest() : revision;
        revisions.checkKept(asOf);
        List<Entry> entries = new ArrayList<>();
        for (Map.Entry<String, NavigableMap<Long, Version>> key :
                versions.subMap(prefix, true, Keys.end(prefix), false).entrySet()) {
            if (key.getKey().compareTo(after) > 0) {
                at(key.getValue(), asOf).ifPresent(entries::add);
            }
        }
        boolean more = entries.size() > limit;
        return new Listing(asOf, List.copyOf(more ? entries.subList(0, limit) : entries), more);
    }

    @Override
    public synchronized List<Event> events(String prefix, long after, int limit) throws CompactedException {
        revisions.checkKept(after);
        NavigableMap<Long, List<Event>> byRevision = new TreeMap<>();
        versions.subMap(prefix, true, Keys.end(prefix), false).values().forEach(ofKey -> {
            for (Map.Entry<Long, Version> version : ofKey.tailMap(after, false).entrySet()) {
                Version now = version.getValue();
                byRevision
                        .computeIfAbsent(version.getKey(), r -> new ArrayList<>())
                        .add(new Event(now.deleted(), now.entry(), at(ofKey, version.getKey() - 1)));
            }
        });
        List<Event> events = new ArrayList<>();
        for (List<Event> transaction : byRevision.values()) {
            events.addAll(transaction);
            if (events.size() >= limit) {
                break;
            }
        }
        return List.copyOf(events);
    }

    @Override
    public long await(long after, long timeoutMs) throws InterruptedException {
        return revisions.await(after, timeoutMs);
    }

    @Override
    public synchronized Outcome commit(List<Condition> conditions, List<Change> changes) {
        Keys.check(conditions, changes);
        for (Condition condition : conditions) {
            long actual = get(condition.key()).map(Entry::revision).orElse(0L);
            if (actual != condition.revision()) {
                return new Conflict(condition, actual);
            }
        }
        for (Change change : changes) {
            if (change instanceof Delete(String key) && get(key).isEmpty()) {
                return new Conflict(new Condition(key, -1), 0);
            }
        }
        long revision = revisions.newest() + 1;
        for (Change change : changes) {
            long created = get(change.key()).map(Entry::created).orElse(revision);
            Version version = switch (change) {
                case Put(String key, byte[] value) ->
                    new Version(false, new Entry(key, created, revision, value.clone()));
                case Delete(String key) -> new Version(true, new Entry(key, created, revision, new byte[0]));
            };
            versions.computeIfAbsent(change.key(), k -> new TreeMap<>()).put(revision, version);
        }
        revisions.advance(revision);
        return new Committed(revision);
    }

    @Override
    public synchronized void compact(long revision) throws CompactedException {
        revisions.checkKept(revision);
        for (NavigableMap<Long, Version> ofKey : versions.values()) {
            Map.Entry<Long, Version> last = ofKey.floorEntry(revision);
            if (last != null) {
                ofKey.headMap(last.getKey(), last.getValue().deleted()).clear();
            }
        }
        versions.values().removeIf(Map::isEmpty);
        revisions.compact(revision);
    }

    @Override
    public synchronized void restore(long revision, List<Entry> entries) {
        if (revisions.newest() != 0) {
            throw new IllegalStateException("not empty: revision " + revisions.newest());
        }
        Map<String, Entry> byKey = new HashMap<>();
        for (Entry entry : entries) {
            Keys.check(entry.key());
            if (byKey.put(entry.key(), entry) != null) {
                throw new IllegalArgumentException("two entries of " + entry.key());
            }
        }
        for (Entry entry : entries) {
            Entry now = new Entry(entry.key(), revision, revision, entry.value().clone());
            versions.computeIfAbsent(entry.key(), k -> new TreeMap<>()).put(revision, new Version(false, now));
        }
        revisions.start(revision, revision);
    }

    @Override
    public long sizeBytes() {
        return 0;
    }

    @Override
    public void close() {
        revisions.close();
    }
}
