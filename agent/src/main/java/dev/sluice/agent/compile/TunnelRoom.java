package dev.sluice.agent.compile;

import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.NodeTunnel;
import dev.sluice.datapath.snapshot.Path;
import dev.sluice.datapath.snapshot.PlanePath;
import dev.sluice.datapath.snapshot.Segment;
import dev.sluice.datapath.snapshot.SegmentMark;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.snapshot.Tunnel;
import dev.sluice.datapath.snapshot.TunnelTable;
import dev.sluice.wire.Ethernet;
import dev.sluice.wire.Nsh;
import dev.sluice.wire.NshContext;
import dev.sluice.wire.ServiceMetadata;
import org.jspecify.annotations.Nullable;

/**
 * What a tunnel takes of the room that its port has: read from the headers that are sent, so it is exact for each transport and both IP versions of the underlay (X6).
 *
 * @param tunnel where packets go
 * @param bytes all that stands between the Ethernet header of the link and the IP packet inside
 */
record TunnelRoom(Tunnel tunnel, int bytes) {
    /** More in packets that say where their destination is: a context header. */
    private static final int EGRESS_BYTES = NshContext.BYTES + 4;

    /**
     * That of untagged packets of a path on their way to one of its nodes.
     *
     * @param ofSegment whether the packets come from a segment, of which alone is known where their destination is
     * @return null: they need no tunnel to it, or there is none
     */
    static @Nullable TunnelRoom toNode(Snapshot snapshot, Path path, Attachment node, boolean ofSegment) {
        TunnelTable tunnels = snapshot.tunnels();
        NodeTunnel own = node.isRemote() ? null : node.tunnel();
        if (own != null && own.format() == NodeTunnel.Format.GWLB) {
            return around(tunnels.toGateway(node.id(), true), 0);
        }
        if (own != null && own.hasTunnelForEachSide()) {
            return around(tunnels.toSide(node.id(), Attachment.IN), Ethernet.BYTES);
        }
        PlanePath names = snapshot.plane().ofPath(path.id());
        if (names == null) {
            return null;
        }
        int told = names.straight() && ofSegment ? EGRESS_BYTES : 0;
        int usual = Ethernet.BYTES + ServiceMetadata.USUAL_BYTES + told;
        if (node.isRemote()) {
            return around(tunnels.toPeer(names.svni(), node.peer()), usual);
        }
        boolean fixed = own != null && own.fixedContext();
        return around(tunnels.toAware(names.svni(), node.id()), fixed ? Ethernet.BYTES + Nsh.FIXED_BYTES : usual);
    }

    /** That of frames of a segment that were serviced, on their way to a peer. */
    static @Nullable TunnelRoom ofSegment(Snapshot snapshot, Segment segment, int peer) {
        return around(snapshot.tunnels().ofSegment(segment.router(), peer, SegmentMark.SERVICED), Ethernet.BYTES);
    }

    private static @Nullable TunnelRoom around(@Nullable Tunnel tunnel, int inside) {
        return tunnel == null ? null : new TunnelRoom(tunnel, tunnel.outer().headerBytes() - Ethernet.BYTES + inside);
    }
}
