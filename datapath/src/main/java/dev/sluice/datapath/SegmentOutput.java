package dev.sluice.datapath;

import dev.sluice.wire.Ethernet;
import dev.sluice.wire.Layouts;
import dev.sluice.wire.OverlayTemplate;

/**
 * Sends frames of segments to other switches: Geneve with the segment's virtual network, the frame as it is, and the serviced mark as an option (C1; packet-life.md,
 * segments). One user: the worker.
 *
 * <p>Hot path: no allocation. Cost: as {@link TunnelOutput}.
 */
final class SegmentOutput implements TunnelContent {
    /** Without the serviced mark. */
    static final int UNMARKED = 0;

    /** With the serviced mark. */
    static final int SERVICED = 1;

    /** With the serviced mark, which says that this switch also services the packets of the other direction. */
    static final int SERVICED_BOTH_WAYS = 2;

    /** As {@link #SERVICED}, from another switch than the sender's, which is named. */
    static final int SERVICED_FROM = 3;

    /** As {@link #SERVICED_BOTH_WAYS}, from another switch than the sender's, which is named and services both. */
    static final int SERVICED_BOTH_WAYS_FROM = 4;

    /** How many of these there are. */
    static final int KINDS = 5;

    private static final int NAME_BYTES = 4;

    private final TunnelOutput output;
    private final DatapathCounters counters;
    private Snapshot snapshot = Snapshot.empty();

    /** Number of the node at which the sender of the packet in hand is, 0 if that is not told. */
    private int from;

    SegmentOutput(TunnelOutput output, DatapathCounters counters) {
        this.output = output;
        this.counters = counters;
    }

    void apply(Snapshot next) {
        snapshot = next;
    }

    /** The largest IP packet for which there was room in the last {@link #send}. */
    int roomBytes() {
        return output.roomBytes();
    }

    /**
     * Sends a frame of a segment to a switch that has ports of it.
     *
     * @param peer index of the peer
     * @param kind {@link #UNMARKED}, {@link #SERVICED} or {@link #SERVICED_BOTH_WAYS}
     * @return a {@link Step}, or {@link TunnelOutput#TOO_BIG}
     */
    int send(Cursor c, Batch b, int slot, Segment segment, int peer, int kind) {
        from = 0;
        return output.send(c, b, slot, snapshot.tunnels().ofSegment(segment.router(), peer, kind), this);
    }

    /**
     * Sends the packet in hand, serviced here for the switch that classified it, to a switch that has ports of the segment.
     *
     * @param classifier number of the node that classified it, where its sender is
     * @param bothWays that node also has the packets of the other direction serviced
     * @return as {@link #send}
     */
    int sendFor(Cursor c, Segment segment, int peer, int classifier, boolean bothWays) {
        from = classifier;
        int kind = bothWays ? SERVICED_BOTH_WAYS_FROM : SERVICED_FROM;
        return output.send(c, c.batch, c.slot, snapshot.tunnels().ofSegment(segment.router(), peer, kind), this);
    }

    @Override
    public int tosMask() {
        return ALL_OF_TOS;
    }

    /** Frames without a flow differ by who sends them. */
    @Override
    public long entropy(Cursor c, Batch b, int i) {
        return FlowHash.mix(c.fields.hash + Ethernet.source(c.memory, b.start[i]));
    }

    @Override
    public void write(Cursor c, Batch b, int i, long start, OverlayTemplate outer, int port) {
        if (from != 0) {
            // The last word of the only option.
            c.memory.set(Layouts.BE32, start + outer.headerBytes() - NAME_BYTES, from);
        }
        counters.segmentSent++;
    }
}
