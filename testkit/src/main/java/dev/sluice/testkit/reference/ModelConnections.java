package dev.sluice.testkit.reference;

import dev.sluice.datapath.snapshot.TrackerTimeouts;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The connections, in the order in which they were made, as a list per flow. */
final class ModelConnections {
    private static final int PER_KEY_MAX = 32;

    private final int connectionsMax;
    private final List<ModelRecord> all = new ArrayList<>();
    private final Map<ModelRecord.Key, List<ModelRecord>> byKey = new HashMap<>();
    private long events;
    private TrackerTimeouts timeouts = TrackerTimeouts.DEFAULT;

    ModelConnections(int connectionsMax) {
        this.connectionsMax = connectionsMax;
    }

    void setTimeouts(TrackerTimeouts newTimeouts) {
        timeouts = newTimeouts;
    }

    int size() {
        return all.size();
    }

    /** A number that grows with each record made. */
    long made() {
        return events;
    }

    /** At most an eighth of the room is left. */
    boolean isCrowded() {
        return connectionsMax - all.size() <= connectionsMax / 8;
    }

    int halfOpenCount() {
        return (int) all.stream().filter(record -> record.halfOpen).count();
    }

    List<ModelRecord> all() {
        return all;
    }

    /** The records of a flow that have not expired, newest first. Expired ones that are met on the way are gone; those not come to stay until they are. */
    Iterable<ModelRecord> find(ModelRecord.Key key, long nowMs) {
        List<ModelRecord> newestFirst =
                List.copyOf(byKey.getOrDefault(canonical(key), List.of())).reversed();
        return () -> newestFirst.stream()
                .filter(record -> {
                    boolean expired = isExpired(record, nowMs);
                    if (expired) {
                        remove(record);
                    }
                    return !expired;
                })
                .iterator();
    }

    private static ModelRecord.Key canonical(ModelRecord.Key key) {
        ModelRecord.Key turned = key.turned();
        int order = key.source().compareTo(key.destination());
        if (order == 0) {
            order = Integer.compare(key.sourcePort(), key.destinationPort());
        }
        return order <= 0 ? key : turned;
    }

    /** A new record, null if there is no room and nothing may be evicted. */
    @Nullable
    ModelRecord insert(ModelRecord.Key key, long nowMs) {
        int live = 0;
        for (ModelRecord record : find(key, nowMs)) {
            live += record.removed ? 0 : 1;
        }
        if (live >= PER_KEY_MAX) {
            return null;
        }
        if (all.size() == connectionsMax) {
            ModelRecord victim = all.stream()
                    .filter(record -> record.halfOpen)
                    .min(Comparator.comparing((ModelRecord record) -> record.metInTheMiddle)
                            .thenComparingLong(record -> record.evictableSince))
                    .orElse(null);
            if (victim != null) {
                remove(victim);
            } else {
                removeExpired(nowMs);
            }
        }
        if (all.size() == connectionsMax) {
            return null;
        }
        ModelRecord record = new ModelRecord(key, nowMs);
        record.evictableSince = events++;
        all.add(record);
        byKey.computeIfAbsent(canonical(key), _ -> new ArrayList<>()).add(record);
        return record;
    }

    void remove(ModelRecord record) {
        unlink(record);
        all.remove(record);
        List<ModelRecord> same = byKey.getOrDefault(canonical(record.key), List.of());
        same.remove(record);
        record.removed = true;
    }

    /** The record no longer decides, but explains packets under way; at most 4 of a flow do. The one that had to go, null if none had to. */
    @Nullable
    ModelRecord supersede(ModelRecord record, long nowMs) {
        unlink(record);
        record.superseded = true;
        if (!record.halfOpen) {
            record.halfOpen = true;
            record.metInTheMiddle = false;
            record.evictableSince = events++;
        }
        List<ModelRecord> old = new ArrayList<>();
        find(record.key, nowMs).forEach(one -> {
            if (one.superseded) {
                old.add(one);
            }
        });
        if (old.size() <= 4) {
            return null;
        }
        remove(old.getLast());
        return old.getLast();
    }

    /** Of those that were met in the middle it is the youngest: its first packet may have come after the record was made, which had to wait. */
    void isYoungest(ModelRecord record) {
        record.evictableSince = events++;
    }

    void link(ModelRecord one, ModelRecord other) {
        unlink(one);
        unlink(other);
        one.linked = other;
        other.linked = one;
    }

    private static void unlink(ModelRecord record) {
        ModelRecord other = record.linked;
        if (other != null) {
            other.linked = null;
            record.linked = null;
        }
    }

    void removeExpired(long nowMs) {
        for (ModelRecord record : List.copyOf(all)) {
            if (isExpired(record, nowMs)) {
                remove(record);
            }
        }
    }

    boolean isExpired(ModelRecord record, long nowMs) {
        long idleMs = nowMs - Math.max(record.seenMs[0], record.seenMs[1]);
        return idleMs > Math.ceilDiv(timeoutNs(record), 1_000_000L);
    }

    private long timeoutNs(ModelRecord record) {
        if (record.superseded) {
            return timeouts.tcpClosingNs();
        }
        if (record.isTcp()) {
            if (record.isClosing()) {
                return timeouts.tcpClosingNs();
            }
            return record.halfOpen ? timeouts.tcpHalfOpenNs() : timeouts.tcpEstablishedNs();
        }
        return switch (record.key.protocol()) {
            case 17 -> record.halfOpen ? timeouts.udpNs() : timeouts.udpStreamNs();
            case 1, 58 -> timeouts.icmpNs();
            default -> timeouts.otherNs();
        };
    }
}
