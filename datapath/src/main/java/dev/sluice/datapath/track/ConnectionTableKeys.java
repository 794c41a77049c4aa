package dev.sluice.datapath.track;

import static dev.sluice.datapath.track.ConnectionTableRecord.getByte;
import static dev.sluice.datapath.track.ConnectionTableRecord.getInt;
import static dev.sluice.datapath.track.ConnectionTableRecord.putByte;
import static dev.sluice.datapath.track.ConnectionTableRecord.putInt;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.FlowHash;
import dev.sluice.datapath.rules.PacketFields;
import java.lang.foreign.MemorySegment;

/**
 * From keys to connections: the index, and behind each of its entries the chain of connections with the same key, newest first. One writer:
 * that of the table. No allocation after construction.
 *
 * <p>An <b>entry</b> names a place in the index as bucket * 8 + lane; it is good until the next insertion or removal.
 */
public final class ConnectionTableKeys {
    /** Places in the index where a key may be. */
    static final int PLACES = 2 * ConnectionTableIndex.ENTRIES;

    /** Most hashes of one {@link #fetch}. */
    static final int FETCH_MAX = Batch.CAPACITY;

    /** What callers give as the hash of a key: {@link FlowHash}, but in tests. The table asks for it when a connection goes. */
    @FunctionalInterface
    public interface KeyHash {
        KeyHash FLOW = (key, router) -> FlowHash.withRouter(FlowHash.of(key), router);

        long of(PacketFields key, int router);
    }

    private final ConnectionTableFields fields;
    private final MemorySegment records;
    private final MemorySegment side;
    private final ConnectionTableAddresses addresses;
    private final ConnectionTableIndex index;
    private final long seed;
    private final KeyHash hash;
    private final PacketFields gone = new PacketFields();

    // What the last fetch() found, by place.
    private final long[] fetchedHash = new long[FETCH_MAX];
    private final int[] fetchedIndexHash = new int[FETCH_MAX];
    private final int[] fetchedSlot = new int[FETCH_MAX];
    private int fetchedCount;
    private long fetchedChanges;

    /** Changes of the index so far: what was found before one may not be what would be found after it. */
    private long changes;

    ConnectionTableKeys(ConnectionTableFields fields, ConnectionTableIndex index, long seed, KeyHash hash) {
        this.fields = fields;
        this.records = fields.records;
        this.side = fields.side;
        this.addresses = fields.addresses;
        this.index = index;
        this.seed = seed;
        this.hash = hash;
    }

    int indexHash(long hash) {
        return (int) (FlowHash.mix(hash ^ seed) >>> 32);
    }

    /**
     * Reads what the look-ups of these hashes will read, and remembers what it found. Each loop that waits for memory does nothing else, so that the processor has as many reads
     * under way as it can; all reckoning is in loops of its own, over lines that have arrived. Each loop is a method of its own, because the compiler gives up inlining the
     * accesses of what has many.
     *
     * @param hashes at most {@link #FETCH_MAX}
     * @return means nothing; to be used, so that no read is dropped
     */
    long fetch(long[] hashes, int count) {
        for (int i = 0; i < count; i++) {
            fetchedHash[i] = hashes[i];
            fetchedIndexHash[i] = indexHash(hashes[i]);
        }
        long read = readBuckets(count);
        pickCandidates(count);
        fetchedCount = count;
        fetchedChanges = changes;
        return read ^ readRecords(count);
    }

    private long readBuckets(int count) {
        long read = 0;
        for (int i = 0; i < count; i++) {
            read ^= index.read(fetchedIndexHash[i]);
        }
        return read;
    }

    private void pickCandidates(int count) {
        for (int i = 0; i < count; i++) {
            fetchedSlot[i] = firstCandidate(fetchedIndexHash[i]);
        }
    }

    /** Where there is no candidate, the first record is read for nothing: cheaper than to ask. */
    private long readRecords(int count) {
        long read = 0;
        int own = 0;
        for (int i = 0; i < count; i++) {
            long at = ConnectionTableRecord.at(Math.max(0, fetchedSlot[i]));
            own |= getByte(records, at + ConnectionTableRecord.OWN_BITS);
        }
        if ((own & ConnectionTableRecord.WIDE) != 0) {
            read = readAddresses(count);
        }
        return read ^ own;
    }

    private long readAddresses(int count) {
        long read = 0;
        for (int i = 0; i < count; i++) {
            read ^= addresses.read(Math.max(0, fetchedSlot[i]));
        }
        return read;
    }

    /** The newest connection of a key if the last {@link #fetch} found it at this place and nothing has changed since; else -1, which says nothing. */
    int fetched(int place, long hash, PacketFields key, int router, int tag) {
        boolean holds = place < fetchedCount && fetchedHash[place] == hash && fetchedChanges == changes;
        int slot = holds ? fetchedSlot[place] : -1;
        return slot >= 0 && matches(slot, key, forward(key, router, tag), reverse(key, router, tag)) ? slot : -1;
    }

    private static long forward(PacketFields key, int router, int tag) {
        return ConnectionTableRecord.identity(key.sourcePort, key.destinationPort, key.protocol, tag, router);
    }

    private static long reverse(PacketFields key, int router, int tag) {
        return ConnectionTableRecord.identity(key.destinationPort, key.sourcePort, key.protocol, tag, router);
    }

    /** The slot of the first entry with the tag of a hash, nearly always that of the key; -1 if there is none. */
    private int firstCandidate(int indexHash) {
        int tag = ConnectionTableIndex.tag(indexHash);
        int bucket = index.bucket(indexHash);
        int lanes = index.match(bucket, tag);
        if (lanes == 0) {
            bucket = index.otherBucket(bucket, tag);
            lanes = index.match(bucket, tag);
        }
        return lanes == 0 ? -1 : index.slot(bucket, Integer.numberOfTrailingZeros(lanes));
    }

    /** The newest connection of an entry. */
    int slot(int entry) {
        return index.slot(entry >>> 3, entry & 7);
    }

    void setSlot(int entry, int slot) {
        changes++;
        index.setSlot(entry >>> 3, entry & 7, slot);
    }

    /** One of the {@link #PLACES} entries, free or not, where a hash may be. */
    int place(int indexHash, int number) {
        int bucket = index.bucket(indexHash);
        if (number >= ConnectionTableIndex.ENTRIES) {
            bucket = index.otherBucket(bucket, ConnectionTableIndex.tag(indexHash));
        }
        return bucket << 3 | (number & 7);
    }

    /** Adds an entry for a key that has none; false if there is no room for its hash. */
    boolean add(int indexHash, int slot) {
        changes++;
        return index.add(indexHash, slot);
    }

    /** The index entry under which a key is, as bucket * 8 + lane, or -1. */
    int locate(int indexHash, PacketFields key, int router, int tag) {
        long forward = forward(key, router, tag);
        long reverse = reverse(key, router, tag);
        int indexTag = ConnectionTableIndex.tag(indexHash);
        int bucket = index.bucket(indexHash);
        for (int round = 0; round < 2; round++) {
            for (int lanes = index.match(bucket, indexTag); lanes != 0; lanes &= lanes - 1) {
                int lane = Integer.numberOfTrailingZeros(lanes);
                if (matches(index.slot(bucket, lane), key, forward, reverse)) {
                    return bucket << 3 | lane;
                }
            }
            bucket = index.otherBucket(bucket, indexTag);
        }
        return -1;
    }

    /** Whether a connection has this key. */
    boolean isOf(int slot, PacketFields key, int router, int tag) {
        return matches(slot, key, forward(key, router, tag), reverse(key, router, tag));
    }

    private boolean matches(int slot, PacketFields key, long forward, long reverse) {
        return ConnectionTableAddresses.isNarrow(key)
                ? ConnectionTableAddresses.matchNarrow(records, slot, key, forward, reverse)
                : addresses.matchWide(slot, key, forward, reverse);
    }

    /** The next older connection of the same key, or -1. */
    int older(int slot) {
        return older(records, side, slot);
    }

    static int older(MemorySegment records, MemorySegment side, int slot) {
        int own = getByte(records, ConnectionTableRecord.at(slot) + ConnectionTableRecord.OWN_BITS);
        return (own & ConnectionTableRecord.HAS_OLDER) == 0
                ? -1
                : getInt(side, ConnectionTableRecord.sideAt(slot) + ConnectionTableRecord.SIDE_NEXT) - 1;
    }

    /** Puts a connection before an older one of the same key, -1 for none. */
    void setOlder(int slot, int older) {
        long ownAt = ConnectionTableRecord.at(slot) + ConnectionTableRecord.OWN_BITS;
        int own = getByte(records, ownAt) & ~ConnectionTableRecord.HAS_OLDER;
        putInt(side, ConnectionTableRecord.sideAt(slot) + ConnectionTableRecord.SIDE_NEXT, older + 1);
        putByte(records, ownAt, older < 0 ? own : own | ConnectionTableRecord.HAS_OLDER);
    }

    /** Makes a connection the first of the chain of its key. */
    void putFirst(int indexHash, PacketFields key, int router, int tag, int slot) {
        int entry = locate(indexHash, key, router, tag);
        int before = entry < 0 ? -1 : slot(entry);
        int first = before;
        while (before >= 0 && before != slot) {
            int older = older(before);
            if (older == slot) {
                setOlder(before, older(slot));
                setOlder(slot, first);
                setSlot(entry, slot);
            }
            before = older;
        }
    }

    /** Takes a connection out of the chain of its key. */
    void remove(int slot) {
        changes++;
        boolean isTakenOut = takeOut(slot);
        assert isTakenOut : "slot " + slot + " was inserted under a hash that is not that of its key";
    }

    private boolean takeOut(int slot) {
        int indexHash = indexHashOf(slot);
        int older = older(slot);
        int tag = ConnectionTableIndex.tag(indexHash);
        int bucket = index.bucket(indexHash);
        for (int round = 0; round < 2; round++) {
            for (int lanes = index.match(bucket, tag); lanes != 0; lanes &= lanes - 1) {
                int lane = Integer.numberOfTrailingZeros(lanes);
                int head = index.slot(bucket, lane);
                if (head == slot) {
                    if (older < 0) {
                        index.clear(bucket, lane);
                    } else {
                        index.setSlot(bucket, lane, older);
                    }
                    return true;
                }
                if (unchain(head, slot, older)) {
                    return true;
                }
            }
            bucket = index.otherBucket(bucket, tag);
        }
        return false;
    }

    /** That of the key of a connection. */
    private int indexHashOf(int slot) {
        fields.readKey(slot, gone);
        return indexHash(hash.of(gone, fields.router(slot)));
    }

    private boolean unchain(int head, int slot, int older) {
        int newer = head;
        while (newer >= 0) {
            int next = older(newer);
            if (next == slot) {
                setOlder(newer, older);
                return true;
            }
            newer = next;
        }
        return false;
    }

    /** @throws IllegalArgumentException if a part of a key is outside 0..max */
    static void checkRange(String what, int value, int max) {
        if (value < 0 || value > max) {
            throw new IllegalArgumentException(
                    "connection table: " + what + " " + value + " is outside 0.." + max + ": choose smaller ids");
        }
    }
}
