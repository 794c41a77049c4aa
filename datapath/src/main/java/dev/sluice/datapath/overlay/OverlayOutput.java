package dev.sluice.datapath.overlay;

import dev.sluice.datapath.liveness.LivenessView;
import dev.sluice.datapath.offload.OffloadRefusal;
import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.DatapathCounters;
import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.datapath.paths.PathChanges;
import dev.sluice.datapath.rules.Rule;
import dev.sluice.datapath.segment.SwitchStage;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.NodeTunnel;
import dev.sluice.datapath.snapshot.OverlayPeer;
import dev.sluice.datapath.snapshot.Path;
import dev.sluice.datapath.snapshot.PlanePath;
import dev.sluice.datapath.snapshot.ServicePlane;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.snapshot.TagReturn;
import dev.sluice.datapath.snapshot.Tunnel;
import dev.sluice.datapath.stage.Cursor;
import dev.sluice.datapath.stage.Frames;
import dev.sluice.datapath.stage.PacketTracer;
import dev.sluice.datapath.stage.Step;
import dev.sluice.datapath.track.ConnectionTable;
import dev.sluice.datapath.tunnel.TunnelContent;
import dev.sluice.datapath.tunnel.TunnelOutput;
import dev.sluice.wire.Layouts;
import dev.sluice.wire.Nsh;
import dev.sluice.wire.NshContext;
import dev.sluice.wire.OverlayTemplate;
import dev.sluice.wire.ServiceMetadata;
import dev.sluice.wire.SluiceContext;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Sends packets of service paths to other switches, and to nodes of this host that have an address in the underlay: Geneve with the plane's virtual network, a network
 * service header, the frame (V8, C3; packet-life.md, to another switch), or what else the node takes. One user: the worker.
 *
 * <p>Hot path: no allocation. Cost: as {@link TunnelOutput}, and about ten stores of 8 bytes for the service header.
 */
public final class OverlayOutput implements TunnelContent {
    /** Bytes of the network service header that this node writes for flows that it classifies. */
    static final int OWN_NSH_BYTES = ServiceMetadata.USUAL_BYTES;

    /** Bytes more if the destination's node is told. */
    static final int EGRESS_BYTES = NshContext.BYTES + 4;

    private final Frames frames;
    private final ConnectionTable table;
    private final PlaneFlows flows;
    private final DatapathCounters counters;
    private final TunnelOutput output;
    private final GatewayOutput gateway;
    private final SideTunnels sides;
    private final FixedContexts contexts;
    private final StraightOn straightOn;
    private final LivenessView liveness;
    private Snapshot snapshot = Snapshot.empty();
    private ServicePlane plane = ServicePlane.NONE;

    // Of the packet in hand.
    private int spi;
    private int si;
    private int chain;

    /** Of flows classified here; of others it is kept with their metadata. */
    private int ttl;

    /** Hops that it passes by, of flows classified here. */
    private int skipped;

    private int flags;
    private int nshBytes;
    private boolean ofFixedContext;
    private int tosMask;

    /** What {@link StraightOn#egress} says of it. */
    private long egress;

    /** Largest IP packet that would have fitted; 0: the packet is no one that comes back for its size. */
    private int roomElsewhereBytes;

    private final Batch givenBack = new Batch();

    /** Whither the packet goes by the tag of its node, and the side; null: it is one of a flow. */
    private @Nullable TagReturn byTag;

    private int side;

    public OverlayOutput(
            Frames frames,
            ConnectionTable table,
            PlaneFlows flows,
            TunnelOutput output,
            SideTunnels sides,
            FixedContexts contexts,
            SwitchStage segments,
            LivenessView liveness,
            DatapathCounters counters) {
        this.liveness = liveness;
        straightOn = new StraightOn(frames, table, flows, segments);
        this.frames = frames;
        this.table = table;
        this.flows = flows;
        this.output = output;
        this.sides = sides;
        this.contexts = contexts;
        this.counters = counters;
        gateway = new GatewayOutput(output, table, flows, counters);
    }

    public void apply(Snapshot next) {
        snapshot = next;
        plane = next.plane();
        gateway.apply(next);
        sides.apply(next);
        contexts.apply(plane);
        straightOn.apply(next);
    }

    /**
     * Sends a packet of a flow to the switch that has its next node, or to the node itself if that is one of this host.
     *
     * @param hop index of the node in the path
     * @param onFailure what the rule says of dead nodes, carried along
     * @param transparent whether nodes that bridge leave the frame's Ethernet header as it is
     * @param copy the node gets a copy, this frame; nothing is expected back
     * @return a {@link Step}, or {@link TunnelOutput#TOO_BIG}
     */
    public int toNode(
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
            return gateway.send(c, b, slot, node);
        }
        if (tunnel != null && tunnel.hasTunnelForEachSide()) {
            return sides.send(c, b, slot, node, transparent);
        }
        PlanePath names = plane.ofPath(path.id());
        if (names == null) {
            return frames.drop(b, slot, c.batch.port[c.slot], DropReason.OVERLAY_PATH_UNKNOWN);
        }
        int ordinal = path.ordinal(c.direction, hop);
        flags = (c.direction == 0 ? 0 : SluiceContext.REVERSE)
                | (transparent ? SluiceContext.LAYER_2 : 0)
                | (copy ? SluiceContext.COPY : 0)
                | failure(onFailure);
        Tunnel to = node.isRemote()
                ? snapshot.tunnels().toPeer(names.svni(), node.peer())
                : snapshot.tunnels().toAware(names.svni(), node.id());
        tosMask = node.isRemote() ? ALL_OF_TOS : DSCP_OF_TOS;
        egress = names.straight() && !copy && c.planeEntry == PlaneFlows.NONE
                ? straightOn.egress(c, path)
                : PlaneFlows.NOT_TOLD;
        ttl = c.planeEntry == PlaneFlows.NONE ? ttl(c, path, ordinal, names.hub()) : 0;
        skipped = c.planeEntry != PlaneFlows.NONE || c.follows ? 0 : table.skipMask(c.record, c.direction, path.id());
        ofFixedContext = tunnel != null && tunnel.fixedContext();
        int step = send(c, b, slot, to, names, PlanePath.FIRST_INDEX - ordinal);
        ofFixedContext = false;
        return step;
    }

    /** Each switch that a packet comes to takes one, this one too: else one that is sent back to it without being served would go round for ever (RFC 8300 2.2). */
    private static int ttl(Cursor c, Path path, int ordinal, boolean hub) {
        return c.planeTtl != Cursor.NO_TTL
                ? c.planeTtl
                : Nsh.TTL_INITIAL - path.switchesBefore(c.direction, ordinal, hub);
    }

    private static int failure(Rule.FailureAction onFailure) {
        return switch (onFailure) {
            case INHERIT -> 0;
            case CLOSED -> SluiceContext.FAILURE_CLOSED;
            case OPEN -> SluiceContext.FAILURE_OPEN;
        };
    }

    /**
     * Sends a packet that has had its last service here, for another switch: straight to where its destination is if the classifying switch has said so, else back to it.
     *
     * @return a {@link Step}
     */
    public int onward(Cursor c, Path path) {
        int step = straightOn.send(c);
        return step == StraightOn.NO_WAY ? toClassifier(c, path, path.visited(c.direction)) : step;
    }

    /**
     * Sends a packet that was served here for another switch back to it.
     *
     * @param ordinal number of services that the packet has had, those that it passed by included
     * @return a {@link Step}
     */
    public int toClassifier(Cursor c, Path path, int ordinal) {
        PlanePath names = plane.ofPath(path.id());
        OverlayPeer peer = plane.peerNumbered(flows.classifier(c.planeEntry) & 0xffff_ffffL);
        if (names == null || peer == null) {
            return frames.drop(c, DropReason.OVERLAY_PATH_UNKNOWN);
        }
        if (!liveness.isRouting(peer.index()) && failsClosed(c.planeEntry, path)) {
            return frames.drop(c, DropReason.SERVICE_DOWN);
        }
        flags = 0;
        tosMask = ALL_OF_TOS;
        egress = PlaneFlows.NOT_TOLD;
        Tunnel to = snapshot.tunnels().toPeer(names.svni(), peer.index());
        int step = send(c, c.batch, c.slot, to, names, PlanePath.FIRST_INDEX - ordinal);
        return step == TunnelOutput.TOO_BIG ? frames.drop(c, DropReason.MTU_EXCEEDED) : step;
    }

    /** Whether a packet ends here if the last hop, routing at the switch that classified it, is dead: as its rule says, else its chain. */
    private boolean failsClosed(int planeEntry, Path path) {
        return switch (flows.onFailure(planeEntry)) {
            case CLOSED -> true;
            case OPEN -> false;
            case INHERIT -> path.hops().getLast().onFailure() == Rule.FailureAction.CLOSED;
        };
    }

    /** Whether {@link #toClassifier} would drop packets of a direction of a connection, for that reason; false if it is not of another switch. */
    public boolean isWayBackClosed(int slot, int direction) {
        int entry = table.tag(slot) == ConnectionTable.PLANE ? flows.entryOf(slot, direction) : PlaneFlows.NONE;
        Path path = entry == PlaneFlows.NONE ? null : snapshot.path(table.pathId(slot));
        OverlayPeer peer = path == null ? null : plane.peerNumbered(flows.classifier(entry) & 0xffff_ffffL);
        return path != null && peer != null && !liveness.isRouting(peer.index()) && failsClosed(entry, path);
    }

    /**
     * Gives a packet that does not fit on its way to a hop back to the switch that classified it, which knows whom to tell; as a copy, if there is a frame for it.
     *
     * @param mtuBytes the largest IP packet that would fit
     */
    public void giveBack(Cursor c, Batch b, int slot, Path path, int hop, int mtuBytes) {
        PlanePath names = plane.ofPath(path.id());
        OverlayPeer peer = plane.peerNumbered(flows.classifier(c.planeEntry) & 0xffff_ffffL);
        if (names == null || peer == null || mtuBytes <= 0 || !frames.copy(b, slot, givenBack)) {
            return;
        }
        flags = 0;
        tosMask = ALL_OF_TOS;
        roomElsewhereBytes = mtuBytes;
        egress = PlaneFlows.NOT_TOLD;
        int ordinal = path.ordinal(c.direction, hop);
        Tunnel to = snapshot.tunnels().toPeer(names.svni(), peer.index());
        if (send(c, givenBack, 0, to, names, PlanePath.FIRST_INDEX - ordinal) == TunnelOutput.TOO_BIG) {
            frames.pool().give(givenBack.start[0]);
        }
        roomElsewhereBytes = 0;
    }

    /**
     * Brings a packet that came back from a node, and is of no flow that is known here, to the only switch that sends packets there with its tag (C8).
     *
     * @param ofSide the side at which it came back
     */
    public int byTag(Cursor c, Attachment node, int ofSide, TagReturn way) {
        frames.refuse(OffloadRefusal.UNTRACKED);
        Path path = snapshot.path(way.path());
        PlanePath names = plane.ofPath(way.path());
        if (path == null || names == null) {
            return frames.drop(c, DropReason.OVERLAY_PATH_UNKNOWN);
        }
        c.direction = ofSide == Attachment.OUT || node.oneArmed() ? 0 : 1;
        if (path.hopIn(node, c.direction) < 0) {
            c.direction = 1 - c.direction;
        }
        int hop = path.hopIn(node, c.direction);
        if (hop < 0) {
            return frames.drop(c, DropReason.OVERLAY_PATH_UNKNOWN);
        }
        c.planeEntry = PlaneFlows.NONE;
        flags = c.direction == 0 ? 0 : SluiceContext.REVERSE;
        tosMask = ALL_OF_TOS;
        egress = PlaneFlows.NOT_TOLD;
        ttl = Nsh.TTL_INITIAL;
        byTag = way;
        side = ofSide;
        Tunnel to = snapshot.tunnels().toPeer(names.svni(), way.peer());
        int step = send(c, c.batch, c.slot, to, names, PlanePath.FIRST_INDEX - 1 - path.ordinal(c.direction, hop));
        byTag = null;
        return step == TunnelOutput.TOO_BIG ? frames.drop(c, DropReason.MTU_EXCEEDED) : step;
    }

    /** The largest IP packet for which there was room in the last {@link #toNode}. */
    public int roomBytes() {
        return output.roomBytes();
    }

    private int send(Cursor c, Batch b, int slot, @Nullable Tunnel to, PlanePath names, int index) {
        spi = names.spi(c.direction);
        chain = names.chain();
        si = index;
        int own = OWN_NSH_BYTES + (egress == PlaneFlows.NOT_TOLD ? 0 : EGRESS_BYTES);
        int whole = c.planeEntry == PlaneFlows.NONE ? own : flows.nshBytes(c.planeEntry);
        nshBytes = ofFixedContext ? Nsh.FIXED_BYTES : whole;
        return output.send(c, b, slot, to, this);
    }

    @Override
    public int tosMask() {
        return tosMask;
    }

    @Override
    public int headerBytes() {
        return nshBytes;
    }

    /** What goes on to another switch differs from packet to packet in nothing that a fast path could not write; what is given back does not go on. */
    @Override
    public boolean isRepeated() {
        return tosMask == ALL_OF_TOS && (flags & SluiceContext.COPY) == 0 && roomElsewhereBytes == 0;
    }

    @Override
    public void write(Cursor c, Batch b, int i, long start, OverlayTemplate outer, int port) {
        MemorySegment m = c.memory;
        long nsh = start + outer.headerBytes();
        if (ofFixedContext) {
            contexts.write(c, m, nsh, spi, si, ttl, flags);
        } else if (c.planeEntry == PlaneFlows.NONE) {
            writeOwnNsh(c, m, nsh);
        } else {
            flows.writeNsh(m, nsh, c.planeEntry, spi, si, (flags & SluiceContext.COPY) != 0);
        }
        if (roomElsewhereBytes != 0) {
            long value = NshContext.value(NshContext.find(m, nsh, NshContext.SLUICE));
            SluiceContext.setProgram(m, value, SluiceContext.TOO_BIG, roomElsewhereBytes);
            Nsh.setOam(m, nsh, true);
        }
        PacketTracer tracer = frames.tracer();
        if (tracer != null) {
            if (!ofFixedContext) {
                mark(m, nsh, tracer.traceId(b, i));
            }
            tracer.tunnelled(b, i, port, spi, si);
        }
        counters.overlaySent++;
    }

    /** Only here: what a packet was marked with when it came in is not kept. */
    private static void mark(MemorySegment m, long nsh, long traceId) {
        if (traceId != 0) {
            long value = NshContext.value(NshContext.find(m, nsh, NshContext.SLUICE));
            SluiceContext.setFlags(m, value, SluiceContext.flags(m, value) | SluiceContext.TRACED);
            SluiceContext.setTraceId(m, value, traceId);
        }
    }

    private void writeOwnNsh(Cursor c, MemorySegment m, long nsh) {
        TagReturn way = byTag;
        Nsh.write(m, nsh, nshBytes, Nsh.MD_VARIABLE, false, ttl, Nsh.NEXT_ETHERNET, spi, si);
        long value = NshContext.write(m, nsh + Nsh.BYTES, NshContext.TENANT, 4);
        m.set(Layouts.BE32, value, way == null ? plane.tenant(c.router) : way.tenant());
        value = NshContext.write(m, value + 4, NshContext.INGRESS_NODE, 4);
        m.set(
                Layouts.BE32,
                value,
                way == null ? plane.node() : plane.peers().get(way.peer()).number());
        value = NshContext.write(m, value + 4, NshContext.FLOW_ID, 8);
        m.set(Layouts.BE64, value, way == null ? table.reference(c.record) : PlaneFlows.OF_NO_FLOW);
        value = NshContext.write(m, value + 8, NshContext.SLUICE, SluiceContext.BYTES);
        if (way != null) {
            SluiceContext.write(m, value, flags, 0, SluiceContext.BY_TAG << 24 | side, 0);
            return;
        }
        SluiceContext.write(m, value, flags, chain, 0, 0);
        SluiceContext.setSkipMask(m, value, skipped);
        if (!c.follows && table.older(c.record) >= 0 && hasLeftOthers(c)) {
            SluiceContext.setLeftOthers(m, value);
        }
        if (egress != PlaneFlows.NOT_TOLD) {
            boolean bothWays = (egress & StraightOn.BOTH_WAYS) != 0;
            int kind = bothWays ? NshContext.EGRESS_NODE_BOTH_WAYS : NshContext.EGRESS_NODE;
            value = NshContext.write(m, value + SluiceContext.BYTES, kind, 4);
            m.set(Layouts.BE32, value, (int) egress);
        }
    }

    private boolean hasLeftOthers(Cursor c) {
        return PathChanges.hasLeftOthers(table, c.record, table.newest(c.keyHash, c.fields, c.zone, c.feature()));
    }

    /**
     * Tells the switch that classified a flow what a node here said of it, in a packet without payload (RFC 8393).
     *
     * @param entry of the flow, see {@link PlaneFlows}
     * @param said what came from the node: service index of packets that it has served, action and scope
     * @return whether it could be sent
     */
    public boolean tellClassifier(Cursor c, int entry, PlanePath names, CarriedPacket said) {
        OverlayPeer peer = plane.peerNumbered(flows.classifier(entry) & 0xffff_ffffL);
        Tunnel to = peer == null ? null : snapshot.tunnels().toPeer(names.svni(), peer.index());
        if (to == null || !output.reaches(c, to)) {
            return false;
        }
        int bytes = flows.nshBytes(entry);
        long start = frames.pool().take(bytes);
        if (start == FramePool.NONE) {
            return false;
        }
        flows.writeNsh(frames.memory(), start, entry, names.spi(said.direction), said.si, false);
        int scope = NodeInstructions.scope(said.metadata.flags());
        PlaneFlows.sayOfFlow(frames.memory(), start, said.metadata.programTag(), scope);
        counters.overlaySent++;
        output.sendMessage(c, to, start, bytes);
        return true;
    }
}
