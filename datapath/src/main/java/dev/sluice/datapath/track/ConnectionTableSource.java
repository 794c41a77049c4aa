package dev.sluice.datapath.track;

import dev.sluice.datapath.packet.FlowHash;
import dev.sluice.datapath.rules.PacketFields;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * The real connections behind a small table that foretells ({@code Foretelling}): those of a key are copied when the key is first asked for, and room is made where the real
 * table would make it. The real table is only read. One user: the worker that owns the real table. Allocates; never on the way of a packet that is forwarded.
 *
 * <p>Not as in the real table: how many keys of equal hash there may be. It takes crafted hashes to see the difference.
 */
final class ConnectionTableSource {
    private static final int GONE = -1;

    private final ConnectionTable real;
    private final ConnectionTable copies;

    /** Real slot to the {@link ConnectionTable#reference} of its copy. */
    private final Map<Integer, Long> copied = new HashMap<>();

    /** Real slots that had to give way without having been copied. */
    private final Set<Integer> evicted = new HashSet<>();

    private final FlowContext context;

    ConnectionTableSource(ConnectionTable real, ConnectionTable copies, FlowContext context) {
        this.real = real;
        this.copies = copies;
        this.context = context;
    }

    /** Copies the connections of a key, and those linked with them, if that was not done yet. */
    void adopt(long hash, PacketFields key, int router, int tag) {
        adoptChain(hash, real.newest(hash, key, router, tag));
    }

    private void adoptChain(long hash, int newest) {
        if (newest < 0 || copied.containsKey(newest)) {
            return;
        }
        Deque<Integer> oldestFirst = new ArrayDeque<>();
        for (int slot = newest; slot >= 0; slot = real.older(slot)) {
            oldestFirst.push(slot);
        }
        for (int slot : oldestFirst) {
            if (!evicted.contains(slot)) {
                real.refresh(slot);
                int copy = copies.copy(real, slot, hash, keyOf(slot));
                if (copy >= 0) {
                    context.adopt(slot, copy);
                }
                copied.put(slot, copy < 0 ? (long) GONE : copies.reference(copy));
            }
        }
        for (int slot : oldestFirst) {
            adoptLink(slot);
        }
    }

    private void adoptLink(int slot) {
        int other = real.linked(slot);
        if (other >= 0) {
            int copy = adopted(slot);
            int otherCopy = adopted(other);
            if (copy >= 0 && otherCopy >= 0 && copies.linked(copy) < 0 && copies.linked(otherCopy) < 0) {
                copies.link(copy, otherCopy);
            }
        }
    }

    /** The copy of a real connection, -1 if it is gone. */
    int adopted(int slot) {
        if (!copied.containsKey(slot) && !evicted.contains(slot)) {
            adoptChain(hashOf(slot), newestOf(slot));
        }
        return existing(slot);
    }

    private int existing(int slot) {
        Long reference = copied.get(slot);
        return reference == null || reference == GONE ? GONE : copies.resolve(reference);
    }

    private int newestOf(int slot) {
        return real.newest(hashOf(slot), keyOf(slot), real.router(slot), real.tag(slot));
    }

    private PacketFields keyOf(int slot) {
        PacketFields key = new PacketFields();
        real.readKey(slot, key);
        return key;
    }

    private long hashOf(int slot) {
        return FlowHash.withRouter(real.flowHash(slot), real.router(slot));
    }

    /** Makes room for one more connection as the real table would; false if it would refuse. */
    boolean makeRoom(int nowMs) {
        return size() < real.capacity()
                || evictOldest(real.halfOpen, copies.halfOpen, nowMs)
                || evictOldest(real.metInTheMiddle, copies.metInTheMiddle, nowMs)
                || sweep(nowMs);
    }

    /** Connections that the real table would hold by now. */
    private int size() {
        int others = real.size() - copied.size() - evicted.size();
        return others + copies.size();
    }

    /** Whether the real table would be crowded by now. */
    boolean isCrowded() {
        return size() >= real.capacity() - real.capacity() / 8;
    }

    /** One of those that have not been copied gives way. */
    private void evictUnseen(int slot) {
        evicted.add(slot);
        if (real.isCountedOnPath(slot)) {
            copies.pathFlows.leave(real.pathId(slot));
        }
    }

    private boolean evictOldest(ConnectionTableHalfOpen list, ConnectionTableHalfOpen own, int nowMs) {
        for (int slot = list.oldest(); slot >= 0; slot = list.after(slot)) {
            if (evicted.contains(slot)) {
                continue;
            }
            int copy = existing(slot);
            if (!copied.containsKey(slot)) {
                evictUnseen(slot);
                return true;
            }
            if (copy >= 0 && copies.isOn(own, copy)) {
                copies.evict(copy, nowMs);
                return true;
            }
        }
        int newer = own.oldest();
        if (newer >= 0) {
            copies.evict(newer, nowMs);
        }
        return newer >= 0;
    }

    private boolean sweep(int nowMs) {
        int before = evicted.size() - copies.size();
        int slot = -1;
        for (int left = Math.min(ConnectionTable.FULL_SWEEP_SLOTS, real.usedSlots()); left > 0; left--) {
            slot = real.sweptAfter(slot);
            int copy = existing(slot);
            if (copy >= 0 && copies.ages.isExpired(copy, nowMs)) {
                copies.evict(copy, nowMs);
            } else if (!copied.containsKey(slot) && real.isUsed(slot) && real.ages.isExpired(slot, nowMs)) {
                evictUnseen(slot);
            }
        }
        return evicted.size() - copies.size() > before;
    }
}
