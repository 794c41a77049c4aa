package dev.sluice.testkit.sim;

import dev.sluice.manager.store.CompactedException;
import dev.sluice.manager.store.MemoryStore;
import dev.sluice.manager.store.Store;
import dev.sluice.manager.store.StoreException;
import java.util.List;
import java.util.Optional;

/** A store that outlives the manager's process: what it said is committed is there afterwards. One user. */
final class ManagerDisk implements Store {
    private final MemoryStore kept = new MemoryStore();
    final DiskState disk = new DiskState();

    @Override
    public long revision() {
        return kept.revision();
    }

    @Override
    public long compacted() {
        return kept.compacted();
    }

    @Override
    public Optional<Entry> get(String key) {
        return kept.get(key);
    }

    @Override
    public Listing list(String prefix, String after, int limit, long revision) throws CompactedException {
        return kept.list(prefix, after, limit, revision);
    }

    @Override
    public List<Event> events(String prefix, long after, int limit) throws CompactedException {
        return kept.events(prefix, after, limit);
    }

    @Override
    public long await(long after, long timeoutMs) {
        return kept.revision();
    }

    @Override
    public Outcome commit(List<Condition> conditions, List<Change> changes) {
        disk.beforeWrite();
        if (disk.full) {
            throw new StoreException(StoreException.Reason.FULL, "no space left on the simulated disk");
        }
        Outcome outcome = kept.commit(conditions, changes);
        disk.afterWrite();
        return outcome;
    }

    @Override
    public void compact(long revision) throws CompactedException {
        kept.compact(revision);
    }

    @Override
    public void restore(long revision, List<Entry> entries) {
        kept.restore(revision, entries);
    }

    @Override
    public long sizeBytes() {
        return 0;
    }

    @Override
    public void close() {}
}
