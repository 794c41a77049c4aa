package dev.sluice.datapath.track;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.FlowHash;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * Key spaces of flows: a router (or transparent pair) and the VLANs of the packet. Two VLANs of a trunk may use the same addresses; they never share a record
 * (V29). One user: the worker.
 *
 * <p>Untagged packets use the router's own number, so the table is only asked for tagged ones. Numbers are handed out on first use; there are 16 bits of them, and
 * senders choose tags. So a number is given back when, for a whole round of {@link #reclaim}, no packet asked for it and no record or instruction was in it
 * ({@link ZoneUse}). Hot path: no allocation, one probe.
 */
public final class Zones {
    /** No number is left. */
    public static final int NONE = -1;

    /** Numbers below are those of routers. */
    public static final int ROUTERS_MAX = 8192;

    /** Key spaces from here on to {@link #ROUTERS_MAX} are those of flows of other switches that pass the service instance with that number. */
    public static final int SERVED = 4096;

    /** Numbers of routers and of VLANs. */
    static final int ZONES_MAX = 65_536;

    /** Numbers that {@link #reclaim} looks at in one step; a round takes 896 steps. */
    static final int RECLAIM_NUMBERS = 64;

    private static final int SLOT_BITS = 17;
    private static final int FORETELLING_SLOT_BITS = 8;
    private static final int EMPTY = 0;
    private static final long UNTAGGED = 0;

    private final int slotBits;

    /** Hash table: key and number of each slot. */
    private final long[] keys;

    private final int[] numbers;

    /** Key by number, {@link #UNTAGGED} if it is nobody's; while foretelling by turn, as given. */
    private final long[] keyOf;

    /** Whether a number was without use when {@link #reclaim} saw it last and was not asked for since. */
    private final boolean[] idle;

    /** Numbers that were given back. */
    private final int[] free;

    private int freeCount;

    /** Numbers from here on were never given; while foretelling {@link #given} counts. */
    private int next = ROUTERS_MAX;

    /** Numbers in use. */
    private int given;

    private int reclaimAt;

    /** Where numbers given before are found, while foretelling. */
    private @Nullable Zones source;

    /** Memory for {@link #keepIn}. */
    public static final long KEPT_BYTES = (long) (ZONES_MAX - ROUTERS_MAX) * Long.BYTES;

    /** {@link #keyOf} for the next process; null: there is none. */
    private @Nullable MemorySegment kept;

    public Zones() {
        this(SLOT_BITS, ZONES_MAX - ROUTERS_MAX);
    }

    private Zones(int slotBits, int count) {
        this.slotBits = slotBits;
        keys = new long[1 << slotBits];
        numbers = new int[1 << slotBits];
        keyOf = new long[count];
        idle = new boolean[count];
        free = new int[count];
    }

    /** Few numbers of its own, beside those of the zones that it will look into. */
    public static Zones forForetelling() {
        return new Zones(FORETELLING_SLOT_BITS, 1 << (FORETELLING_SLOT_BITS - 1));
    }

    /** Numbers are those that the other zones gave, or would give next. */
    public void lookInto(Zones other) {
        source = other;
    }

    /**
     * The key space of a packet.
     *
     * @param router index of the router or pair, below {@link #ROUTERS_MAX}
     * @param outerTag as in {@link Batch#outerTag}; VLAN id 0 (priority tag) counts as untagged, and the tag behind it as the outer one
     * @param innerTag as in {@link Batch#innerTag}
     * @return 0..65535, or {@link #NONE}
     */
    public int of(int router, int outerTag, int innerTag) {
        long key = key(router, outerTag, innerTag);
        if (key == UNTAGGED) {
            return router;
        }
        int slot = probe(key);
        int number = numbers[slot];
        if (source != null) {
            return number == EMPTY ? foretold(key, slot, source) : number;
        }
        if (number == EMPTY) {
            return give(key, slot);
        }
        idle[number - ROUTERS_MAX] = false;
        return number;
    }

    /** Writes there, from now on, what numbers stand for. */
    public void keepIn(MemorySegment memory) {
        kept = memory;
        for (int i = 0; i < keyOf.length; i++) {
            keep(i);
        }
    }

    private void keep(int index) {
        MemorySegment memory = kept;
        if (memory != null && memory.getAtIndex(ValueLayout.JAVA_LONG, index) != keyOf[index]) {
            memory.setAtIndex(ValueLayout.JAVA_LONG, index, keyOf[index]);
        }
    }

    /** Gives the numbers that were given by the one that wrote there; before any was given. */
    public void recall(MemorySegment left) {
        for (int i = 0; i < keyOf.length; i++) {
            long key = left.getAtIndex(ValueLayout.JAVA_LONG, i);
            int slot = probe(key);
            if (key != UNTAGGED && key >>> 24 <= ROUTERS_MAX && numbers[slot] == EMPTY) {
                put(key, slot, ROUTERS_MAX + i);
                keyOf[i] = key;
                given++;
                next = ROUTERS_MAX + i + 1;
            }
        }
        for (int i = 0; i < next - ROUTERS_MAX; i++) {
            if (keyOf[i] == UNTAGGED) {
                free[freeCount++] = ROUTERS_MAX + i;
            }
        }
        if (kept != null) {
            keepIn(kept);
        }
    }

    /** Whether a number from {@link #ROUTERS_MAX} on stands for something. */
    public boolean isGiven(int zone) {
        return zone < ZONES_MAX && keyOf[zone - ROUTERS_MAX] != UNTAGGED;
    }

    private int give(long key, int slot) {
        int number = upcoming(0);
        if (number == NONE) {
            return NONE;
        }
        if (freeCount > 0) {
            freeCount--;
        } else {
            next++;
        }
        given++;
        put(key, slot, number);
        keyOf[number - ROUTERS_MAX] = key;
        keep(number - ROUTERS_MAX);
        idle[number - ROUTERS_MAX] = false;
        return number;
    }

    private int foretold(long key, int slot, Zones other) {
        int before = other.numbers[other.probe(key)];
        if (before != EMPTY) {
            return before;
        }
        int number = given == keyOf.length ? NONE : other.upcoming(given);
        if (number != NONE) {
            put(key, slot, number);
            keyOf[given++] = key;
        }
        return number;
    }

    /** The number that will be given after so many others. */
    private int upcoming(int others) {
        if (others < freeCount) {
            return free[freeCount - 1 - others];
        }
        int number = next + others - freeCount;
        return number < ZONES_MAX ? number : NONE;
    }

    private void put(long key, int slot, int number) {
        keys[slot] = key;
        numbers[slot] = number;
    }

    /** The same for a packet that may yet be dropped: gives no number away, since senders choose tags; {@link #NONE} if it has none. */
    public int known(int router, int outerTag, int innerTag) {
        long key = key(router, outerTag, innerTag);
        if (key == UNTAGGED) {
            return router;
        }
        int number = numbers[probe(key)];
        if (number == EMPTY) {
            return source == null ? NONE : source.known(router, outerTag, innerTag);
        }
        return number;
    }

    private static long key(int router, int outerTag, int innerTag) {
        int outer = outerTag & 0xfff;
        int inner = innerTag & 0xfff;
        int vlans = outer == 0 ? inner << 12 : outer << 12 | inner;
        return vlans == 0 ? UNTAGGED : (long) (router + 1) << 24 | vlans;
    }

    private static int routerOf(long key) {
        return (int) (key >>> 24) - 1;
    }

    /** Where a key is, or would be. */
    private int probe(long key) {
        int slot = slot(key);
        while (numbers[slot] != EMPTY && keys[slot] != key) {
            slot = slot + 1 & keys.length - 1;
        }
        return slot;
    }

    private int slot(long key) {
        return (int) (FlowHash.mix(key) >>> (64 - slotBits));
    }

    /** The router or pair that a key space belongs to. */
    public int router(int zone) {
        if (zone < ROUTERS_MAX) {
            return zone;
        }
        if (source == null) {
            return routerOf(keyOf[zone - ROUTERS_MAX]);
        }
        for (int i = 0; i < given; i++) {
            if (source.upcoming(i) == zone) {
                return routerOf(keyOf[i]);
            }
        }
        return source.router(zone);
    }

    /** Numbers in use, those included that are about to be given back. */
    int count() {
        return given;
    }

    /**
     * Looks at the next numbers in turn and takes back those that were without use for a whole round. Between two batches, when no packet is under way with one.
     */
    public void reclaim(ZoneUse use) {
        if (given == 0) {
            return;
        }
        for (int i = 0; i < RECLAIM_NUMBERS; i++) {
            reclaimAt = reclaimAt + 1 == keyOf.length ? 0 : reclaimAt + 1;
            if (keyOf[reclaimAt] == UNTAGGED || use.isUsed(ROUTERS_MAX + reclaimAt)) {
                idle[reclaimAt] = false;
            } else if (idle[reclaimAt]) {
                takeBack(reclaimAt);
            } else {
                idle[reclaimAt] = true;
            }
        }
    }

    private void takeBack(int index) {
        removeSlot(probe(keyOf[index]));
        keyOf[index] = UNTAGGED;
        keep(index);
        idle[index] = false;
        free[freeCount++] = ROUTERS_MAX + index;
        given--;
    }

    /** Empties a slot and closes the gap: keys behind it that were put further on because it was taken move up. */
    private void removeSlot(int gone) {
        int mask = keys.length - 1;
        int gap = gone;
        for (int slot = gap + 1 & mask; numbers[slot] != EMPTY; slot = slot + 1 & mask) {
            int home = slot(keys[slot]);
            if ((slot - home & mask) >= (slot - gap & mask)) {
                put(keys[slot], gap, numbers[slot]);
                gap = slot;
            }
        }
        numbers[gap] = EMPTY;
    }
}
