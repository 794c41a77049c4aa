package dev.sluice.datapath;

import dev.sluice.wire.EtherTypes;
import dev.sluice.wire.Ethernet;
import dev.sluice.wire.GeneveHeader;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.Ipv4;
import dev.sluice.wire.Ipv6;
import dev.sluice.wire.Layouts;
import dev.sluice.wire.MacAddress;
import dev.sluice.wire.Nsh;
import dev.sluice.wire.NshContext;
import dev.sluice.wire.OverlayTemplate;
import dev.sluice.wire.ServiceMetadata;
import dev.sluice.wire.SluiceContext;
import dev.sluice.wire.Underlay;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Sends packets of service paths to other switches: Geneve with the plane's virtual network, a network service header, the frame (V8, C3; packet-life.md, to another
 * switch). One user: the worker.
 *
 * <p>Hot path: no allocation. Cost: about twenty stores of 8 bytes, one route, one neighbour; super-frames are cut first, since nobody behind a tunnel could.
 */
final class OverlayOutput {
    /** Bytes of the network service header that this node writes for flows that it classifies. */
    static final int OWN_NSH_BYTES = ServiceMetadata.USUAL_BYTES;

    /** Instead of a {@link Step}: the packet is larger than {@link #roomBytes}, and still in the caller's hands. */
    static final int TOO_BIG = -1;

    /** Masks of DSCP and ECN: switches pass on congestion that is marked on the way, programs behind sockets do not see it (RFC 6040 4.1, compatibility mode). */
    private static final int TO_SWITCH = 0xff;

    private static final int TO_SOCKET = 0xfc;

    private static final int FIRST_TTL = 63;
    private static final int UNDERLAY_TTL = 64;

    private final Frames frames;
    private final LivenessView liveness;
    private final ConnectionTable table;
    private final Neighbors neighbors;
    private final PlaneFlows flows;
    private final DatapathCounters counters;
    private final Segmenter segmenter;
    private final GatewayOutput gateway;
    private final GreTunnels gre;
    private final Batch pieces = new Batch();
    private final Batch messages = new Batch();
    private Snapshot snapshot = Snapshot.empty();
    private ServicePlane plane = ServicePlane.NONE;
    private IntTable<Tunnels> tunnels = IntTable.of(List.of(), Tunnels::svni);
    private int identification;
    private int roomBytes;

    /**
     * Outer headers of one virtual network.
     *
     * @param svni virtual network
     * @param byPeer element i is for the peer with index i
     * @param byNode for the aware nodes of this host, by attachment
     */
    private record Tunnels(int svni, List<OverlayTemplate> byPeer, IntTable<ToNode> byNode) {}

    private record ToNode(int attachment, OverlayTemplate outer) {}

    OverlayOutput(
            Frames frames,
            LivenessView liveness,
            ConnectionTable table,
            Neighbors neighbors,
            PlaneFlows flows,
            GreTunnels gre,
            DatapathCounters counters) {
        this.gre = gre;
        this.frames = frames;
        this.liveness = liveness;
        this.table = table;
        this.neighbors = neighbors;
        this.flows = flows;
        this.counters = counters;
        segmenter = new Segmenter(frames.pool());
        gateway = new GatewayOutput(frames, table, flows, counters);
    }

    void apply(Snapshot next) {
        snapshot = next;
        plane = next.plane();
        gateway.apply(next);
        gre.apply(next);
        tunnels = IntTable.of(
                plane.paths().stream()
                        .map(PlanePath::svni)
                        .distinct()
                        .map(this::tunnels)
                        .toList(),
                Tunnels::svni);
    }

    private Tunnels tunnels(int svni) {
        List<OverlayTemplate> byPeer = new ArrayList<>();
        for (OverlayPeer peer : plane.peers()) {
            byPeer.add(tunnel(peer.address(), svni, false));
        }
        List<ToNode> byNode = new ArrayList<>();
        for (Attachment node : snapshot.attachments()) {
            NodeTunnel to = node.tunnel();
            if (to != null && to.format() == NodeTunnel.Format.NSH && !node.isRemote()) {
                // Programs behind ordinary sockets get nothing without checksum over IPv6.
                byNode.add(new ToNode(
                        node.id(), tunnel(to.address(), svni, !to.address().isIpv4())));
            }
        }
        return new Tunnels(svni, byPeer, IntTable.of(byNode, ToNode::attachment));
    }

    /** MAC addresses are those of the route at the time of sending. */
    private OverlayTemplate tunnel(IpAddress to, int svni, boolean checksum) {
        Underlay underlay = new Underlay(
                new MacAddress(0),
                new MacAddress(0),
                Underlay.UNTAGGED,
                plane.endpoint(),
                to,
                UNDERLAY_TTL,
                Underlay.INHERIT,
                true,
                checksum);
        return OverlayTemplate.tunnel(underlay, new GeneveHeader(false, EtherTypes.NSH, svni, List.of()));
    }

    /**
     * Sends a packet of a flow to the switch that has its next node, or to the node itself if that is one of this host.
     *
     * @param hop index of the node in the path
     * @param onFailure what the rule says of dead nodes, carried along
     * @param transparent whether nodes that bridge leave the frame's Ethernet header as it is
     * @param copy the node gets a copy, this frame; nothing is expected back
     * @return a {@link Step}, or {@link #TOO_BIG}
     */
    int toNode(
            Cursor c,
            Batch b,
            int slot,
            Path path,
            int hop,
            Rule.FailureAction onFailure,
            boolean transparent,
            boolean copy) {
        Attachment node = path.hops().get(hop).attachment();
        NodeTunnel tunnel = node.isRemote() ? null : node.tunnel();
        if (tunnel != null && tunnel.format() == NodeTunnel.Format.GWLB) {
            int step = gateway.send(c, b, slot, node, nextHop(c, tunnel.address()), this);
            roomBytes = gateway.roomBytes();
            return step;
        }
        if (tunnel != null && tunnel.format() == NodeTunnel.Format.GRE) {
            int step = gre.send(c, b, slot, node, transparent, nextHop(c, tunnel.address()), this);
            roomBytes = gre.roomBytes();
            return step;
        }
        PlanePath names = plane.ofPath(path.id());
        if (names == null) {
            return frames.drop(b, slot, c.batch.port[c.slot], DropReason.OVERLAY_PATH_UNKNOWN);
        }
        int ordinal = c.direction == 0 ? hop : path.hops().size() - 1 - hop;
        int flags = (c.direction == 0 ? 0 : SluiceContext.REVERSE)
                | (transparent ? SluiceContext.LAYER_2 : 0)
                | (copy ? SluiceContext.COPY : 0)
                | failure(onFailure);
        int si = PlanePath.FIRST_INDEX - ordinal;
        if (node.isRemote()) {
            return send(c, b, slot, plane.peers().get(node.peer()), names, si, flags);
        }
        Tunnels of = tunnels.get(names.svni());
        ToNode to = of == null ? null : of.byNode.get(node.id());
        if (to == null || tunnel == null) {
            return frames.drop(b, slot, c.batch.port[c.slot], DropReason.OVERLAY_UNREACHABLE);
        }
        return send(c, b, slot, to.outer, nextHop(c, tunnel.address()), names, si, flags, TO_SOCKET);
    }

    private static int failure(Rule.FailureAction onFailure) {
        return switch (onFailure) {
            case INHERIT -> 0;
            case CLOSED -> SluiceContext.FAILURE_CLOSED;
            case OPEN -> SluiceContext.FAILURE_OPEN;
        };
    }

    /**
     * Sends a packet that was served here for another switch back to it.
     *
     * @param ordinal number of services that the packet has had, those that it passed by included
     * @return a {@link Step}
     */
    int toClassifier(Cursor c, Path path, int ordinal) {
        PlanePath names = plane.ofPath(path.id());
        OverlayPeer peer = plane.peerNumbered(flows.classifier(c.planeEntry) & 0xffff_ffffL);
        if (names == null || peer == null) {
            return frames.drop(c, DropReason.OVERLAY_PATH_UNKNOWN);
        }
        int step = send(c, c.batch, c.slot, peer, names, PlanePath.FIRST_INDEX - ordinal, 0);
        return step == TOO_BIG ? frames.drop(c, DropReason.MTU_EXCEEDED) : step;
    }

    /** The largest IP packet for which there was room in the last {@link #toNode}. */
    int roomBytes() {
        return roomBytes;
    }

    private int send(Cursor c, Batch b, int slot, OverlayPeer to, PlanePath names, int si, int flags) {
        Tunnels of = tunnels.get(names.svni());
        OverlayTemplate outer = of == null ? null : of.byPeer.get(to.index());
        return send(c, b, slot, outer, nextHop(c, to.address()), names, si, flags, TO_SWITCH);
    }

    private int send(
            Cursor c,
            Batch b,
            int slot,
            @Nullable OverlayTemplate outer,
            @Nullable NextHop hop,
            PlanePath names,
            int si,
            int flags,
            int tosMask) {
        if (outer == null || hop == null) {
            return frames.drop(b, slot, c.batch.port[c.slot], DropReason.OVERLAY_UNREACHABLE);
        }
        PortEntry port = snapshot.port(hop.port());
        int nshBytes = c.planeEntry == PlaneFlows.NONE ? OWN_NSH_BYTES : flows.nshBytes(c.planeEntry);
        roomBytes = port.mtuBytes() - (outer.headerBytes() - Ethernet.BYTES + nshBytes + b.l3[slot]);
        if (port.mtuBytes() != 0 && frames.packetBytes(b, slot) > roomBytes) {
            return TOO_BIG;
        }
        if (b.gsoType[slot] == Batch.GSO_NONE) {
            segmenter.complete(b, slot);
            return sendOne(c, b, slot, outer, port, hop, names, si, flags, nshBytes, tosMask);
        }
        if (!segmenter.split(b, slot, pieces)) {
            return frames.drop(b, slot, c.batch.port[c.slot], DropReason.NO_FRAME);
        }
        for (int i = 0; i < pieces.count; i++) {
            sendOne(c, pieces, i, outer, port, hop, names, si, flags, nshBytes, tosMask);
        }
        return Step.DONE;
    }

    private int sendOne(
            Cursor c,
            Batch b,
            int i,
            OverlayTemplate outer,
            PortEntry port,
            NextHop hop,
            PlanePath names,
            int si,
            int flags,
            int nshBytes,
            int tosMask) {
        MemorySegment m = frames.memory();
        if (frames.pool().headroomBytes(b.start[i]) < nshBytes + outer.headerBytes()) {
            return frames.drop(b, i, c.batch.port[c.slot], DropReason.NO_FRAME);
        }
        long ip = b.start[i] + b.l3[i];
        boolean four = b.etherType[i] == EtherTypes.IPV4;
        int tos = (four ? Ipv4.tos(m, ip) : Ipv6.trafficClass(m, ip)) & tosMask;
        long nsh = b.start[i] - nshBytes;
        int spi = names.spi(c.direction);
        if (c.planeEntry == PlaneFlows.NONE) {
            writeOwnNsh(c, m, nsh, spi, si, flags);
        } else {
            flows.writeNsh(m, nsh, c.planeEntry, spi, si, (flags & SluiceContext.COPY) != 0);
        }
        PacketTracer tracer = frames.tracer();
        if (tracer != null) {
            tracer.tunnelled(b, i, port.index(), spi, si);
        }
        b.length[i] += nshBytes;
        b.start[i] = nsh;
        return push(c, b, i, outer, port, hop, tos);
    }

    /** Puts the outer headers in front of a service header, and sends. */
    private int push(Cursor c, Batch b, int i, OverlayTemplate outer, PortEntry port, NextHop hop, int tos) {
        counters.overlaySent++;
        b.start[i] = outer.push(
                frames.memory(), b.start[i], b.length[i], (int) (c.fields.hash >>> 32), tos, identification++);
        b.length[i] += outer.headerBytes();
        return leaveTunnelled(c, b, i, outer, port, hop);
    }

    /** Sends what has its outer headers but for the MAC addresses. */
    int leaveTunnelled(Cursor c, Batch b, int i, OverlayTemplate outer, PortEntry port, NextHop hop) {
        b.l3[i] = Ethernet.BYTES;
        b.l4[i] = outer.udpOffset();
        b.outerTag[i] = 0;
        b.innerTag[i] = 0;
        b.etherType[i] = plane.endpoint().isIpv4() ? EtherTypes.IPV4 : EtherTypes.IPV6;
        return leave(c, b, i, port, hop);
    }

    /**
     * Tells the switch that classified a flow what a node here said of it, in a packet without payload (RFC 8393).
     *
     * @param entry of the flow, see {@link PlaneFlows}
     * @param si index of packets that the node has served
     * @param program action and path as in {@link SluiceContext#programTag}
     * @param flags of {@link SluiceContext} that belong to it
     * @return whether it could be sent
     */
    boolean tellClassifier(Cursor c, int entry, PlanePath names, int direction, int si, int program, int flags) {
        OverlayPeer peer = plane.peerNumbered(flows.classifier(entry) & 0xffff_ffffL);
        Tunnels of = tunnels.get(names.svni());
        NextHop hop = peer == null ? null : nextHop(c, peer.address());
        int nshBytes = flows.nshBytes(entry);
        long start = peer == null || of == null || hop == null
                ? FramePool.NONE
                : frames.pool().take(nshBytes);
        if (start == FramePool.NONE || peer == null || of == null || hop == null) {
            return false;
        }
        flows.writeNsh(frames.memory(), start, entry, names.spi(direction), si, false);
        PlaneFlows.sayOfFlow(frames.memory(), start, program, flags);
        messages.count = 0;
        messages.append(start, nshBytes, c.batch.port[c.slot]);
        push(c, messages, 0, of.byPeer.get(peer.index()), snapshot.port(hop.port()), hop, 0);
        return true;
    }

    private int leave(Cursor c, Batch b, int i, PortEntry port, NextHop hop) {
        boolean connected = hop.kind() == NextHop.Kind.CONNECTED;
        long ip = b.start[i] + b.l3[i];
        boolean four = plane.endpoint().isIpv4();
        long hi = !connected ? hop.addressHi() : four ? 0 : Ipv6.destinationHi(frames.memory(), ip);
        long lo = !connected
                ? hop.addressLo()
                : four
                        ? IpAddress.IPV4_MAPPED | (Ipv4.destination(frames.memory(), ip) & 0xffff_ffffL)
                        : Ipv6.destinationLo(frames.memory(), ip);
        long mac = neighbors.resolve(port.index(), hi, lo, c.nowNs);
        Ethernet.setAddresses(frames.memory(), b.start[i], Math.max(mac, 0), port.mac());
        if (mac >= 0) {
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

    /** Where the underlay sends what is for an address; null if nowhere. */
    private @Nullable NextHop nextHop(Cursor c, IpAddress to) {
        Routes routes = snapshot.router(plane.router()).routes();
        int index = routes.lookup(to.hi(), to.lo());
        if (index == Routes.NO_ROUTE) {
            return null;
        }
        NextHop hop = routes.group(index).choose(c.fields.hash, liveness.downPorts());
        boolean leads = hop != null && (hop.kind() == NextHop.Kind.CONNECTED || hop.kind() == NextHop.Kind.GATEWAY);
        return leads ? hop : null;
    }

    private void writeOwnNsh(Cursor c, MemorySegment m, long nsh, int spi, int si, int flags) {
        Nsh.write(m, nsh, OWN_NSH_BYTES, Nsh.MD_VARIABLE, false, FIRST_TTL, Nsh.NEXT_ETHERNET, spi, si);
        long value = NshContext.write(m, nsh + Nsh.BYTES, NshContext.TENANT, 4);
        m.set(Layouts.BE32, value, plane.tenant(c.router));
        value = NshContext.write(m, value + 4, NshContext.INGRESS_NODE, 4);
        m.set(Layouts.BE32, value, plane.node());
        value = NshContext.write(m, value + 4, NshContext.FLOW_ID, 8);
        m.set(Layouts.BE64, value, table.reference(c.record));
        value = NshContext.write(m, value + 8, NshContext.SLUICE, SluiceContext.BYTES);
        SluiceContext.write(m, value, flags, table.targetId(c.record), 0, 0);
        SluiceContext.setSkipMask(m, value, c.follows ? 0 : table.skipMask(c.record, c.direction));
    }
}
