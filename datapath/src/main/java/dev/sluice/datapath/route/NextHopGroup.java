package dev.sluice.datapath.route;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The next hops of equal cost of one route. Immutable; shared by threads.
 *
 * <p>Each flow has a rank for each next hop (rendezvous hashing) and takes the highest, so a flow stays where it is unless its own next hop goes
 * away, and goes back when that returns. The choice depends on what the hops are, not on their order. Choosing costs one multiplication
 * per hop and allocates nothing.
 */
public final class NextHopGroup {
    private static final long[] NONE_DOWN = {};

    private final List<NextHop> hops;
    private final NextHop[] hop;
    private final long[] salt;

    /**
     * A group of the given next hops; one named twice counts once.
     *
     * @throws IllegalArgumentException if there are none
     */
    public NextHopGroup(List<NextHop> hops) {
        if (hops.isEmpty()) {
            throw new IllegalArgumentException("a next hop group needs at least 1 next hop, got 0");
        }
        this.hops = hops.stream().distinct().toList();
        this.hop = this.hops.toArray(NextHop[]::new);
        this.salt = new long[hop.length];
        for (int i = 0; i < hop.length; i++) {
            NextHop h = hop[i];
            long seed = mix(h.addressHi() + 0x9e37_79b9_7f4a_7c15L);
            seed = mix(seed ^ h.addressLo());
            salt[i] = mix(seed ^ ((long) h.port() << 8 | (h.kind().name().hashCode() & 0xff)));
        }
    }

    /** A group of the given next hops. */
    public static NextHopGroup of(NextHop... hops) {
        return new NextHopGroup(List.of(hops));
    }

    /** The next hops, each once, in the order given. */
    public List<NextHop> hops() {
        return hops;
    }

    /** The next hop of a flow, all ports taken as up. */
    public NextHop choose(long flowHash) {
        if (hop.length == 1) {
            return hop[0];
        }
        int best = best(flowHash, NONE_DOWN);
        return hop[best];
    }

    /**
     * The next hop of a flow among those whose port is not down.
     *
     * @param flowHash symmetric hash of the flow key
     * @param downPorts bit {@code port & 63} of word {@code port >>> 6} is set if the port is down; ports beyond the array are up
     * @return the next hop, null if the ports of all are down
     */
    public @Nullable NextHop choose(long flowHash, long[] downPorts) {
        int best = best(flowHash, downPorts);
        return best < 0 ? null : hop[best];
    }

    private int best(long flowHash, long[] downPorts) {
        int best = -1;
        long bestRank = 0;
        for (int i = 0; i < hop.length; i++) {
            if (isDown(hop[i], downPorts)) {
                continue;
            }
            long rank = mix(flowHash ^ salt[i]);
            if (best < 0 || rank > bestRank) {
                best = i;
                bestRank = rank;
            }
        }
        return best;
    }

    /** A next hop that sends nowhere (LOCAL, BLACKHOLE) works whatever the state of ports. */
    private static boolean isDown(NextHop hop, long[] downPorts) {
        if (hop.kind() == NextHop.Kind.LOCAL || hop.kind() == NextHop.Kind.BLACKHOLE) {
            return false;
        }
        int word = hop.port() >>> 6;
        return word < downPorts.length && (downPorts[word] >>> hop.port() & 1) != 0;
    }

    /** Spreads the bits of a value over all 64: finaliser of SplitMix64 (Steele, Lea, Flood 2014). */
    private static long mix(long value) {
        long z = (value ^ value >>> 30) * 0xbf58_476d_1ce4_e5b9L;
        z = (z ^ z >>> 27) * 0x94d0_49bb_1331_11ebL;
        return z ^ z >>> 31;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof NextHopGroup group && hops.equals(group.hops);
    }

    @Override
    public int hashCode() {
        return hops.hashCode();
    }

    @Override
    public String toString() {
        return hops.toString();
    }
}
