package dev.sluice.datapath.track;

import static dev.sluice.datapath.track.ConnectionTableRecord.getInt;
import static dev.sluice.datapath.track.ConnectionTableRecord.getLong;
import static dev.sluice.datapath.track.ConnectionTableRecord.getShort;
import static dev.sluice.datapath.track.ConnectionTableRecord.putInt;
import static dev.sluice.datapath.track.ConnectionTableRecord.putShort;

import java.lang.foreign.MemorySegment;

/**
 * From a 32-bit index hash to the slots that may hold a key. One writer: that of the table. No allocation after construction.
 *
 * <p>Cuckoo hashing with two candidate buckets of eight entries, a bucket being one cache line:
 *
 * <pre>
 *    0  8 tags of 16 bits, 0 = entry is free
 *   16  8 slots of 32 bits
 *   48  16 bytes unused
 * </pre>
 *
 * The tag is the low half of the index hash, the first bucket follows from its high bits, and the other bucket from bucket and tag alone, so
 * that entries can be moved without looking at records. An insertion moves at most a chain found by a breadth-first search over
 * {@link #SEARCH_BUCKETS} buckets, so its cost is bounded even for crafted hashes; then it fails.
 */
final class ConnectionTableIndex {
    static final int BUCKET_BYTES = 64;
    static final int ENTRIES = 8;
    static final int SEARCH_BUCKETS = 256;

    /** With fewer, the two buckets of a key would often be the same. */
    static final int BUCKETS_MIN = 32;

    private static final int SLOTS_OFFSET = 16;
    private static final long LANES = 0x0001_0001_0001_0001L;
    private static final long LOW_BITS = 0x7fff_7fff_7fff_7fffL;

    private final MemorySegment memory;
    private final int buckets;

    private final int[] searchBucket = new int[SEARCH_BUCKETS];
    private final int[] searchParent = new int[SEARCH_BUCKETS];
    private final int[] searchLane = new int[SEARCH_BUCKETS];

    /** Buckets for the given number of connections: load 0.9 when all are there, and enough for short searches when there are few. */
    static int bucketsFor(int connectionsMax) {
        return (int) Math.max(BUCKETS_MIN, ((long) connectionsMax * 10 + 71) / 72 + 1);
    }

    ConnectionTableIndex(MemorySegment zeroedMemory) {
        this.memory = zeroedMemory;
        this.buckets = (int) (zeroedMemory.byteSize() / BUCKET_BYTES);
    }

    /** Tag of an index hash, 1..65535. */
    static int tag(int indexHash) {
        int tag = indexHash & 0xffff;
        return tag == 0 ? 1 : tag;
    }

    /** First bucket of an index hash. */
    int bucket(int indexHash) {
        return (int) (((indexHash & 0xffff_ffffL) * buckets) >>> 32);
    }

    /** The other bucket of an entry; applied twice it leads back. */
    int otherBucket(int bucket, int tag) {
        int sum = (int) ((((tag * 0x9E3779B1L) & 0xffff_ffffL) * buckets) >>> 32);
        int other = sum - bucket;
        return other < 0 ? other + buckets : other;
    }

    /** Reads the first bucket, where nearly all keys are, so that it is in the cache. */
    long read(int indexHash) {
        return getLong(memory, address(bucket(indexHash)));
    }

    /**
     * The entries of a bucket that carry a tag, as a set of lanes: bit {@code i} stands for entry {@code i}.
     */
    int match(int bucket, int tag) {
        long at = address(bucket);
        long wanted = tag * LANES;
        return lanes(getLong(memory, at) ^ wanted) | lanes(getLong(memory, at + 8) ^ wanted) << 4;
    }

    int slot(int bucket, int lane) {
        return getInt(memory, address(bucket) + SLOTS_OFFSET + lane * 4L);
    }

    void setSlot(int bucket, int lane, int slot) {
        putInt(memory, address(bucket) + SLOTS_OFFSET + lane * 4L, slot);
    }

    void clear(int bucket, int lane) {
        putShort(memory, address(bucket) + lane * 2L, 0);
    }

    /** Adds an entry; false if neither bucket has room and none could be made. */
    boolean add(int indexHash, int slot) {
        int tag = tag(indexHash);
        int first = bucket(indexHash);
        int second = otherBucket(first, tag);
        int freeInFirst = match(first, 0);
        // The first one as long as it has room: a look-up reads the second only for what it does not find there.
        boolean useFirst = freeInFirst != 0;
        int free = useFirst ? freeInFirst : match(second, 0);
        if (free != 0) {
            put(useFirst ? first : second, Integer.numberOfTrailingZeros(free), tag, slot);
            return true;
        }
        return makeRoom(first, second, tag, slot);
    }

    /** Breadth-first search for a chain of moves that ends in a free entry; carries it out from its end. */
    private boolean makeRoom(int first, int second, int tag, int slot) {
        searchBucket[0] = first;
        searchBucket[1] = second;
        searchParent[0] = -1;
        searchParent[1] = -1;
        int count = second == first ? 1 : 2;
        for (int at = 0; at < count; at++) {
            int bucket = searchBucket[at];
            for (int lane = 0; lane < ENTRIES; lane++) {
                int target = otherBucket(bucket, tagAt(bucket, lane));
                int free = match(target, 0);
                if (free != 0) {
                    int vacated = moveAlong(at, lane, target, Integer.numberOfTrailingZeros(free));
                    put(vacated >>> 3, vacated & 7, tag, slot);
                    return true;
                }
                if (count < SEARCH_BUCKETS && !isAncestor(at, target)) {
                    searchBucket[count] = target;
                    searchParent[count] = at;
                    searchLane[count] = lane;
                    count++;
                }
            }
        }
        return false;
    }

    /** A bucket that occurs twice in one chain would be overwritten half-way. */
    private boolean isAncestor(int from, int bucket) {
        for (int at = from; at >= 0; at = searchParent[at]) {
            if (searchBucket[at] == bucket) {
                return true;
            }
        }
        return bucket == searchBucket[0] || bucket == searchBucket[1];
    }

    /** Moves the entries of a chain one step each, the last one first; the entry of a first bucket that became free, as bucket * 8 + lane. */
    private int moveAlong(int last, int lastLane, int freeBucket, int freeLane) {
        int toBucket = freeBucket;
        int toLane = freeLane;
        int lane = lastLane;
        for (int at = last; at >= 0; at = searchParent[at]) {
            int bucket = searchBucket[at];
            put(toBucket, toLane, tagAt(bucket, lane), slot(bucket, lane));
            toBucket = bucket;
            toLane = lane;
            lane = searchLane[at];
        }
        return toBucket << 3 | toLane;
    }

    private int tagAt(int bucket, int lane) {
        return getShort(memory, address(bucket) + lane * 2L);
    }

    private void put(int bucket, int lane, int tag, int slot) {
        putShort(memory, address(bucket) + lane * 2L, tag);
        setSlot(bucket, lane, slot);
    }

    private static long address(int bucket) {
        return (long) bucket * BUCKET_BYTES;
    }

    /** Which of the four 16-bit lanes are zero, as bits 0..3. Exact: no carry passes between lanes. */
    private static int lanes(long word) {
        long zero = ~(((word & LOW_BITS) + LOW_BITS) | word | LOW_BITS) >>> 15;
        return (int) ((zero * 0x0001_0002_0004_0008L) >>> 48) & 0xf;
    }
}
