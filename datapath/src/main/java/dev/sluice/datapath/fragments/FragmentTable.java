package dev.sluice.datapath.fragments;

import dev.sluice.datapath.packet.DropReason;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What the first fragments of datagrams said: the ports that the later ones follow (X6; packet-life.md, fragments). One writer: the worker.
 *
 * <p>Sets of four places by hash; no allocation but at construction, and no scan longer than a set. In a full set the datagram named longest ago gives way. So that
 * nobody can make the table forget a datagram and then name it anew, what gave way leaves a mark ({@link FragmentMarks}), and first fragments with that mark are refused for the time in which
 * a receiver may still hold fragments. Of each place only so many are taken up that are never whole, so that a flood at one does not fill the marks for others. Datagrams that went through whole are
 * remembered too, since behind this place a piece may have been lost; but they give way before others, and leave nothing: they are what normal traffic consists of.
 */
final class FragmentTable {
    /** How long a datagram is remembered: receivers put datagrams together for at most 60 s (RFC 8200 4.5, RFC 1122 3.3.2). */
    static final long LIFETIME_NS = 60_000_000_000L;

    /** Answer of {@link #later}: nothing is known of the datagram. */
    static final long UNKNOWN = -1;

    /** Answer of {@link #later}: the fragment must not pass. */
    static final long REFUSED = -2;

    /** Most datagrams known at a time. */
    static final int DATAGRAMS_MAX = 4096;

    private static final int WAYS = 4;
    private static final int NOT_YET = -1;

    private final int sets;
    private final FragmentKeys keys;
    private final boolean[] used;
    private final boolean[] refused;

    /** Whether all of it was seen without a gap. */
    private final boolean[] whole;

    private final long[] namedNs;
    private final long[] sequence;
    private final int[] ports;
    private final int[] protocol;

    /** Where the first fragment ends. */
    private final int[] firstEnd;

    /** The beginning of the payload up to here, and the end of it from there on, have been seen without a gap. */
    private final int[] seenTo;

    private final int[] seenFrom;
    private final FragmentMarks marks;
    private long named;

    /**
     * An empty table.
     *
     * @param datagramsMax 4..4096, a power of 2
     */
    FragmentTable(int datagramsMax) {
        sets = datagramsMax / WAYS;
        keys = new FragmentKeys(datagramsMax);
        used = new boolean[datagramsMax];
        refused = new boolean[datagramsMax];
        whole = new boolean[datagramsMax];
        namedNs = new long[datagramsMax];
        sequence = new long[datagramsMax];
        ports = new int[datagramsMax];
        protocol = new int[datagramsMax];
        firstEnd = new int[datagramsMax];
        seenTo = new int[datagramsMax];
        seenFrom = new int[datagramsMax];
        Arrays.fill(seenFrom, NOT_YET);
        marks = new FragmentMarks(datagramsMax);
    }

    /** The same datagrams and marks once more. */
    FragmentTable copy() {
        FragmentTable copy = new FragmentTable(used.length);
        copy.keys.copy(keys);
        System.arraycopy(used, 0, copy.used, 0, used.length);
        System.arraycopy(refused, 0, copy.refused, 0, refused.length);
        System.arraycopy(whole, 0, copy.whole, 0, whole.length);
        System.arraycopy(namedNs, 0, copy.namedNs, 0, namedNs.length);
        System.arraycopy(sequence, 0, copy.sequence, 0, sequence.length);
        System.arraycopy(ports, 0, copy.ports, 0, ports.length);
        System.arraycopy(protocol, 0, copy.protocol, 0, protocol.length);
        System.arraycopy(firstEnd, 0, copy.firstEnd, 0, firstEnd.length);
        System.arraycopy(seenTo, 0, copy.seenTo, 0, seenTo.length);
        System.arraycopy(seenFrom, 0, copy.seenFrom, 0, seenFrom.length);
        copy.marks.copy(marks);
        copy.named = named;
        return copy;
    }

    /** Size for a connection table: a sixteenth of it, a power of 2, 4..4096. */
    static int datagramsFor(int connectionsMax) {
        return Integer.highestOneBit(Math.clamp(connectionsMax / 16, WAYS, DATAGRAMS_MAX));
    }

    /**
     * Takes up a first fragment; null if it may pass.
     *
     * @return {@link DropReason#FRAGMENT_OVERLAP} if it contradicts another first fragment of the datagram, {@link DropReason#FRAGMENT_TABLE_FULL} if it may do, or there is no room
     */
    @Nullable
    DropReason first(FragmentKey key, int sourcePort, int destinationPort, long nowNs) {
        int says = sourcePort << 16 | destinationPort;
        int place = find(key, nowNs);
        marks.advance(nowNs);
        if (place >= 0) {
            refused[place] |= contradicts(place, key) || ports[place] != says || firstEnd[place] != key.end;
            if (refused[place]) {
                return DropReason.FRAGMENT_OVERLAP;
            }
            if (!whole[place]) {
                marks.closed(key.scope, namedNs[place]);
            }
        } else {
            if (marks.isMarked(key.hash) || marks.isFull(key.scope)) {
                return DropReason.FRAGMENT_TABLE_FULL;
            }
            place = makeRoom(key.hash, nowNs);
            keys.set(place, key);
            used[place] = true;
            refused[place] = false;
            ports[place] = says;
            protocol[place] = key.protocol;
            firstEnd[place] = key.end;
        }
        namedNs[place] = nowNs;
        sequence[place] = named++;
        seenTo[place] = key.end;
        seenFrom[place] = NOT_YET;
        whole[place] = false;
        marks.opened(key.scope);
        return null;
    }

    /**
     * Takes up a fragment that is not the first.
     *
     * @return {@code sourcePort << 16 | destinationPort} of its datagram, 0..2^32 - 1, or {@link #UNKNOWN} or {@link #REFUSED}
     */
    long later(FragmentKey key, long nowNs) {
        int place = find(key, nowNs);
        if (place < 0) {
            return UNKNOWN;
        }
        refused[place] |= contradicts(place, key) || key.offset < firstEnd[place];
        if (refused[place]) {
            return REFUSED;
        }
        if (key.offset == seenTo[place]) {
            seenTo[place] = key.end;
        }
        if (key.more ? key.end == seenFrom[place] : seenFrom[place] == NOT_YET) {
            seenFrom[place] = key.offset;
        }
        // In either order: whichever piece closes the gap has moved one of the two edges to or beyond the other.
        if (!whole[place] && seenFrom[place] != NOT_YET && seenTo[place] >= seenFrom[place]) {
            whole[place] = true;
            marks.closed(key.scope, namedNs[place]);
        }
        return ports[place] & 0xffff_ffffL;
    }

    private boolean contradicts(int place, FragmentKey key) {
        return protocol[place] != key.protocol;
    }

    private int find(FragmentKey key, long nowNs) {
        int set = firstOfSet(key.hash);
        for (int place = set; place < set + WAYS; place++) {
            if (isLive(place, nowNs) && keys.holds(place, key)) {
                return place;
            }
        }
        return -1;
    }

    private int firstOfSet(long hash) {
        return ((int) (hash >>> 32) & (sets - 1)) * WAYS;
    }

    private boolean isLive(int place, long nowNs) {
        return used[place] && nowNs - namedNs[place] < LIFETIME_NS;
    }

    /** A place for a new datagram, if need be that of the one named longest ago: of those that are whole, if there are any. */
    private int makeRoom(long hash, long nowNs) {
        int set = firstOfSet(hash);
        int oldest = set;
        for (int place = set; place < set + WAYS; place++) {
            if (!isLive(place, nowNs)) {
                return place;
            }
            if (whole[place] == whole[oldest] ? sequence[place] < sequence[oldest] : whole[place]) {
                oldest = place;
            }
        }
        if (!whole[oldest]) {
            marks.mark(keys.hash(oldest));
        }
        return oldest;
    }
}
