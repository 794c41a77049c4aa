package dev.sluice.agent.analysis;

/** MAC addresses in an order in which those of groups are the upper half: the bit that says so (IEEE 802, I/G) is moved to the front. */
final class Macs {
    /** The first address of a group. */
    static final long GROUPS = 1L << 47;

    /** 02:00:00:00:00:01, an address that nobody owns. */
    static final long PREFERRED = ordered(0x0200_0000_0001L);

    private static final long GROUP_BIT = 1L << 40;
    private static final long BELOW = GROUP_BIT - 1;

    private Macs() {}

    static long ordered(long bits) {
        long above = bits >>> 41 << 40;
        return ((bits & GROUP_BIT) << 7) | above | (bits & BELOW);
    }

    static long bits(long ordered) {
        long above = (ordered & (GROUPS - 1)) >>> 40 << 41;
        return ((ordered & GROUPS) >>> 7) | above | (ordered & BELOW);
    }
}
