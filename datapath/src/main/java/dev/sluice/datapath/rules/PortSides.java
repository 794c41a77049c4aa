package dev.sluice.datapath.rules;

import java.util.BitSet;

/**
 * An immutable set of (port, side): where a rule is applied (document 002, applied_to). Side 0 is fromPort (packets coming in from the port), side 1 is
 * toPort (packets going out to it).
 */
public final class PortSides {
    /** Packets coming in from the port. */
    public static final int FROM_PORT = 0;

    /** Packets going out to the port. */
    public static final int TO_PORT = 1;

    /** The set without elements. */
    public static final PortSides NONE = new PortSides(new long[0]);

    private final long[] words;

    private PortSides(long[] words) {
        this.words = words;
    }

    /** A set of the given indices, each {@link #index(int, int)}. */
    public static PortSides of(BitSet indices) {
        return new PortSides(indices.toLongArray());
    }

    /** Index of a port side: {@code 2 * port + side}. */
    public static int index(int port, int side) {
        return port << 1 | side;
    }

    /** Whether the set holds this side of this port. */
    public boolean contains(int port, int side) {
        int index = index(port, side);
        int word = index >>> 6;
        return word < words.length && (words[word] >>> index & 1) != 0;
    }

    /** The elements as indices. */
    public BitSet toBitSet() {
        return BitSet.valueOf(words);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PortSides sides && toBitSet().equals(sides.toBitSet());
    }

    @Override
    public int hashCode() {
        return toBitSet().hashCode();
    }

    @Override
    public String toString() {
        return toBitSet().toString();
    }
}
