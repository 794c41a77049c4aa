package dev.sluice.datapath;

import static dev.sluice.datapath.ConnectionTableRecord.getInt;
import static dev.sluice.datapath.ConnectionTableRecord.getLong;
import static dev.sluice.datapath.ConnectionTableRecord.putInt;

import dev.sluice.datapath.rules.PacketFields;
import java.lang.foreign.MemorySegment;

/**
 * From keys to connections: the index, and behind each of its entries the chain of connections with the same key, newest first. One writer:
 * that of the table. No allocation after construction.
 *
 * <p>An <b>entry</b> names a place in the index as bucket * 8 + lane; it is good until the next insertion or removal.
 */
final class ConnectionTableKeys {
    /** Places in the index where a key may be. */
    static final int PLACES = 2 * ConnectionTableIndex.ENTRIES;

    /** Most hashes of one {@link #fetch}. */
    static final int FETCH_MAX = Batch.CAPACITY;

    private final MemorySegment records;
    private final MemorySegment side;
    private final ConnectionTableIndex index;
    private final long seed;

    // What the last fetch() found, by place.
    private final long[] fetchedHash = new long[FETCH_MAX];
    private final int[] fetchedIndexHash = new int[FETCH_MAX];
    private final int[] fetchedSlot = new int[FETCH_MAX];
    private long fetchedChanges = -1;

    /** Changes of the index so far: what was found before one may not be what would be found after it. */
    private long changes;

    ConnectionTableKeys(MemorySegment records, MemorySegment side, ConnectionTableIndex index, long seed) {
        this.records = records;
        this.side = side;
        this.index = index;
        this.seed = seed;
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
        for (int i = 0; i < count; i++) {
            long at = ConnectionTableRecord.at(Math.max(0, fetchedSlot[i]));
            read ^= getLong(records, at) ^ getLong(records, at + ConnectionTableRecord.PACKETS);
        }
        return read;
    }

    /** The newest connection of a key if the last {@link #fetch} found it at this place and nothing has changed since; else -1, which says nothing. */
    int fetched(int place, long hash, PacketFields key, int router, int tag) {
        int slot = fetchedHash[place] == hash && fetchedChanges == changes ? fetchedSlot[place] : -1;
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
        long forward = ConnectionTableRecord.identity(key.sourcePort, key.destinationPort, key.protocol, tag, router);
        long reverse = ConnectionTableRecord.identity(key.destinationPort, key.sourcePort, key.protocol, tag, router);
        return matches(slot, key, forward, reverse);
    }

    private boolean matches(int slot, PacketFields key, long forward, long reverse) {
        long at = ConnectionTableRecord.at(slot);
        long identity = getLong(records, at + ConnectionTableRecord.IDENTITY);
        long sourceHi = getLong(records, at + ConnectionTableRecord.SOURCE_HI);
        long sourceLo = getLong(records, at + ConnectionTableRecord.SOURCE_LO);
        long destinationHi = getLong(records, at + ConnectionTableRecord.DESTINATION_HI);
        long destinationLo = getLong(records, at + ConnectionTableRecord.DESTINATION_LO);
        return (identity == forward
                        && sourceLo == key.sourceLo
                        && destinationLo == key.destinationLo
                        && sourceHi == key.sourceHi
                        && destinationHi == key.destinationHi)
                || (identity == reverse
                        && sourceLo == key.destinationLo
                        && destinationLo == key.sourceLo
                        && sourceHi == key.destinationHi
                        && destinationHi == key.sourceHi);
    }

    /** Makes a connection the first of the chain of its key. */
    void putFirst(int indexHash, PacketFields key, int router, int tag, int slot) {
        int entry = locate(indexHash, key, router, tag);
        int before = entry < 0 ? -1 : slot(entry);
        int first = before;
        while (before >= 0 && before != slot) {
            int older = getInt(records, ConnectionTableRecord.at(before) + ConnectionTableRecord.NEXT) - 1;
            if (older == slot) {
                int behind = getInt(records, ConnectionTableRecord.at(slot) + ConnectionTableRecord.NEXT);
                putInt(records, ConnectionTableRecord.at(before) + ConnectionTableRecord.NEXT, behind);
                putInt(records, ConnectionTableRecord.at(slot) + ConnectionTableRecord.NEXT, first + 1);
                setSlot(entry, slot);
            }
            before = older;
        }
    }

    /** Takes a connection out of the chain of its key. */
    void remove(int slot) {
        changes++;
        int indexHash = getInt(side, ConnectionTableRecord.sideAt(slot) + ConnectionTableRecord.SIDE_INDEX_HASH);
        int older = getInt(records, ConnectionTableRecord.at(slot) + ConnectionTableRecord.NEXT);
        int tag = ConnectionTableIndex.tag(indexHash);
        int bucket = index.bucket(indexHash);
        for (int round = 0; round < 2; round++) {
            for (int lanes = index.match(bucket, tag); lanes != 0; lanes &= lanes - 1) {
                int lane = Integer.numberOfTrailingZeros(lanes);
                int head = index.slot(bucket, lane);
                if (head == slot) {
                    if (older == 0) {
                        index.clear(bucket, lane);
                    } else {
                        index.setSlot(bucket, lane, older - 1);
                    }
                    return;
                }
                if (unchain(head, slot, older)) {
                    return;
                }
            }
            bucket = index.otherBucket(bucket, tag);
        }
    }

    private boolean unchain(int head, int slot, int older) {
        int newer = head;
        while (newer >= 0) {
            long nextAt = ConnectionTableRecord.at(newer) + ConnectionTableRecord.NEXT;
            int next = getInt(records, nextAt) - 1;
            if (next == slot) {
                putInt(records, nextAt, older);
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
