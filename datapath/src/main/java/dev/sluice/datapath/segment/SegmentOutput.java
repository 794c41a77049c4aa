package dev.sluice.datapath.segment;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.DatapathCounters;
import dev.sluice.datapath.packet.FlowHash;
import dev.sluice.datapath.snapshot.Segment;
import dev.sluice.datapath.snapshot.SegmentMark;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.stage.Cursor;
import dev.sluice.datapath.stage.Step;
import dev.sluice.datapath.tunnel.TunnelContent;
import dev.sluice.datapath.tunnel.TunnelOutput;
import dev.sluice.wire.Ethernet;
import dev.sluice.wire.Layouts;
import dev.sluice.wire.OverlayTemplate;

/**
 * Sends frames of segments to other switches: Geneve with the segment's virtual network, the frame as it is, and the serviced mark as an option (C1; packet-life.md,
 * segments). One user: the worker.
 *
 * <p>Hot path: no allocation. Cost: as {@link TunnelOutput}.
 */
public final class SegmentOutput implements TunnelContent {
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
     * @param kind {@link SegmentMark#UNMARKED}, {@link SegmentMark#SERVICED} or {@link SegmentMark#SERVICED_BOTH_WAYS}
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
    public int sendFor(Cursor c, Segment segment, int peer, int classifier, boolean bothWays) {
        from = classifier;
        int kind = bothWays ? SegmentMark.SERVICED_BOTH_WAYS_FROM : SegmentMark.SERVICED_FROM;
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
