package dev.sluice.agent.compile;

import dev.sluice.agent.compile.IdRegistry.Space;
import dev.sluice.datapath.snapshot.OverlayPeer;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.snapshot.Segment;
import dev.sluice.datapath.snapshot.Segments;
import dev.sluice.datapath.snapshot.ServicePlane;
import dev.sluice.model.Configuration;
import dev.sluice.model.LogicalSwitch;
import dev.sluice.model.Port;
import java.util.ArrayList;
import java.util.List;

/**
 * The logical switches of all nodes, with the ports that this node has of them and the peers that have others (C1). One writer: the compilation.
 *
 * <p>Switches without a port here are among them: a node may serve flows of a segment that it is no part of.
 */
final class SegmentPlan {
    /** Begins the names of segments in the registry, where they are among the routers. */
    static final String KEY = "switch/";

    private final Configuration whole;
    private final IdRegistry ids;

    /**
     * Gives each switch its index.
     *
     * @param whole the objects of all nodes
     */
    SegmentPlan(Configuration whole, IdRegistry ids) {
        this.whole = whole;
        this.ids = ids;
        whole.switches().forEach(each -> ids.index(Space.ROUTER, KEY + each.name()));
    }

    /** All segments, by the ports and peers that the node has now. */
    Segments segments(List<PortEntry> ports, ServicePlane plane) {
        List<Segment> segments = new ArrayList<>();
        for (LogicalSwitch each : whole.switches()) {
            int router = ids.index(Space.ROUTER, KEY + each.name());
            List<Integer> own = ports.stream()
                    .filter(port -> port.role() == PortEntry.Role.SWITCH && port.router() == router)
                    .map(PortEntry::index)
                    .toList();
            List<Integer> peers = plane.peers().stream()
                    .filter(peer -> hasPort(peer, each))
                    .map(OverlayPeer::index)
                    .toList();
            segments.add(new Segment(router, each.name(), each.spec().vni(), own, peers));
        }
        return new Segments(segments);
    }

    private boolean hasPort(OverlayPeer peer, LogicalSwitch segment) {
        for (Port port : whole.ports()) {
            boolean ofSegment =
                    port.spec().logicalSwitch().filter(segment.name()::equals).isPresent();
            if (ofSegment && port.spec().node().orElse(peer.name()).equals(peer.name())) {
                return true;
            }
        }
        return false;
    }
}
