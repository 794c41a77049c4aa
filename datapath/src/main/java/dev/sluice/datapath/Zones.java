package dev.sluice.datapath;

import org.jspecify.annotations.Nullable;

/**
 * Key spaces of flows: a router (or transparent pair) and the VLANs of the packet. Two VLANs of a trunk may use the same addresses; they never share a record
 * (V29). One user: the worker.
 *
 * <p>Untagged packets use the router's own number, so the table is only asked for tagged ones. Numbers are handed out on first use and kept; there are 16 bits of them. Hot
 * path: no allocation, one probe.
 */
final class Zones {
    /** No number is left. */
    static final int NONE = -1;

    /** Numbers below are those of routers. */
    static final int ROUTERS_MAX = 8192;

    /** Key spaces from here on to {@link #ROUTERS_MAX} are those of flows of other switches that pass the service instance with that number. */
    static final int SERVED = 4096;

    private static final int ZONES_MAX = 65_536;
    private static final int SLOT_BITS = 17;
    private static final int FORETELLING_SLOT_BITS = 8;
    private static final int EMPTY = 0;
    private static final long UNTAGGED = 0;

    private final int slotBits;
    private final long[] keys;
    private final int[] numbers;
    private final int[] routerOf;

    /** What {@link #routerOf} begins with. */
    private int first = ROUTERS_MAX;

    private int next = ROUTERS_MAX;

    /** Where numbers given before are found, while foretelling. */
    private @Nullable Zones source;

    Zones() {
        this(SLOT_BITS, ZONES_MAX - ROUTERS_MAX);
    }

    private Zones(int slotBits, int count) {
        this.slotBits = slotBits;
        keys = new long[1 << slotBits];
        numbers = new int[1 << slotBits];
        routerOf = new int[count];
    }

    /** Few numbers of its own, beside those of the zones that it will look into. */
    static Zones forForetelling() {
        return new Zones(FORETELLING_SLOT_BITS, 1 << (FORETELLING_SLOT_BITS - 1));
    }

    /** Numbers are those that the other zones gave, or would give next. */
    void lookInto(Zones other) {
        source = other;
        first = other.next;
        next = other.next;
    }

    /**
     * The key space of a packet.
     *
     * @param router index of the router or pair, below {@link #ROUTERS_MAX}
     * @param outerTag as in {@link Batch#outerTag}; VLAN id 0 (priority tag) counts as untagged, and the tag behind it as the outer one
     * @param innerTag as in {@link Batch#innerTag}
     * @return 0..65535, or {@link #NONE}
     */
    int of(int router, int outerTag, int innerTag) {
        long key = key(router, outerTag, innerTag);
        if (key == UNTAGGED) {
            return router;
        }
        int slot = probe(key);
        if (numbers[slot] != EMPTY) {
            return numbers[slot];
        }
        int before = source == null ? NONE : source.known(router, outerTag, innerTag);
        if (before != NONE) {
            return before;
        }
        if (next - first == routerOf.length || next == ZONES_MAX) {
            return NONE;
        }
        keys[slot] = key;
        numbers[slot] = next;
        routerOf[next - first] = router;
        return next++;
    }

    /** The same for a packet that may yet be dropped: gives no number away, since senders choose tags; {@link #NONE} if it has none. */
    int known(int router, int outerTag, int innerTag) {
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
    int router(int zone) {
        if (zone < ROUTERS_MAX) {
            return zone;
        }
        return source != null && zone < first ? source.router(zone) : routerOf[zone - first];
    }
}
