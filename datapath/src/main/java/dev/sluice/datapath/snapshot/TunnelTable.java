package dev.sluice.datapath.snapshot;

import dev.sluice.wire.EtherTypes;
import dev.sluice.wire.GeneveHeader;
import dev.sluice.wire.GeneveOption;
import dev.sluice.wire.GeneveOptions;
import dev.sluice.wire.GreHeader;
import dev.sluice.wire.GwlbOptions;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.MacAddress;
import dev.sluice.wire.OverlayTemplate;
import dev.sluice.wire.TunnelHeader;
import dev.sluice.wire.Underlay;
import dev.sluice.wire.VxlanGpe;
import dev.sluice.wire.VxlanGpeHeader;
import dev.sluice.wire.VxlanHeader;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All tunnels that packets of this node may be sent into (overlay-formats.md): made with the snapshot, by whoever makes that, so that the worker only looks them up. Immutable;
 * shared by threads.
 */
public final class TunnelTable {
    private static final int VLAN_ID = 0xfff;

    private static final int UNDERLAY_TTL = 64;
    private static final long NO_SEQUENCE = -1;

    private final IntTable<OfPaths> byNetwork;
    private final IntTable<OfSegment> bySegment;
    private final IntTable<ToNode> byNode;

    /**
     * Those of service paths.
     *
     * @param svni virtual network
     * @param byPeer element i is to the peer with index i
     * @param byNode to the aware nodes of this host, by attachment
     */
    private record OfPaths(int svni, List<Tunnel> byPeer, IntTable<ToNode> byNode) {}

    /**
     * Those of a segment.
     *
     * @param router index of the segment
     * @param byPeer element {@code peer * SegmentMark.KINDS + kind}
     */
    private record OfSegment(int router, List<Tunnel> byPeer) {}

    /**
     * Those to a node of this host that is not asked by virtual network.
     *
     * @param attachment id of the node
     * @param first GRE and VXLAN: to side in; gateway appliance: for IPv4
     * @param second GRE and VXLAN: to side out; gateway appliance: for IPv6
     */
    private record ToNode(int attachment, Tunnel first, Tunnel second) {}

    /** All tunnels of a configuration. */
    TunnelTable(ServicePlane plane, Segments segments, List<Attachment> attachments, List<PortEntry> ports) {
        List<Attachment> nodes = plane.router() < 0
                ? List.of()
                : attachments.stream().filter(node -> !node.isRemote()).toList();
        byNetwork = IntTable.of(
                plane.paths().stream()
                        .map(PlanePath::svni)
                        .distinct()
                        .map(svni -> ofPaths(plane, svni, nodes, ports))
                        .toList(),
                OfPaths::svni);
        bySegment = IntTable.of(
                segments.all().stream()
                        .map(segment -> ofSegment(plane, segment))
                        .toList(),
                OfSegment::router);
        List<ToNode> unaware = new ArrayList<>();
        for (Attachment node : nodes) {
            NodeTunnel to = node.tunnel();
            IpAddress address = to == null ? null : to.address();
            if (to == null || address == null) {
                continue;
            }
            if (to.hasTunnelForEachSide()) {
                unaware.add(new ToNode(
                        node.id(),
                        toSide(plane, to, address, Attachment.IN),
                        toSide(plane, to, address, Attachment.OUT)));
            } else if (to.format() == NodeTunnel.Format.GWLB) {
                unaware.add(new ToNode(
                        node.id(), gateway(plane, address, EtherTypes.IPV4), gateway(plane, address, EtherTypes.IPV6)));
            }
        }
        byNode = IntTable.of(unaware, ToNode::attachment);
    }

    private static OfPaths ofPaths(ServicePlane plane, int svni, List<Attachment> nodes, List<PortEntry> ports) {
        GeneveHeader geneve = new GeneveHeader(false, EtherTypes.NSH, svni, List.of());
        List<Tunnel> byPeer = new ArrayList<>();
        for (OverlayPeer peer : plane.peers()) {
            byPeer.add(tunnel(plane, peer.address(), false, geneve));
        }
        List<ToNode> byNode = new ArrayList<>();
        for (Attachment node : nodes) {
            NodeTunnel to = node.tunnel();
            if (to != null && to.isAware()) {
                Tunnel tunnel = aware(plane, svni, node, to.address(), to.format(), ports);
                byNode.add(new ToNode(node.id(), tunnel, tunnel));
            }
        }
        return new OfPaths(svni, byPeer, IntTable.of(byNode, ToNode::attachment));
    }

    private static Tunnel aware(
            ServicePlane plane,
            int svni,
            Attachment node,
            @Nullable IpAddress address,
            NodeTunnel.Format format,
            List<PortEntry> ports) {
        if (address == null) {
            MacAddress own = new MacAddress(ports.get(node.in().port()).mac());
            MacAddress to = new MacAddress(node.in().mac());
            int tag = node.in().outerTag();
            int tci = tag == 0 ? Underlay.UNTAGGED : tag & VLAN_ID;
            return Tunnel.onPort(node.in().port(), OverlayTemplate.ethernet(to, own, tci, EtherTypes.NSH));
        }
        TunnelHeader header = format == NodeTunnel.Format.NSH_GPE
                ? new VxlanGpeHeader(false, VxlanGpe.NEXT_NSH, svni)
                : new GeneveHeader(false, EtherTypes.NSH, svni, List.of());
        // Programs behind ordinary sockets get nothing without checksum over IPv6.
        return tunnel(plane, address, !address.isIpv4(), header);
    }

    private static OfSegment ofSegment(ServicePlane plane, Segment segment) {
        List<Tunnel> byPeer = new ArrayList<>();
        for (OverlayPeer peer : plane.peers()) {
            for (int kind = 0; kind < SegmentMark.KINDS; kind++) {
                List<GeneveOption> options = mark(plane, segment, kind);
                GeneveHeader geneve = new GeneveHeader(false, EtherTypes.TEB, segment.vni(), options);
                byPeer.add(tunnel(plane, peer.address(), false, geneve));
            }
        }
        return new OfSegment(segment.router(), byPeer);
    }

    private static List<GeneveOption> mark(ServicePlane plane, Segment segment, int kind) {
        if (kind == SegmentMark.UNMARKED) {
            return List.of();
        }
        boolean oneWay = kind == SegmentMark.SERVICED || kind == SegmentMark.SERVICED_FROM;
        boolean names = kind == SegmentMark.SERVICED_FROM || kind == SegmentMark.SERVICED_BOTH_WAYS_FROM;
        int type = oneWay ? GeneveOptions.SERVICED : GeneveOptions.SERVICED_BOTH_WAYS;
        // The node that is named is that of the packet.
        String number = HexFormat.of().toHexDigits(plane.tenant(segment.router())) + (names ? "00000000" : "");
        return List.of(new GeneveOption(GeneveOptions.SLUICE_CLASS, type & 0xff, number));
    }

    private static Tunnel toSide(ServicePlane plane, NodeTunnel node, IpAddress to, int side) {
        return node.format() == NodeTunnel.Format.GRE
                ? tunnel(plane, to, false, new GreHeader(EtherTypes.TEB, node.key(side), NO_SEQUENCE))
                : tunnel(plane, to, !to.isIpv4(), new VxlanHeader(node.key(side)));
    }

    /** Values of options are those of the flow. */
    private static Tunnel gateway(ServicePlane plane, IpAddress to, int payload) {
        String eight = "0".repeat(16);
        List<GeneveOption> options = List.of(
                new GeneveOption(GwlbOptions.OPTION_CLASS, 1, eight),
                new GeneveOption(GwlbOptions.OPTION_CLASS, 2, eight),
                new GeneveOption(GwlbOptions.OPTION_CLASS, 3, "0".repeat(8)));
        return tunnel(plane, to, !to.isIpv4(), new GeneveHeader(false, payload, 0, options));
    }

    /** MAC addresses are those of the route at the time of sending. */
    private static Tunnel tunnel(ServicePlane plane, IpAddress to, boolean checksum, TunnelHeader header) {
        MacAddress later = new MacAddress(0);
        Underlay underlay = new Underlay(
                later, later, Underlay.UNTAGGED, plane.endpoint(), to, UNDERLAY_TTL, Underlay.INHERIT, true, checksum);
        return Tunnel.into(to, OverlayTemplate.tunnel(underlay, header));
    }

    /** For service paths of a virtual network, to a peer; null if there is none. */
    @Nullable
    public Tunnel toPeer(int svni, int peer) {
        OfPaths of = byNetwork.get(svni);
        return of == null ? null : of.byPeer.get(peer);
    }

    /** For service paths of a virtual network, to an aware node of this host; null if there is none. */
    @Nullable
    public Tunnel toAware(int svni, int attachment) {
        OfPaths of = byNetwork.get(svni);
        ToNode to = of == null ? null : of.byNode.get(attachment);
        return to == null ? null : to.first;
    }

    /** To a gateway appliance of this host, by the IP version inside; null if there is none. */
    @Nullable
    public Tunnel toGateway(int attachment, boolean ipv4) {
        ToNode to = byNode.get(attachment);
        return to == null ? null : ipv4 ? to.first : to.second;
    }

    /** To a side of a node of this host by GRE or VXLAN; null if there is none. */
    @Nullable
    public Tunnel toSide(int attachment, int side) {
        ToNode to = byNode.get(attachment);
        return to == null ? null : side == Attachment.IN ? to.first : to.second;
    }

    /**
     * For frames of a segment, to a peer; null if there is none.
     *
     * @param router index of the segment
     * @param kind as {@link SegmentMark} says
     */
    @Nullable
    public Tunnel ofSegment(int router, int peer, int kind) {
        OfSegment of = bySegment.get(router);
        return of == null ? null : of.byPeer.get(peer * SegmentMark.KINDS + kind);
    }
}
