package dev.sluice.datapath;

import dev.sluice.wire.EtherTypes;
import dev.sluice.wire.Ethernet;
import dev.sluice.wire.Gre;
import dev.sluice.wire.GreHeader;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.Ipv4;
import dev.sluice.wire.Ipv6;
import dev.sluice.wire.MacAddress;
import dev.sluice.wire.OverlayTemplate;
import dev.sluice.wire.Underlay;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Nodes without agent behind GRE tunnels: a key for each side, frames inside (C5; packet-life.md, GRE). One user: the worker.
 *
 * <p>A tunnel stands for an interface: what comes back is found as a frame of a service port would be. Hot path: no allocation.
 */
final class GreTunnels {
    private static final int UNDERLAY_TTL = 64;
    private static final int DSCP = 0xfc;
    private static final long NO_SEQUENCE = -1;

    private final Frames frames;
    private final DatapathCounters counters;
    private final Segmenter segmenter;
    private final Batch pieces = new Batch();
    private Snapshot snapshot = Snapshot.empty();
    private IntTable<Headers> headers = IntTable.of(List.of(), Headers::attachment);
    private int identification;
    private int roomBytes;

    /** Outer headers towards one node, by the side that packets enter. */
    private record Headers(int attachment, OverlayTemplate in, OverlayTemplate out) {}

    GreTunnels(Frames frames, DatapathCounters counters) {
        this.frames = frames;
        this.counters = counters;
        segmenter = new Segmenter(frames.pool());
    }

    void apply(Snapshot next) {
        snapshot = next;
        List<Headers> all = new ArrayList<>();
        for (Attachment node : next.attachments()) {
            NodeTunnel to = node.tunnel();
            if (to != null && to.format() == NodeTunnel.Format.GRE && !node.isRemote()) {
                all.add(new Headers(
                        node.id(),
                        tunnel(to.address(), to.key(Attachment.IN)),
                        tunnel(to.address(), to.key(Attachment.OUT))));
            }
        }
        headers = IntTable.of(all, Headers::attachment);
    }

    private OverlayTemplate tunnel(IpAddress to, int key) {
        Underlay underlay = new Underlay(
                new MacAddress(0),
                new MacAddress(0),
                Underlay.UNTAGGED,
                snapshot.plane().endpoint(),
                to,
                UNDERLAY_TTL,
                Underlay.INHERIT,
                true,
                false);
        return OverlayTemplate.tunnel(underlay, new GreHeader(EtherTypes.TEB, key, NO_SEQUENCE));
    }

    /** The largest IP packet for which there was room in the last {@link #send}. */
    int roomBytes() {
        return roomBytes;
    }

    /** Sends a packet to a node of this host; parameters as in {@link GatewayOutput#send}. */
    int send(
            Cursor c,
            Batch b,
            int slot,
            Attachment node,
            boolean transparent,
            @Nullable NextHop hop,
            OverlayOutput by) {
        Headers to = headers.get(node.id());
        if (to == null || hop == null) {
            return frames.drop(b, slot, c.batch.port[c.slot], DropReason.OVERLAY_UNREACHABLE);
        }
        int entered = c.direction == 0 ? Attachment.IN : Attachment.OUT;
        OverlayTemplate outer = entered == Attachment.IN ? to.in : to.out;
        PortEntry port = snapshot.port(hop.port());
        roomBytes = port.mtuBytes() - (outer.headerBytes() - Ethernet.BYTES + b.l3[slot]);
        if (port.mtuBytes() != 0 && frames.packetBytes(b, slot) > roomBytes) {
            return OverlayOutput.TOO_BIG;
        }
        if (!transparent) {
            Ethernet.setAddresses(
                    frames.memory(),
                    b.start[slot],
                    node.side(1 - entered).mac(),
                    node.side(entered).mac());
        }
        if (b.gsoType[slot] == Batch.GSO_NONE) {
            segmenter.complete(b, slot);
            return sendOne(c, b, slot, outer, port, hop, by);
        }
        if (!segmenter.split(b, slot, pieces)) {
            return frames.drop(b, slot, c.batch.port[c.slot], DropReason.NO_FRAME);
        }
        for (int i = 0; i < pieces.count; i++) {
            sendOne(c, pieces, i, outer, port, hop, by);
        }
        return Step.DONE;
    }

    private int sendOne(
            Cursor c, Batch b, int i, OverlayTemplate outer, PortEntry port, NextHop hop, OverlayOutput by) {
        MemorySegment m = frames.memory();
        if (frames.pool().headroomBytes(b.start[i]) < outer.headerBytes()) {
            return frames.drop(b, i, c.batch.port[c.slot], DropReason.NO_FRAME);
        }
        long ip = b.start[i] + b.l3[i];
        int tos = b.etherType[i] == EtherTypes.IPV4 ? Ipv4.tos(m, ip) : Ipv6.trafficClass(m, ip);
        b.start[i] = outer.push(m, b.start[i], b.length[i], (int) (c.fields.hash >>> 32), tos & DSCP, identification++);
        b.length[i] += outer.headerBytes();
        counters.overlaySent++;
        return by.leaveTunnelled(c, b, i, outer, port, hop);
    }

    /** Takes the packet in hand, which came from the address of a node of this host. */
    int receive(Cursor c, Attachment node, Decapsulation decapsulation, Returns returns) {
        MemorySegment m = c.memory;
        NodeTunnel tunnel = node.tunnel();
        long gre = c.start() + c.batch.l4[c.slot];
        long end = c.start() + c.lengthBytes();
        int greBytes = Gre.check(m, gre, (int) (end - gre));
        if (greBytes < 0) {
            return frames.drop(c, DropReason.OVERLAY_HEADER_INVALID);
        }
        if ((c.batch.offload[c.slot] & Batch.CHECKSUM_PARTIAL) == 0 && !Gre.checksumOk(m, gre, (int) (end - gre))) {
            return frames.drop(c, DropReason.OVERLAY_CHECKSUM);
        }
        if (Gre.protocol(m, gre) != EtherTypes.TEB) {
            return frames.drop(c, DropReason.OVERLAY_PAYLOAD_UNKNOWN);
        }
        int side = tunnel == null ? -1 : tunnel.sideOf(Gre.key(m, gre));
        if (side < 0) {
            return frames.drop(c, DropReason.SERVICE_TAG_UNKNOWN);
        }
        if (node.copy()) {
            return frames.drop(c, DropReason.COPY_NODE_SENT);
        }
        long way = FlowHash.mix(node.id()) ^ side;
        return decapsulation.takeOut(c, gre + greBytes, end, 0, way) ? returns.match(c, node, side) : Step.DONE;
    }
}
