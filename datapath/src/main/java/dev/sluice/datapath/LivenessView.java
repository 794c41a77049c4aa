package dev.sluice.datapath;

import dev.sluice.datapath.route.NextHopGroup;

/** A worker's copy of {@link Liveness}, taken between batches, so that a packet lives under one state. One writer: the worker. */
final class LivenessView {
    private final Liveness source;
    private final long[] dead;
    private final long[] left;
    private final long[] down;
    private int generation;

    LivenessView(Liveness source) {
        this.source = source;
        this.dead = new long[source.instanceWords()];
        this.left = new long[source.instanceWords()];
        this.down = new long[source.portWords()];
        this.generation = source.generation();
        source.copy(dead, left, down);
    }

    /** Takes over what changed; whether anything did. */
    boolean refresh() {
        int now = source.generation();
        if (now == generation) {
            return false;
        }
        source.copy(dead, left, down);
        generation = now;
        return true;
    }

    /** Bits of the instances that are dead. */
    long[] dead() {
        return dead;
    }

    /** Bits of the instances that flows are to leave. */
    long[] left() {
        return left;
    }

    int generation() {
        return generation;
    }

    boolean instanceAlive(int instance) {
        return (dead[instance >>> 6] >>> instance & 1) == 0;
    }

    /** Whether flows may be given to an instance: it is alive and not in maintenance. */
    boolean instanceFit(int instance) {
        return ((dead[instance >>> 6] | left[instance >>> 6]) >>> instance & 1) == 0;
    }

    boolean portUp(int port) {
        return (down[port >>> 6] >>> port & 1) == 0;
    }

    /** Bits of the ports that are down, for {@link NextHopGroup#choose(long, long[])}. */
    long[] downPorts() {
        return down;
    }
}
