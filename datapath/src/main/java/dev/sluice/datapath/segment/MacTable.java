package dev.sluice.datapath.segment;

import dev.sluice.datapath.packet.FlowHash;
import dev.sluice.datapath.track.Zones;

/**
 * What was seen of addresses in segments lately: where a MAC address is, or which MAC address an IP address has. Bounded; an entry lives {@link #AGE_NS} from
 * when it was last seen. One writer: the worker.
 *
 * <p>Shape: sets of 8 places by a keyed hash, so that a look-up reads one or two cache lines and nobody can make others wait by choosing addresses. A segment has at most
 * {@link #SEGMENT_MAX} entries: one tenant cannot take the places of all. Hot path: no allocation.
 */
final class MacTable {
    /** Instead of a value: nothing is known. */
    static final long UNKNOWN = -1;

    /** How long an address is known after it was last seen (IEEE 802.1Q 8.8.3). */
    static final long AGE_NS = 300_000_000_000L;

    /** Most entries of one segment. */
    static final int SEGMENT_MAX = 4096;

    /** Places of a table of a node. */
    static final int PLACES = 32_768;

    /** {@link #learn}: the entry was there with this value. */
    static final int KNOWN = 0;

    /** {@link #learn}: there was no entry. */
    static final int NEW = 1;

    /** {@link #learn}: the entry had another value. */
    static final int MOVED = 2;

    /** {@link #learn}: no place is left in the set or for the segment; nothing was learned. */
    static final int FULL = 3;

    private static final int WAYS = 8;
    private static final int FREE = 0;

    private final long seed;
    private final int mask;
    private final int segmentMax;

    /** Segment of each place, plus one; {@link #FREE}. */
    private final int[] owner;

    private final long[] hi;
    private final long[] lo;
    private final long[] value;
    private final long[] seenNs;
    private final int[] counts = new int[Zones.ROUTERS_MAX];
    private int sweepAt;

    /** A table of so many places, a power of two of at least 8. */
    MacTable(int places, int segmentMax, long seed) {
        this.seed = seed;
        this.segmentMax = segmentMax;
        mask = places / WAYS - 1;
        owner = new int[places];
        hi = new long[places];
        lo = new long[places];
        value = new long[places];
        seenNs = new long[places];
    }

    private int set(int segment, long keyHi, long keyLo) {
        long mixed = FlowHash.mix(keyLo ^ seed) + FlowHash.mix(keyHi + segment + 1);
        return ((int) (FlowHash.mix(mixed) >>> 32) & mask) * WAYS;
    }

    private int place(int segment, long keyHi, long keyLo) {
        int first = set(segment, keyHi, keyLo);
        for (int i = first; i < first + WAYS; i++) {
            if (owner[i] == segment + 1 && lo[i] == keyLo && hi[i] == keyHi) {
                return i;
            }
        }
        return -1;
    }

    private boolean isOld(int i, long nowNs) {
        return nowNs - seenNs[i] > AGE_NS;
    }

    /** The value of an address, {@link #UNKNOWN} if none is known. */
    long find(int segment, long keyHi, long keyLo, long nowNs) {
        int i = place(segment, keyHi, keyLo);
        return i < 0 || isOld(i, nowNs) ? UNKNOWN : value[i];
    }

    /** How long ago an address that is known was seen; {@link Long#MAX_VALUE} if it is not. */
    long seenAgoNs(int segment, long keyHi, long keyLo, long nowNs) {
        int i = place(segment, keyHi, keyLo);
        return i < 0 || isOld(i, nowNs) ? Long.MAX_VALUE : nowNs - seenNs[i];
    }

    /** Takes note of an address; {@link #KNOWN}, {@link #NEW}, {@link #MOVED} or {@link #FULL}. */
    int learn(int segment, long keyHi, long keyLo, long newValue, long nowNs) {
        int i = place(segment, keyHi, keyLo);
        if (i >= 0) {
            boolean same = value[i] == newValue;
            value[i] = newValue;
            seenNs[i] = nowNs;
            return same ? KNOWN : MOVED;
        }
        i = freePlace(set(segment, keyHi, keyLo), nowNs);
        if (i < 0 || counts[segment] >= segmentMax) {
            return FULL;
        }
        owner[i] = segment + 1;
        hi[i] = keyHi;
        lo[i] = keyLo;
        value[i] = newValue;
        seenNs[i] = nowNs;
        counts[segment]++;
        return NEW;
    }

    private int freePlace(int first, long nowNs) {
        for (int i = first; i < first + WAYS; i++) {
            if (owner[i] != FREE && isOld(i, nowNs)) {
                free(i);
            }
            if (owner[i] == FREE) {
                return i;
            }
        }
        return -1;
    }

    private void free(int i) {
        counts[owner[i] - 1]--;
        owner[i] = FREE;
    }

    /** Frees what is old among the next so many places. */
    void sweep(int places, long nowNs) {
        for (int n = 0; n < places; n++) {
            sweepAt = sweepAt + 1 & owner.length - 1;
            if (owner[sweepAt] != FREE && isOld(sweepAt, nowNs)) {
                free(sweepAt);
            }
        }
    }

    /** Entries of a segment, old ones that nobody has met yet included. */
    int count(int segment) {
        return counts[segment];
    }

    /** Hears of the entries of a segment. */
    interface Reader {
        /** An address that is known, and how long ago it was seen. */
        void entry(long keyHi, long keyLo, long value, long seenAgoNs);
    }

    /** Tells of all entries of a segment; not on the hot path. */
    void read(int segment, long nowNs, Reader reader) {
        for (int i = 0; i < owner.length; i++) {
            if (owner[i] == segment + 1 && !isOld(i, nowNs)) {
                reader.entry(hi[i], lo[i], value[i], nowNs - seenNs[i]);
            }
        }
    }
}
