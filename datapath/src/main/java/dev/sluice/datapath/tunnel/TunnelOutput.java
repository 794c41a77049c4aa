package dev.sluice.datapath.tunnel;

import dev.sluice.datapath.neighbors.Neighbors;
import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.packet.Segmenter;
import dev.sluice.datapath.route.NextHop;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.snapshot.Tunnel;
import dev.sluice.datapath.stage.Cursor;
import dev.sluice.datapath.stage.Frames;
import dev.sluice.datapath.stage.Journey;
import dev.sluice.datapath.stage.PacketTracer;
import dev.sluice.datapath.stage.Step;
import dev.sluice.wire.EtherTypes;
import dev.sluice.wire.Ethernet;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.Ipv4;
import dev.sluice.wire.Ipv6;
import dev.sluice.wire.OverlayTemplate;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Sends packets into tunnels of any kind: whether there is room, segments of super-frames, outer headers, and the way to the underlay's next hop (packet-life.md, to
 * another switch). One user: the worker.
 *
 * <p>Hot path: no allocation. Cost: about ten stores of 8 bytes and what {@link TunnelContent} writes, one route, one neighbour; super-frames are cut first, since nobody
 * behind a tunnel could.
 */
public final class TunnelOutput {
    /** Instead of a {@link Step}: the packet is larger than {@link #roomBytes}, and still in the caller's hands. */
    public static final int TOO_BIG = -1;

    private final Frames frames;
    private final Neighbors neighbors;
    private final UnderlayRoutes routes;
    private final Segmenter segmenter;
    private final Batch pieces = new Batch();
    private final Batch messages = new Batch();
    private Snapshot snapshot = Snapshot.empty();
    private int identification;
    private int roomBytes;

    public TunnelOutput(Frames frames, Neighbors neighbors, UnderlayRoutes routes) {
        this.frames = frames;
        this.neighbors = neighbors;
        this.routes = routes;
        segmenter = new Segmenter(frames.pool());
    }

    public void apply(Snapshot next) {
        snapshot = next;
    }

    /** The largest IP packet for which there was room in the last {@link #send}. */
    public int roomBytes() {
        return roomBytes;
    }

    /**
     * Sends a packet.
     *
     * @param tunnel null: there is none
     * @return a {@link Step}, or {@link #TOO_BIG}
     */
    public int send(Cursor c, Batch b, int slot, @Nullable Tunnel tunnel, TunnelContent content) {
        NextHop hop = tunnel == null || tunnel.isOnPort() ? null : routes.to(tunnel.to(), c.fields.hash);
        if (tunnel == null || (hop == null && !tunnel.isOnPort())) {
            return frames.drop(b, slot, c.batch.port[c.slot], DropReason.OVERLAY_UNREACHABLE);
        }
        PortEntry port = snapshot.port(hop == null ? tunnel.port() : hop.port());
        int inFront = content.headerBytes() + (content.isWithoutEthernet() ? 0 : b.l3[slot]);
        roomBytes = port.mtuBytes() - (tunnel.outer().headerBytes() - Ethernet.BYTES + inFront);
        if (port.mtuBytes() != 0 && frames.packetBytes(b, slot) > roomBytes) {
            return TOO_BIG;
        }
        Journey journey = frames.journey();
        if (journey != null && content.isRepeated()) {
            int headerBytes = tunnel.outer().headerBytes() + content.headerBytes();
            int most = tunnel.outer().innerBytesMax() - inFront;
            journey.carries(b, slot, headerBytes, port.mtuBytes() == 0 ? most : Math.min(most, roomBytes));
        }
        if (b.gsoType[slot] == Batch.GSO_NONE) {
            segmenter.complete(b, slot);
            return sendOne(c, b, slot, tunnel, content, port, hop);
        }
        if (!segmenter.split(b, slot, pieces)) {
            return frames.drop(b, slot, c.batch.port[c.slot], DropReason.NO_FRAME);
        }
        PacketTracer tracer = frames.tracer();
        if (tracer != null) {
            tracer.split(b, slot, pieces);
        }
        for (int i = 0; i < pieces.count; i++) {
            sendOne(c, pieces, i, tunnel, content, port, hop);
        }
        return Step.DONE;
    }

    private int sendOne(
            Cursor c, Batch b, int i, Tunnel tunnel, TunnelContent content, PortEntry port, @Nullable NextHop hop) {
        MemorySegment m = frames.memory();
        OverlayTemplate outer = tunnel.outer();
        int leftOut = content.isWithoutEthernet() ? b.l3[i] : 0;
        int headerBytes = content.headerBytes();
        long carried = b.start[i] + leftOut;
        int innerBytes = b.length[i] - leftOut + headerBytes;
        if (frames.pool().headroomBytes(carried) < headerBytes + outer.headerBytes()) {
            return frames.drop(b, i, c.batch.port[c.slot], DropReason.NO_FRAME);
        }
        if (innerBytes > outer.innerBytesMax()) {
            return frames.drop(b, i, c.batch.port[c.slot], DropReason.MTU_EXCEEDED);
        }
        int tos = tos(b, i) & content.tosMask();
        int flowHash = (int) (content.entropy(c, b, i) >>> 32);
        long start = outer.copy(m, carried - headerBytes);
        content.write(c, b, i, start, outer, port.index());
        outer.patch(m, start, innerBytes, flowHash, tos, identification++);
        b.start[i] = start;
        b.length[i] = innerBytes + outer.headerBytes();
        return hop == null ? leaveBy(port, b, i) : leave(c, b, i, tunnel, port, hop);
    }

    /** Sends a packet that has its Ethernet addresses. */
    private int leaveBy(PortEntry port, Batch b, int i) {
        b.l3[i] = Ethernet.BYTES;
        b.l4[i] = 0;
        b.outerTag[i] = 0;
        b.innerTag[i] = 0;
        b.etherType[i] = EtherTypes.NSH;
        return frames.send(b, i, port.index());
    }

    private int tos(Batch b, int i) {
        long ip = b.start[i] + b.l3[i];
        return switch (b.etherType[i]) {
            case EtherTypes.IPV4 -> Ipv4.tos(frames.memory(), ip);
            case EtherTypes.IPV6 -> Ipv6.trafficClass(frames.memory(), ip);
            default -> 0;
        };
    }

    /** Whether the underlay has a way to the end of a tunnel, for the packet in hand. */
    public boolean reaches(Cursor c, Tunnel tunnel) {
        return routes.to(tunnel.to(), c.fields.hash) != null;
    }

    /**
     * Sends what is no packet: a message of this node's own making. Takes it over.
     *
     * @param start where it begins, in a frame of its own
     * @param tunnel one that {@link #reaches} its end
     */
    public void sendMessage(Cursor c, Tunnel tunnel, long start, int bytes) {
        NextHop hop = routes.to(tunnel.to(), c.fields.hash);
        if (hop == null) {
            frames.pool().give(start);
            return;
        }
        int flowHash = (int) (c.fields.hash >>> 32);
        messages.count = 0;
        int i = messages.append(start, bytes, c.batch.port[c.slot]);
        messages.start[i] = tunnel.outer().push(frames.memory(), start, bytes, flowHash, 0, identification++);
        messages.length[i] += tunnel.outer().headerBytes();
        leave(c, messages, i, tunnel, snapshot.port(hop.port()), hop);
    }

    /** Puts a packet with its outer headers, but for the Ethernet addresses, on its way to the underlay's next hop. */
    private int leave(Cursor c, Batch b, int i, Tunnel tunnel, PortEntry port, NextHop hop) {
        b.l3[i] = Ethernet.BYTES;
        b.l4[i] = tunnel.outer().udpOffset();
        b.outerTag[i] = 0;
        b.innerTag[i] = 0;
        b.etherType[i] = tunnel.to().isIpv4() ? EtherTypes.IPV4 : EtherTypes.IPV6;
        IpAddress to = tunnel.to();
        boolean connected = hop.kind() == NextHop.Kind.CONNECTED;
        long hi = connected ? to.hi() : hop.addressHi();
        long lo = connected ? to.lo() : hop.addressLo();
        long mac = neighbors.resolve(port.index(), hi, lo, c.nowNs);
        Ethernet.setAddresses(frames.memory(), b.start[i], Math.max(mac, 0), port.mac());
        if (mac >= 0) {
            Journey journey = frames.journey();
            if (journey != null) {
                journey.sendsCarried(b, i, port, hi, lo);
            }
            return frames.send(b, i, port.index());
        }
        if (mac == Neighbors.UNREACHABLE) {
            return frames.drop(b, i, c.batch.port[c.slot], DropReason.NEIGHBOR_UNRESOLVED);
        }
        long given = neighbors.hold(port.index(), hi, lo, b, i);
        if (given == Neighbors.REFUSED) {
            return frames.drop(b, i, c.batch.port[c.slot], DropReason.NEIGHBOR_QUEUE_FULL);
        }
        if (given >= 0) {
            frames.dropHeld(given, c.batch.port[c.slot]);
        }
        return Step.DONE;
    }
}
