package dev.sluice.datapath.rules;

/**
 * Which bits of a packet a {@link TupleTable} hashes. An immutable value.
 *
 * @param family 4 or 6 for a table of that family, 0 for all frames
 * @param sourceBits bits of the source address, in the 128-bit space; 0 for none
 * @param destinationBits bits of the destination address
 * @param protocol whether the IP protocol is hashed
 * @param sourcePortBits upper bits of the source port, 0..16
 * @param destinationPortBits upper bits of the destination port, 0..16
 */
record TupleShape(
        int family,
        int sourceBits,
        int destinationBits,
        boolean protocol,
        int sourcePortBits,
        int destinationPortBits) {
    /** Number of shapes, from coarse to fine, that {@link #of} has for an entry. */
    static final int LEVELS = 5;

    /** Hashes nothing, so that it can hold every entry. */
    static final TupleShape UNIVERSAL = new TupleShape(0, 0, 0, false, 0, 0);

    private static final int MAPPED = 96;

    /**
     * The shape for an entry at a level: 0 coarse prefixes, 1 finer prefixes and protocol, 2 all of the prefixes, 3 and destination port, 4 and source port.
     */
    static TupleShape of(TupleEntry e, int level) {
        return new TupleShape(
                e.family,
                prefixBits(e.family, e.sourceBits, level),
                prefixBits(e.family, e.destinationBits, level),
                level > 0 && e.hasOneProtocol(),
                level > 3 ? portBits(e.sourcePortBits()) : 0,
                level > 2 ? portBits(e.destinationPortBits()) : 0);
    }

    private static int prefixBits(int family, int bits, int level) {
        if (family == 4) {
            int own = Math.max(0, bits - MAPPED);
            int kept = switch (level) {
                case 0 -> own & ~7;
                case 1 -> own & ~3;
                default -> own;
            };
            return kept == 0 ? 0 : kept + MAPPED;
        }
        return switch (level) {
            case 0 -> Math.min(64, bits & ~15);
            case 1 -> bits & ~15;
            default -> bits;
        };
    }

    /** How many of the bits that all ports of a range share are hashed: 16 for a single port, otherwise a multiple of 4. */
    private static int portBits(int shared) {
        return shared >= 16 ? 16 : shared & ~3;
    }

    /** Whether all packets that match the entry have the same value in the hashed bits. */
    boolean holds(TupleEntry e) {
        return (family == 0 || family == e.family)
                && sourceBits <= e.sourceBits
                && destinationBits <= e.destinationBits
                && (!protocol || e.hasOneProtocol())
                && sourcePortBits <= e.sourcePortBits()
                && destinationPortBits <= e.destinationPortBits();
    }

    /** How many bits are hashed: finer shapes have fewer collisions. */
    int fineness() {
        return sourceBits + destinationBits + (protocol ? 2 : 0) + sourcePortBits + destinationPortBits;
    }
}
