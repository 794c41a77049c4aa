package dev.sluice.datapath.mirror;

import dev.sluice.datapath.offload.OffloadAction;
import dev.sluice.datapath.offload.OffloadKey;
import dev.sluice.datapath.packet.FlowHash;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * The journeys that a device repeats, as struct of arrays: found by the hash of their addresses, ports and protocol, which all ways of a flow share in both directions and in all key
 * spaces. One writer: the worker.
 *
 * <p>Entries run from 1; {@link #NONE} is none. All memory is taken at construction; no call allocates.
 */
final class MirrorEntries {
    static final int NONE = 0;

    /** Records of the connection table that a journey can pass. */
    static final int TOUCHES_MAX = 3;

    /** Most journeys of one hash, so that what happens to a flow costs a bounded time: two tagged ways there and back, for a few tenants. */
    static final int PER_FLOW_MAX = 32;

    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;

    /** What an entry takes of the heap, with its share of what finds it; {@code MirrorEntriesTest} adds it up. */
    static final int HEAP_BYTES_EACH = 160;

    /** What it takes beside the heap. */
    static final int OTHER_BYTES_EACH = OffloadKey.BYTES;

    /** Frames and bytes that were read and counted. */
    final long[] frames;

    final long[] packets;
    final long[] bytes;

    /** What the entry was recorded under. */
    final int[] config;

    final int[] path;
    final int[] pathGeneration;
    final int[] egress;
    final int[] egressGeneration;

    /** Attachments that the packets came back from and went to, 0 for none, and in which direction. */
    final int[] returned;

    final int[] sent;
    final byte[] direction;

    /** {@code OffloadAction.PUSH}, {@code OffloadAction.POP}, and what tells the headers of tunnels apart. */
    final byte[] tunnel;

    final long[] headersHash;

    /** Whose MAC address it leaves with, port -1 for nobody's. */
    final int[] neighborPort;

    final long[] neighborHi;
    final long[] neighborLo;

    /** By entry * {@link #TOUCHES_MAX}: records passed, in which direction (bit 0) and whether packets count there (bit 1), rules, and by how much frames differ from those that came in. */
    final int[] touchSlot;

    final byte[] touchKind;
    final int[] touchRule;
    final int[] touchMoreBytes;
    final byte[] touches;

    /** Changes each time that an entry is given back. */
    final int[] sequence;

    /** When they were last used. */
    final MirrorAges ages;

    private final long[] flow;
    private final int[] next;
    private final int[] heads;
    private final MemorySegment keys;

    /** How many entries name a slot of the connection table. */
    private final int[] uses;

    private final long seed;
    private int firstFree;
    private int size;

    MirrorEntries(int capacity, int connectionsMax, long seed) {
        int count = capacity + 1;
        frames = new long[count];
        packets = new long[count];
        bytes = new long[count];
        config = new int[count];
        path = new int[count];
        pathGeneration = new int[count];
        egress = new int[count];
        egressGeneration = new int[count];
        returned = new int[count];
        sent = new int[count];
        direction = new byte[count];
        tunnel = new byte[count];
        headersHash = new long[count];
        neighborPort = new int[count];
        neighborHi = new long[count];
        neighborLo = new long[count];
        touchSlot = new int[count * TOUCHES_MAX];
        touchKind = new byte[count * TOUCHES_MAX];
        touchRule = new int[count * TOUCHES_MAX];
        touchMoreBytes = new int[count * TOUCHES_MAX];
        touches = new byte[count];
        sequence = new int[count];
        ages = new MirrorAges(count);
        // So that a name of another process, whose journeys a device may have, is hardly ever one here.
        Arrays.fill(sequence, (int) seed);
        flow = new long[count];
        next = new int[count];
        heads = new int[Integer.highestOneBit(Math.max(1, capacity)) << 1];
        keys = Arena.ofAuto().allocate((long) count * OffloadKey.BYTES, Long.BYTES);
        uses = new int[connectionsMax];
        this.seed = seed;
        for (int i = capacity; i > 0; i--) {
            next[i] = firstFree;
            firstFree = i;
        }
    }

    int size() {
        return size;
    }

    int capacity() {
        return frames.length - 1;
    }

    private int bucket(long hash) {
        return (int) (FlowHash.mix(hash ^ seed) >>> 32) & heads.length - 1;
    }

    /** The first entry of a hash, or {@link #NONE}. */
    int first(long hash) {
        return ofHash(heads[bucket(hash)], hash);
    }

    /** The next entry of the same hash. */
    int after(int entry) {
        return ofHash(next[entry], flow[entry]);
    }

    int ofHash(int from, long hash) {
        int entry = from;
        while (entry != NONE && flow[entry] != hash) {
            entry = next[entry];
        }
        return entry;
    }

    /** The entry of a key. */
    int find(long hash, MemorySegment key) {
        int entry = first(hash);
        while (entry != NONE && !hasKey(entry, key, 0)) {
            entry = after(entry);
        }
        return entry;
    }

    boolean hasKey(int entry, MemorySegment key, long base) {
        long at = (long) entry * OffloadKey.BYTES;
        for (int i = 0; i < OffloadKey.BYTES; i += Long.BYTES) {
            if (keys.get(LONG, at + i) != key.get(LONG, base + i)) {
                return false;
            }
        }
        return true;
    }

    void copyKey(int entry, MemorySegment to) {
        long at = (long) entry * OffloadKey.BYTES;
        for (int i = 0; i < OffloadKey.BYTES; i += Long.BYTES) {
            to.set(LONG, i, keys.get(LONG, at + i));
        }
    }

    /** Whether one more of a hash would be too many. */
    boolean hasMany(long hash) {
        int count = 0;
        for (int entry = first(hash); entry != NONE; entry = after(entry)) {
            count++;
        }
        return count >= PER_FLOW_MAX;
    }

    /** A new entry with nothing counted and no touches, last used at a time; {@link #NONE} if there is no room. */
    int take(long hash, MemorySegment key, int seenMs) {
        int entry = firstFree;
        if (entry == NONE) {
            return NONE;
        }
        firstFree = next[entry];
        size++;
        flow[entry] = hash;
        int bucket = bucket(hash);
        next[entry] = heads[bucket];
        heads[bucket] = entry;
        long at = (long) entry * OffloadKey.BYTES;
        for (int i = 0; i < OffloadKey.BYTES; i += Long.BYTES) {
            keys.set(LONG, at + i, key.get(LONG, i));
        }
        frames[entry] = 0;
        packets[entry] = 0;
        bytes[entry] = 0;
        touches[entry] = 0;
        ages.join(entry, seenMs);
        return entry;
    }

    /** What a device has counted so far of an entry was counted by somebody else, or by nobody. */
    void countFrom(int entry, MemorySegment said, long base) {
        packets[entry] = OffloadAction.packets(said, base);
        bytes[entry] = OffloadAction.bytes(said, base);
        frames[entry] = framesOf(said, base);
    }

    /** Who counts no frames apart has none that are super-frames. */
    static long framesOf(MemorySegment said, long base) {
        long all = OffloadAction.frames(said, base);
        return all == 0 ? OffloadAction.packets(said, base) : all;
    }

    /** Adds a record that the journey passed; there has to be room. */
    void touch(int entry, int slot, int kind, int rule, int moreBytes) {
        int at = entry * TOUCHES_MAX + touches[entry]++;
        touchSlot[at] = slot;
        touchKind[at] = (byte) kind;
        touchRule[at] = rule;
        touchMoreBytes[at] = moreBytes;
        uses[slot]++;
    }

    /** Whether a journey passes a record. */
    boolean uses(int slot) {
        return uses[slot] != 0;
    }

    void give(int entry) {
        ages.leave(entry);
        for (int i = 0; i < touches[entry]; i++) {
            uses[touchSlot[entry * TOUCHES_MAX + i]]--;
        }
        touches[entry] = 0;
        int bucket = bucket(flow[entry]);
        if (heads[bucket] == entry) {
            heads[bucket] = next[entry];
        } else {
            int before = heads[bucket];
            while (next[before] != entry) {
                before = next[before];
            }
            next[before] = next[entry];
        }
        sequence[entry]++;
        next[entry] = firstFree;
        firstFree = entry;
        size--;
    }

    /** A name of an entry, which is refused once the entry has been given back. */
    long name(int entry) {
        return (long) sequence[entry] << 32 | entry;
    }

    /** The entry with a name, {@link #NONE} if it is gone. */
    int named(long name) {
        int entry = (int) name;
        boolean there = entry > 0 && entry < frames.length && touches[entry] != 0 && name(entry) == name;
        return there ? entry : NONE;
    }
}
