package dev.sluice.datapath.overlay;

import dev.sluice.datapath.offload.OffloadRefusal;
import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.route.NextHop;
import dev.sluice.datapath.route.Routes;
import dev.sluice.datapath.segment.SwitchStage;
import dev.sluice.datapath.snapshot.Path;
import dev.sluice.datapath.snapshot.Segment;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.stage.Cursor;
import dev.sluice.datapath.stage.Frames;
import dev.sluice.datapath.stage.Step;
import dev.sluice.datapath.track.ConnectionTable;
import dev.sluice.datapath.tunnel.TunnelOutput;
import dev.sluice.wire.Ethernet;
import java.util.List;

/**
 * The way behind the last service that does not lead back to the classifying switch: straight to the switch of the packet's destination (C7, ADR 19; packet-life.md, straight on). One user: the
 * worker.
 *
 * <p>The classifying switch knows where a destination is and says so in the packet; the switch that serves it last only follows, and sends back what it cannot. Hot path: no allocation; for paths that
 * are set so, one look-up of a MAC address where the packet is classified.
 */
final class StraightOn {
    /** Instead of a {@link Step}: the packet has to go back to the classifying switch. */
    static final int NO_WAY = -2;

    /** Bit of {@link #egress}. */
    static final long BOTH_WAYS = 1L << 32;

    private static final long NODE = 0xffff_ffffL;
    private static final long A_ROUTER = 0;

    private final Frames frames;
    private final ConnectionTable table;
    private final PlaneFlows flows;
    private final SwitchStage switchStage;
    private Snapshot snapshot = Snapshot.empty();

    StraightOn(Frames frames, ConnectionTable table, PlaneFlows flows, SwitchStage switchStage) {
        this.frames = frames;
        this.table = table;
        this.flows = flows;
        this.switchStage = switchStage;
    }

    void apply(Snapshot next) {
        snapshot = next;
    }

    // Where the packet is classified.

    /**
     * Where the packet in hand may go behind its last service.
     *
     * @return number of a node (32 bits), 0 for a router of its segment wherever it is, and perhaps {@link #BOTH_WAYS}; {@link PlaneFlows#NOT_TOLD}: it has to come back here
     */
    long egress(Cursor c, Path path) {
        Segment segment = snapshot.segments().ofRouter(c.router);
        if (segment == null
                || path.rewritesEthernet()
                || table.l2(c.record, c.direction) != 0
                || path.translates()
                || table.egressPort(c.record, c.direction) != 0) {
            // Only here is known which port it leaves by, which Ethernet header it had, which flow it belongs to.
            return PlaneFlows.NOT_TOLD;
        }
        long node = nodeOfDestination(c, segment);
        return node == PlaneFlows.NOT_TOLD || !switchStage.bothWays(c, segment) ? node : node | BOTH_WAYS;
    }

    private long nodeOfDestination(Cursor c, Segment segment) {
        long place = placeOfDestination(c, segment);
        if (place >= SwitchStage.AT_PEER) {
            return place & NODE;
        }
        return place >= 0 && routesIntoSegment(c, (int) place) ? A_ROUTER : PlaneFlows.NOT_TOLD;
    }

    private long placeOfDestination(Cursor c, Segment segment) {
        return switchStage.placeOf(segment, Ethernet.destination(c.memory, c.start()), c.nowNs);
    }

    /** Whether a port is a router's and that one routes the packet in hand into a segment: then all nodes that have the router do the same. */
    private boolean routesIntoSegment(Cursor c, int port) {
        if (!switchStage.gates.isGate(port)) {
            return false;
        }
        int router = snapshot.port(snapshot.port(port).peer()).router();
        Routes routes = snapshot.router(router).routes();
        int group = routes.lookup(c.fields.destinationHi, c.fields.destinationLo);
        if (group == Routes.NO_ROUTE) {
            return false;
        }
        List<NextHop> hops = routes.group(group).hops();
        for (int i = 0; i < hops.size(); i++) {
            if (!leadsIntoSegment(hops.get(i))) {
                return false;
            }
        }
        return true;
    }

    private boolean leadsIntoSegment(NextHop hop) {
        boolean leads = hop.kind() == NextHop.Kind.CONNECTED || hop.kind() == NextHop.Kind.GATEWAY;
        int far = leads ? snapshot.port(hop.port()).peer() : -1;
        return far >= 0 && switchStage.gates.isGate(far);
    }

    // Where it is served last.

    /** Sends the packet in hand, which has had its last service here, straight on if it may; a {@link Step}, or {@link #NO_WAY}. */
    int send(Cursor c) {
        int entry = c.planeEntry;
        long node = flows.egressNode(entry);
        Segment segment = snapshot.segments().ofRouter(snapshot.plane().routerOf(flows.tenant(entry)));
        if (node == PlaneFlows.NOT_TOLD
                || segment == null
                || !flows.isTransparent(entry)
                || c.batch.outerTag[c.slot] != 0) {
            return NO_WAY;
        }
        frames.refuse(OffloadRefusal.OVERLAY);
        return node != A_ROUTER && node != (snapshot.plane().node() & NODE)
                ? sendToPeer(c, segment, node)
                : sendHere(c, segment, node == A_ROUTER);
    }

    private int sendToPeer(Cursor c, Segment segment, long node) {
        int peer = switchStage.peerOf(segment, node);
        if (peer == SwitchStage.NONE || node == (flows.classifier(c.planeEntry) & NODE)) {
            return NO_WAY;
        }
        int step = switchStage.output.sendFor(
                c, segment, peer, flows.classifier(c.planeEntry), flows.servicesBothWays(c.planeEntry));
        return step == TunnelOutput.TOO_BIG ? frames.drop(c, DropReason.MTU_EXCEEDED) : step;
    }

    /** The destination is at a port of this switch, or a router, which is here as it is everywhere. */
    private int sendHere(Cursor c, Segment segment, boolean toRouter) {
        long place = placeOfDestination(c, segment);
        boolean here = place >= 0 && place < SwitchStage.AT_PEER;
        if (!here
                || toRouter != switchStage.gates.isGate((int) place)
                || (toRouter && !routesIntoSegment(c, (int) place))) {
            return NO_WAY;
        }
        boolean bothWays = flows.servicesBothWays(c.planeEntry);
        if (!c.enterRouter(segment.router())) {
            return frames.drop(c, DropReason.ZONES_FULL);
        }
        if (bothWays) {
            switchStage.foreign.note(c, snapshot.port((int) place));
        }
        c.mark = c.router;
        c.planeEntry = PlaneFlows.NONE;
        c.record = Cursor.NO_RECORD;
        c.egress = (int) place;
        return Step.LEAVE;
    }
}
