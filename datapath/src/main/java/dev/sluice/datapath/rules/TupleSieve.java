package dev.sluice.datapath.rules;

import java.util.List;

/**
 * Which tables of a {@link Classifier} can hold a match for a packet, by its source and its destination apart (tuple pruning, Srinivasan et al. 1999). Immutable.
 *
 * <p>A table has the bit of its place in the classifier. Entries may stay here after they left their table: the sieve lets too many tables through, never too few, and the classifier makes it
 * anew from time to time.
 */
final class TupleSieve {
    /** The sieve that lets no table through. */
    static final TupleSieve EMPTY = of(List.of());

    private final TupleSide source;
    private final TupleSide destination;

    private TupleSieve(TupleSide source, TupleSide destination) {
        this.source = source;
        this.destination = destination;
    }

    /** The sieve of these tables, which have their places in the list. */
    static TupleSieve of(List<TupleTable> tables) {
        int entries = tables.stream().mapToInt(table -> table.size).sum();
        TupleSide source = TupleSide.empty(entries);
        TupleSide destination = TupleSide.empty(entries);
        for (int place = 0; place < tables.size(); place++) {
            long bit = 1L << place;
            tables.get(place).forEach(e -> {
                source.fill(e.family, sourceHi(e), sourceLo(e), e.sourceBits, bit);
                destination.fill(e.family, destinationHi(e), destinationLo(e), e.destinationBits, bit);
            });
        }
        return new TupleSieve(source, destination);
    }

    /** The sieve with one more entry, in the table of this place. */
    TupleSieve with(TupleEntry e, int place) {
        long bit = 1L << place;
        return new TupleSieve(
                source.with(e.family, sourceHi(e), sourceLo(e), e.sourceBits, bit),
                destination.with(e.family, destinationHi(e), destinationLo(e), e.destinationBits, bit));
    }

    private static long sourceHi(TupleEntry e) {
        return e.ipv6 == null ? 0 : e.ipv6.sourceHi;
    }

    private static long sourceLo(TupleEntry e) {
        return e.ipv6 == null ? e.addresses >>> 32 : e.ipv6.sourceLo;
    }

    private static long destinationHi(TupleEntry e) {
        return e.ipv6 == null ? 0 : e.ipv6.destinationHi;
    }

    private static long destinationLo(TupleEntry e) {
        return e.ipv6 == null ? e.addresses : e.ipv6.destinationLo;
    }

    /** The places of all tables that can have a match for the packet, a bit for each. Hot path. */
    long tables(PacketFields p) {
        return source.tables(p.family, p.sourceHi, p.sourceLo)
                & destination.tables(p.family, p.destinationHi, p.destinationLo);
    }
}
