package dev.sluice.manager.store;

import com.google.protobuf.ByteString;
import dev.sluice.manager.store.Store.Entry;
import dev.sluice.manager.store.Store.Event;
import dev.sluice.manager.store.rpc.KeyValue;
import dev.sluice.manager.store.rpc.WatchEvent;
import java.util.Optional;

/**
 * Revisions of a store from those of etcd, which others than the store count up too. Immutable.
 *
 * @param base revision of etcd at which the store was made
 * @param first revision that the store had then: 0, or that of a backup that it was restored from
 */
record EtcdNumbers(EtcdKeys keys, long base, long first) {
    long own(long etcd) {
        return etcd - base + first;
    }

    long etcd(long own) {
        return own - first + base;
    }

    Entry entry(KeyValue found) {
        return new Entry(
                keys.name(found.getKey()),
                own(found.getCreateRevision()),
                own(found.getModRevision()),
                found.getValue().toByteArray());
    }

    Event event(WatchEvent event) {
        boolean deleted = event.getType() == WatchEvent.EventType.DELETE;
        Optional<Entry> previous = event.hasPrevKv() ? Optional.of(entry(event.getPrevKv())) : Optional.empty();
        if (!deleted) {
            return new Event(false, entry(event.getKv()), previous);
        }
        long revision = own(event.getKv().getModRevision());
        long created = previous.map(Entry::created).orElse(revision);
        byte[] nothing = ByteString.EMPTY.toByteArray();
        return new Event(true, new Entry(keys.name(event.getKv().getKey()), created, revision, nothing), previous);
    }
}
