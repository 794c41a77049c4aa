package dev.sluice.datapath;

import dev.sluice.wire.EtherTypes;
import dev.sluice.wire.Ethernet;
import dev.sluice.wire.GeneveHeader;
import dev.sluice.wire.GeneveOption;
import dev.sluice.wire.GeneveOptions;
import dev.sluice.wire.Ipv4;
import dev.sluice.wire.Ipv6;
import dev.sluice.wire.MacAddress;
import dev.sluice.wire.OverlayTemplate;
import dev.sluice.wire.Underlay;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * Sends frames of segments to other switches: Geneve with the segment's virtual network, the frame as it is, and the serviced mark as an option (C1; packet-life.md,
 * segments). One user: the worker.
 *
 * <p>Hot path: no allocation. Cost: as {@link OverlayOutput}; super-frames are cut first.
 */
final class SegmentOutput {
    /** Instead of a {@link Step}: the packet is larger than {@link #roomBytes}, and still in the caller's hands. */
    static final int TOO_BIG = -1;

    /** Without the serviced mark. */
    static final int UNMARKED = 0;

    /** With the serviced mark. */
    static final int SERVICED = 1;

    /** With the serviced mark, which says that this switch also services the packets of the other direction. */
    static final int SERVICED_BOTH_WAYS = 2;

    private static final int KINDS = 3;

    private final Frames frames;
    private final OverlayOutput overlay;
    private final DatapathCounters counters;
    private final Segmenter segmenter;
    private final Batch pieces = new Batch();
    private Snapshot snapshot = Snapshot.empty();
    private ServicePlane plane = ServicePlane.NONE;
    private IntTable<Tunnels> tunnels = IntTable.of(List.of(), Tunnels::router);
    private int identification;
    private int roomBytes;

    /**
     * Outer headers of a segment.
     *
     * @param router index of the segment
     * @param byPeer element {@code peer * KINDS + kind}
     */
    private record Tunnels(int router, List<OverlayTemplate> byPeer) {}

    SegmentOutput(Frames frames, OverlayOutput overlay, DatapathCounters counters) {
        this.frames = frames;
        this.overlay = overlay;
        this.counters = counters;
        segmenter = new Segmenter(frames.pool());
    }

    void apply(Snapshot next) {
        snapshot = next;
        plane = next.plane();
        tunnels = IntTable.of(next.segments().all().stream().map(this::tunnels).toList(), Tunnels::router);
    }

    private Tunnels tunnels(Segment segment) {
        List<OverlayTemplate> byPeer = new ArrayList<>();
        for (OverlayPeer peer : plane.peers()) {
            // MAC addresses are those of the route at the time of sending.
            Underlay underlay = new Underlay(
                    new MacAddress(0),
                    new MacAddress(0),
                    Underlay.UNTAGGED,
                    plane.endpoint(),
                    peer.address(),
                    OverlayOutput.UNDERLAY_TTL,
                    Underlay.INHERIT,
                    true,
                    false);
            for (int kind = 0; kind < KINDS; kind++) {
                byPeer.add(OverlayTemplate.tunnel(
                        underlay, new GeneveHeader(false, EtherTypes.TEB, segment.vni(), options(segment, kind))));
            }
        }
        return new Tunnels(segment.router(), byPeer);
    }

    private List<GeneveOption> options(Segment segment, int kind) {
        if (kind == UNMARKED) {
            return List.of();
        }
        int type = kind == SERVICED ? GeneveOptions.SERVICED : GeneveOptions.SERVICED_BOTH_WAYS;
        String number = HexFormat.of().toHexDigits(plane.tenant(segment.router()));
        return List.of(new GeneveOption(GeneveOptions.SLUICE_CLASS, type & 0xff, number));
    }

    /** The largest IP packet for which there was room in the last {@link #send}. */
    int roomBytes() {
        return roomBytes;
    }

    /**
     * Sends a frame of a segment to a switch that has ports of it.
     *
     * @param peer index of the peer
     * @param kind {@link #UNMARKED}, {@link #SERVICED} or {@link #SERVICED_BOTH_WAYS}
     * @return a {@link Step}, or {@link #TOO_BIG}
     */
    int send(Cursor c, Batch b, int slot, Segment segment, int peer, int kind) {
        Tunnels of = tunnels.get(segment.router());
        NextHop hop = overlay.nextHop(c, plane.peers().get(peer));
        if (of == null || hop == null) {
            return frames.drop(b, slot, c.batch.port[c.slot], DropReason.OVERLAY_UNREACHABLE);
        }
        OverlayTemplate outer = of.byPeer.get(peer * KINDS + kind);
        PortEntry port = snapshot.port(hop.port());
        roomBytes = port.mtuBytes() - (outer.headerBytes() - Ethernet.BYTES + b.l3[slot]);
        if (port.mtuBytes() != 0 && frames.packetBytes(b, slot) > roomBytes) {
            return TOO_BIG;
        }
        if (b.gsoType[slot] == Batch.GSO_NONE) {
            segmenter.complete(b, slot);
            return sendOne(c, b, slot, outer, port, hop);
        }
        if (!segmenter.split(b, slot, pieces)) {
            return frames.drop(b, slot, c.batch.port[c.slot], DropReason.NO_FRAME);
        }
        for (int i = 0; i < pieces.count; i++) {
            sendOne(c, pieces, i, outer, port, hop);
        }
        return Step.DONE;
    }

    private int sendOne(Cursor c, Batch b, int i, OverlayTemplate outer, PortEntry port, NextHop hop) {
        MemorySegment m = frames.memory();
        long start = b.start[i];
        if (frames.pool().headroomBytes(start) < outer.headerBytes()) {
            return frames.drop(b, i, c.batch.port[c.slot], DropReason.NO_FRAME);
        }
        int tos = tos(c, m, start + b.l3[i]);
        long entropy = FlowHash.mix(c.fields.hash + Ethernet.source(m, start));
        counters.segmentSent++;
        b.start[i] = outer.push(m, start, b.length[i], (int) (entropy >>> 32), tos, identification++);
        b.length[i] += outer.headerBytes();
        b.l3[i] = Ethernet.BYTES;
        b.l4[i] = outer.udpOffset();
        b.outerTag[i] = 0;
        b.innerTag[i] = 0;
        b.etherType[i] = plane.endpoint().isIpv4() ? EtherTypes.IPV4 : EtherTypes.IPV6;
        return overlay.leave(c, b, i, port, hop);
    }

    private static int tos(Cursor c, MemorySegment m, long ip) {
        return switch (c.fields.family) {
            case 4 -> Ipv4.tos(m, ip);
            case 6 -> Ipv6.trafficClass(m, ip);
            default -> 0;
        };
    }
}
