package dev.sluice.datapath;

import dev.sluice.datapath.offload.OffloadRefusal;
import dev.sluice.datapath.overlay.CarriedPacket;
import dev.sluice.datapath.overlay.FixedContexts;
import dev.sluice.datapath.overlay.PlaneFlows;
import dev.sluice.datapath.overlay.SideTunnels;
import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.packet.Parser;
import dev.sluice.datapath.rules.PacketFields;
import dev.sluice.datapath.segment.SwitchStage;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.NodeTunnel;
import dev.sluice.datapath.snapshot.OverlayPeer;
import dev.sluice.datapath.snapshot.Path;
import dev.sluice.datapath.snapshot.PlanePath;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.snapshot.ServicePlane;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.snapshot.TagTable;
import dev.sluice.datapath.stage.Cursor;
import dev.sluice.datapath.stage.Frames;
import dev.sluice.datapath.stage.Journey;
import dev.sluice.datapath.stage.PacketTracer;
import dev.sluice.datapath.stage.Step;
import dev.sluice.datapath.track.ConnectionTable;
import dev.sluice.datapath.track.FlowPrograms;
import dev.sluice.datapath.track.Zones;
import dev.sluice.datapath.tunnel.Decapsulation;
import dev.sluice.wire.EtherTypes;
import dev.sluice.wire.Ethernet;
import dev.sluice.wire.Geneve;
import dev.sluice.wire.GeneveOptions;
import dev.sluice.wire.IpProtocols;
import dev.sluice.wire.Nsh;
import dev.sluice.wire.OuterUdp;
import dev.sluice.wire.ServiceMetadata;
import dev.sluice.wire.SluiceContext;
import dev.sluice.wire.Udp;
import dev.sluice.wire.VlanTag;
import dev.sluice.wire.Vxlan;
import dev.sluice.wire.VxlanGpe;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Takes packets of service paths from other switches: who may send what, which path and hop, and on to the node, or back into the flow that was classified here (V8, C6,
 * C7; packet-life.md, from another switch). One user: the worker.
 *
 * <p>Nothing of a packet is believed that a peer may not say: its address has to be a peer's and its virtual network the path's. Hot path: no allocation.
 */
final class OverlayInput {
    private static final int VLAN_ID = 0xfff;

    /** Instead of a virtual network, where packets are of none. */
    static final int ANY_NETWORK = -1;

    private static final int[] CRITICAL_OPTIONS_KNOWN = {};
    private static final int NEEDED =
            ServiceMetadata.TENANT | ServiceMetadata.INGRESS_NODE | ServiceMetadata.FLOW_ID | ServiceMetadata.SLUICE;

    /** The header right behind the outer IP and UDP headers. */
    private enum Carrier {
        GENEVE,
        VXLAN_GPE,
        VXLAN,
        GRE
    }

    private final Frames frames;
    private final Decapsulation decapsulation;
    private final ConnectionTable table;
    private final Zones zones;
    private final PlaneFlows flows;
    private final Steering steering;
    private final Returns returns;
    private final PeerInput peers;
    private final SwitchStage segments;
    private final NodeInput nodes;
    private final GatewayInput gateways;
    private final SideTunnels sides;
    private final TooBigInput tooBigs;
    private final CarriedPacket in = new CarriedPacket();
    private Snapshot snapshot = Snapshot.empty();
    private ServicePlane plane = ServicePlane.NONE;

    OverlayInput(
            Frames frames,
            Decapsulation decapsulation,
            ConnectionTable table,
            Zones zones,
            PlaneFlows flows,
            Steering steering,
            Returns returns,
            NodeInput nodes,
            GatewayInput gateways,
            PeerInput peers,
            SwitchStage segments,
            SideTunnels sides,
            TooBigInput tooBigs) {
        this.frames = frames;
        this.decapsulation = decapsulation;
        this.table = table;
        this.zones = zones;
        this.flows = flows;
        this.steering = steering;
        this.returns = returns;
        this.peers = peers;
        this.segments = segments;
        this.nodes = nodes;
        this.gateways = gateways;
        this.sides = sides;
        this.tooBigs = tooBigs;
    }

    void apply(Snapshot next) {
        snapshot = next;
        plane = next.plane();
        nodes.apply(plane);
        gateways.apply(next);
    }

    /** Whether the packet in hand, on a port of this router, is for the tunnel endpoint. */
    boolean isOurs(Cursor c, int router) {
        PacketFields f = c.fields;
        return carrier(f) != null && plane.isEndpoint(router, f.destinationHi, f.destinationLo);
    }

    /** What stands behind the outer headers, null if it is none of those. */
    private static @Nullable Carrier carrier(PacketFields f) {
        if (f.protocol == IpProtocols.GRE) {
            return Carrier.GRE;
        }
        return f.protocol != IpProtocols.UDP
                ? null
                : switch (f.destinationPort) {
                    case Geneve.PORT -> Carrier.GENEVE;
                    case VxlanGpe.PORT -> Carrier.VXLAN_GPE;
                    case Vxlan.PORT -> Carrier.VXLAN;
                    default -> null;
                };
    }

    /** Takes the packet in hand, which came in by this port; the next {@link Step}. */
    int receive(Cursor c, PortEntry port) {
        if (!snapshot.underlayPorts().has(port.index())) {
            return frames.drop(c, DropReason.OVERLAY_PORT_REFUSED);
        }
        if ((c.parsed() & Parser.FRAGMENT) != 0) {
            return frames.drop(c, DropReason.OVERLAY_FRAGMENTED);
        }
        OverlayPeer peer = plane.peerAt(c.fields.sourceHi, c.fields.sourceLo);
        Attachment node = peer == null ? snapshot.nodeAt(c.fields.sourceHi, c.fields.sourceLo) : null;
        if (peer == null && node == null) {
            return frames.drop(c, DropReason.OVERLAY_PEER_UNKNOWN);
        }
        NodeTunnel tunnel = node == null ? null : node.tunnel();
        Carrier carrier = carrier(c.fields);
        if (carrier != (tunnel == null ? Carrier.GENEVE : carrier(tunnel.format()))) {
            return frames.drop(c, tunnel == null ? DropReason.OVERLAY_PEER_UNKNOWN : DropReason.NODE_TRANSPORT_WRONG);
        }
        if (node != null) {
            frames.refuse(OffloadRefusal.OVERLAY);
        }
        if (node != null && carrier == Carrier.GRE) {
            return receiveAtSide(c, node, sides.receiveGre(c, node, decapsulation));
        }
        long udp = c.start() + c.batch.l4[c.slot];
        if (!checksumHolds(c, udp)) {
            return frames.drop(c, DropReason.OVERLAY_CHECKSUM);
        }
        if (node != null && carrier == Carrier.VXLAN) {
            return receiveAtSide(c, node, sides.receiveVxlan(c, node, udp + Udp.BYTES, decapsulation));
        }
        return node != null && carrier == Carrier.VXLAN_GPE
                ? receiveGpe(c, node, udp + Udp.BYTES)
                : receiveGeneve(c, peer, node, tunnel, udp + Udp.BYTES);
    }

    /** By which carrier packets of a node come to the tunnel endpoint; null: by none. */
    private static @Nullable Carrier carrier(NodeTunnel.Format format) {
        return switch (format) {
            case NSH, GWLB -> Carrier.GENEVE;
            case NSH_GPE -> Carrier.VXLAN_GPE;
            case GRE -> Carrier.GRE;
            case VXLAN -> Carrier.VXLAN;
            case NSH_ETHERNET -> null;
        };
    }

    private int receiveAtSide(Cursor c, Attachment node, int side) {
        return side == SideTunnels.GONE ? Step.DONE : returns.match(c, node, side);
    }

    private int receiveGeneve(
            Cursor c, @Nullable OverlayPeer peer, @Nullable Attachment node, @Nullable NodeTunnel tunnel, long geneve) {
        MemorySegment m = c.memory;
        long end = c.start() + c.lengthBytes();
        int geneveBytes = Geneve.check(m, geneve, (int) (end - geneve));
        if (geneveBytes < 0 || GeneveOptions.check(m, geneve) < 0) {
            return frames.drop(c, DropReason.OVERLAY_HEADER_INVALID);
        }
        if (GeneveOptions.checkCritical(m, geneve, CRITICAL_OPTIONS_KNOWN) < 0) {
            return frames.drop(c, DropReason.OVERLAY_OPTION_CRITICAL);
        }
        if (node != null && tunnel != null && tunnel.format() == NodeTunnel.Format.GWLB) {
            return gateways.receive(c, node, geneve, geneveBytes, end);
        }
        int protocol = Geneve.protocol(m, geneve);
        boolean control = Geneve.isControl(m, geneve);
        if (peer != null && protocol == EtherTypes.TEB && !control) {
            frames.refuse(OffloadRefusal.SEGMENT);
            return segments.receive(c, peer, geneve, geneve + geneveBytes, end);
        }
        if (peer != null && protocol == EtherTypes.NSH && control) {
            return peers.control(c, peer, geneve, geneve + geneveBytes, end);
        }
        if (protocol != EtherTypes.NSH || control) {
            return frames.drop(c, DropReason.OVERLAY_PAYLOAD_UNKNOWN);
        }
        in.carrier = geneve;
        in.nsh = geneve + geneveBytes;
        in.end = end;
        in.network = Geneve.vni(m, geneve);
        return receiveNsh(c, peer, node);
    }

    private int receiveGpe(Cursor c, Attachment node, long gpe) {
        MemorySegment m = c.memory;
        long end = c.start() + c.lengthBytes();
        if (VxlanGpe.check(m, gpe, (int) (end - gpe)) < 0) {
            return frames.drop(c, DropReason.OVERLAY_HEADER_INVALID);
        }
        if (VxlanGpe.isOam(m, gpe) || VxlanGpe.nextProtocol(m, gpe) != VxlanGpe.NEXT_NSH) {
            return frames.drop(c, DropReason.OVERLAY_PAYLOAD_UNKNOWN);
        }
        in.carrier = gpe;
        in.nsh = gpe + VxlanGpe.BYTES;
        in.end = end;
        in.network = VxlanGpe.vni(m, gpe);
        return receiveNsh(c, null, node);
    }

    /** Takes the frame in hand, a network service header behind Ethernet, from a service port; the next {@link Step}. */
    int receiveFromPort(Cursor c, PortEntry port) {
        TagTable tags = snapshot.tags();
        int outerTag = c.batch.outerTag[c.slot];
        int binding = tags.find(c.port, outerTag, c.batch.innerTag[c.slot]);
        if (binding < 0) {
            return frames.drop(c, DropReason.SERVICE_TAG_UNKNOWN);
        }
        Attachment node = tags.attachment(binding);
        if (node.tunnel() == null) {
            return frames.drop(c, DropReason.SERVICE_CONTROL);
        }
        int tag = node.in().outerTag();
        boolean hasItsTag = tag == 0 ? outerTag == 0 : outerTag != 0 && (outerTag & VLAN_ID) == (tag & VLAN_ID);
        if (!hasItsTag || c.batch.innerTag[c.slot] != 0) {
            return frames.drop(c, DropReason.SERVICE_TAG_UNKNOWN);
        }
        if (Ethernet.destination(c.memory, c.start()) != port.mac()) {
            return frames.drop(c, DropReason.NOT_FOR_US);
        }
        if (Ethernet.source(c.memory, c.start()) != node.in().mac()) {
            return frames.drop(c, DropReason.NODE_MAC_UNKNOWN);
        }
        in.carrier = c.start();
        in.nsh = c.start() + Ethernet.BYTES + (tag == 0 ? 0 : VlanTag.BYTES);
        in.end = c.start() + c.lengthBytes();
        in.network = ANY_NETWORK;
        return receiveNsh(c, null, node);
    }

    /** A checksum may be left out (RFC 6935, RFC 6936); one that is there holds, or the sender's kernel is still to complete it. */
    static boolean checksumHolds(Cursor c, long udp) {
        if (Udp.checksum(c.memory, udp) == 0 || (c.batch.offload[c.slot] & Batch.CHECKSUM_PARTIAL) != 0) {
            return true;
        }
        return (c.isIpv4()
                        ? OuterUdp.checkIpv4(c.memory, c.networkHeader(), udp)
                        : OuterUdp.checkIpv6(c.memory, c.networkHeader(), udp, true))
                == 0;
    }

    /** Takes the packet whose service header begins at {@link CarriedPacket#nsh}, from a switch or a node. */
    private int receiveNsh(Cursor c, @Nullable OverlayPeer peer, @Nullable Attachment node) {
        MemorySegment m = c.memory;
        if (!in.read(m)) {
            return frames.drop(c, DropReason.NSH_INVALID);
        }
        boolean message = NodeInput.isMessage(c, in.nsh);
        boolean tooBig = peer != null && TooBigInput.isOne(m, in);
        Journey journey = frames.journey();
        if (journey != null && node == null && !message && !tooBig && !isCopy()) {
            journey.opens(c, in.carrier, in.nsh, in.nshBytes);
        }
        if (!message && !tooBig && (Nsh.isOam(m, in.nsh) || Nsh.nextProtocol(m, in.nsh) != Nsh.NEXT_ETHERNET)) {
            return frames.drop(c, DropReason.OVERLAY_PAYLOAD_UNKNOWN);
        }
        in.ttl = Nsh.decrementTtl(m, in.nsh);
        if (in.ttl == 0) {
            return frames.drop(c, DropReason.NSH_TTL_EXPIRED);
        }
        in.spi = Nsh.spi(m, in.nsh);
        in.si = Nsh.si(m, in.nsh);
        PlanePath names = plane.forward(in.spi);
        in.direction = names != null ? 0 : 1;
        names = names != null ? names : plane.reverse(in.spi);
        Path path = names == null ? null : snapshot.path(names.path());
        if (names == null || path == null || (names.svni() != in.network && in.network != ANY_NETWORK)) {
            return frames.drop(c, DropReason.NSH_PATH_UNKNOWN);
        }
        in.ordinal = PlanePath.FIRST_INDEX - in.si;
        if (in.ordinal > path.visited(in.direction)) {
            return frames.drop(c, DropReason.NSH_INDEX_INVALID);
        }
        NodeTunnel tunnel = node == null ? null : node.tunnel();
        boolean fixed = tunnel != null && tunnel.fixedContext();
        if (fixed ? !FixedContexts.isOne(m, in.nsh) : !in.metadata.has(NEEDED)) {
            return frames.drop(c, DropReason.NSH_CONTEXT_MISSING);
        }
        in.hopBefore = path.hopAt(in.direction, in.ordinal - 1);
        if (node != null) {
            return nodes.receive(c, node, path, names, in);
        }
        if (peer == null) {
            return frames.drop(c, DropReason.OVERLAY_PEER_UNKNOWN);
        }
        if (tooBig) {
            int named = isClassifiedHere() ? nodes.named(in.metadata, path) : -1;
            return tooBigs.receive(c, peer, path, named, in);
        }
        return message ? say(c, peer, path) : receivePacket(c, peer, path);
    }

    /** Takes a packet of a path from another switch. */
    private int receivePacket(Cursor c, OverlayPeer peer, Path path) {
        MemorySegment m = c.memory;
        ServiceMetadata metadata = in.metadata;
        PacketTracer tracer = frames.tracer();
        if (tracer != null) {
            if ((metadata.flags() & SluiceContext.TRACED) != 0) {
                tracer.marked(c.batch, c.slot, metadata.traceId());
            }
            tracer.carried(c.batch, c.slot, peer, in.spi, in.si);
        }
        boolean classifiedHere = isClassifiedHere();
        OverlayPeer classifier = plane.peerNumbered(metadata.ingressNode());
        if (!classifiedHere && classifier == null) {
            return frames.drop(c, DropReason.NSH_CONTEXT_MISSING);
        }
        boolean fromClassifier = classifier != null && classifier.index() == peer.index();
        if (!fromClassifier && !path.isOnBefore(in.direction, in.ordinal, peer.index())) {
            return frames.drop(c, DropReason.OVERLAY_HOP_FORGED);
        }
        if (!classifiedHere || isCopy()) {
            flows.take(m, in.nsh, in.nshBytes, (int) metadata.ingressNode(), metadata);
        }
        Attachment last = classifiedHere ? lastNode(m, peer, path) : null;
        if (!decapsulation.takeOut(c, in.inner(), in.end, in.direction, in.way(m))) {
            return Step.DONE;
        }
        Journey journey = frames.journey();
        if (journey != null) {
            journey.emerges(c);
        }
        c.planeTtl = in.ttl;
        if (classifiedHere && metadata.programTag() >>> 24 == SluiceContext.BY_TAG) {
            return byTag(c, peer, path, in.hopBefore);
        }
        return isCopy()
                ? serveCopy(c, path, in.ordinal)
                : classifiedHere ? goOn(c, path, in.ordinal, last) : serve(c, path, in.ordinal);
    }

    private boolean isCopy() {
        return (in.metadata.flags() & SluiceContext.COPY) != 0;
    }

    private boolean isClassifiedHere() {
        return in.metadata.ingressNode() == (plane.node() & 0xffff_ffffL);
    }

    private static boolean speaksOfFlows(Attachment node) {
        NodeTunnel tunnel = node.tunnel();
        return tunnel != null && tunnel.isAware() && !tunnel.fixedContext();
    }

    /** What an aware node on the peer's host says of a flow; others may not, and nobody of flows that were classified elsewhere. */
    private int say(Cursor c, OverlayPeer peer, Path path) {
        int hop = in.hopBefore;
        Attachment node = hop < 0 || hop >= path.hops().size()
                ? null
                : path.hops().get(hop).attachment();
        if (node == null || !speaksOfFlows(node) || node.peer() != peer.index() || !isClassifiedHere()) {
            return frames.drop(c, DropReason.FLOW_PROGRAM_REFUSED);
        }
        return nodes.message(c, node, path, in);
    }

    /** A copy goes to its node and nowhere else, also where the packet was classified. */
    private int serveCopy(Cursor c, Path path, int ordinal) {
        if (ordinal == path.visited(c.direction)) {
            return frames.drop(c, DropReason.NSH_INDEX_INVALID);
        }
        c.planeEntry = PlaneFlows.IN_HAND;
        return steering.serveCopy(c, path, path.hopAt(c.direction, ordinal));
    }

    /** A packet that came back to the switch of a node, which knows no flow of it: believed of that switch only, for routers that send packets there. */
    private int byTag(Cursor c, OverlayPeer peer, Path path, int hop) {
        Attachment node = hop < 0 || hop >= path.hops().size()
                ? null
                : path.hops().get(hop).attachment();
        int router = plane.routerOf(in.metadata.tenant());
        if (node == null || node.peer() != peer.index() || !node.routeUnmatched() || !sends(node, router)) {
            return frames.drop(c, DropReason.OVERLAY_FLOW_UNKNOWN);
        }
        return returns.matchByTag(c, node, in.metadata.programTag() & 1, router);
    }

    private static boolean sends(Attachment node, int router) {
        int[] routers = node.routers();
        for (int i = 0; i < routers.length; i++) {
            if (routers[i] == router) {
                return true;
            }
        }
        return false;
    }

    // For another switch.

    private int serve(Cursor c, Path path, int ordinal) {
        if (ordinal == path.visited(c.direction)) {
            // Had all its services and is not ours: it came to the wrong switch.
            return frames.drop(c, DropReason.NSH_INDEX_INVALID);
        }
        c.planeEntry = PlaneFlows.IN_HAND;
        return steering.serve(c, path, path.hopAt(c.direction, ordinal));
    }

    // Classified here.

    /** The node on the peer's host that the packet has left last: one that it was not to pass by, and that gets more than copies. */
    private @Nullable Attachment lastNode(MemorySegment m, OverlayPeer peer, Path path) {
        int skipped = SluiceContext.skipMask(m, in.metadata.sluiceOffset());
        for (int i = in.ordinal - 1; i >= 0; i--) {
            int hop = path.hopAt(in.direction, i);
            Attachment node = path.hops().get(hop).attachment();
            boolean passedBy = hop < FlowPrograms.SKIPPED_HOPS_MAX && (skipped >>> hop & 1) != 0;
            if (node.peer() == peer.index() && !path.hops().get(hop).copy() && !passedBy) {
                return node;
            }
        }
        return null;
    }

    private int goOn(Cursor c, Path path, int ordinal, @Nullable Attachment last) {
        int named = nodes.named(in.metadata);
        // The flow may be on another path by now: what was sent along this one still goes on along it.
        boolean stands = named >= 0 && table.pathId(named) != 0;
        int router = stands ? zones.router(table.router(named)) : plane.routerOf(in.metadata.tenant());
        if (router < 0) {
            return frames.drop(c, DropReason.OVERLAY_FLOW_UNKNOWN);
        }
        if (!c.enterRouter(router)) {
            return frames.drop(c, DropReason.ZONES_FULL);
        }
        return returns.goOnFromPeer(c, path, path.hopAt(c.direction, ordinal), stands ? named : -1, last);
    }
}
