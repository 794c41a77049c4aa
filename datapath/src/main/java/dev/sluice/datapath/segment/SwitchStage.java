package dev.sluice.datapath.segment;

import dev.sluice.datapath.errors.IcmpErrors;
import dev.sluice.datapath.fragments.Fragments;
import dev.sluice.datapath.liveness.LivenessView;
import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.DatapathCounters;
import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.packet.FlowHash;
import dev.sluice.datapath.packet.NonUnicast;
import dev.sluice.datapath.packet.Parser;
import dev.sluice.datapath.rules.PortSides;
import dev.sluice.datapath.rules.Rule;
import dev.sluice.datapath.snapshot.OverlayPeer;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.snapshot.Segment;
import dev.sluice.datapath.snapshot.SegmentMark;
import dev.sluice.datapath.snapshot.Segments;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.stage.Cursor;
import dev.sluice.datapath.stage.Frames;
import dev.sluice.datapath.stage.PacketTracer;
import dev.sluice.datapath.stage.Step;
import dev.sluice.datapath.track.ConnectionTable;
import dev.sluice.datapath.tunnel.Decapsulation;
import dev.sluice.datapath.tunnel.TunnelOutput;
import dev.sluice.wire.Ecn;
import dev.sluice.wire.Ethernet;
import dev.sluice.wire.Geneve;
import dev.sluice.wire.GeneveOptions;
import dev.sluice.wire.Ipv6;
import dev.sluice.wire.Layouts;
import dev.sluice.wire.MacAddress;
import dev.sluice.wire.VlanTag;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Frames of logical switches: who is where, to whom a frame goes, and what comes from the other nodes that have ports of the segment (C1; packet-life.md, segments).
 * One user: the worker.
 *
 * <p>Hot path: no allocation. Cost for a known destination: three look-ups of addresses. Copies for many go out at once, or, where services may be due at the
 * port, wait until the packet in hand is done ({@link #takeCopy}), as errors do.
 */
public final class SwitchStage {
    /** How long a MAC address that a port here has used is not believed to be elsewhere. */
    static final long HOLD_NS = 100_000_000L;

    private static final int SWEEP_PLACES = 64;
    private static final int HOP_LIMIT_OF_DISCOVERY = 255;

    /** Places from here on are at peers, whose numbers are the lower 32 bits; those below are ports. */
    public static final long AT_PEER = 1L << 40;

    /** The place of what is not known. */
    static final long NOWHERE = -1;

    /** No peer. */
    public static final int NONE = -1;

    /** Data of a serviced mark that names the node of the sender. */
    private static final int NAMED_BYTES = 8;

    private static final long RESERVED_GROUP = 0x0180_c200_0000L;

    private final Frames frames;
    private final Parser parser;
    private final Fragments fragments;
    private final IcmpErrors errors;
    private final DatapathCounters counters;
    public final SegmentOutput output;
    private final SegmentNeighbors neighbors;
    public final ForeignServices foreign;
    public final SegmentGates gates = new SegmentGates();
    private final ConnectionTable table;
    private final long seed;
    private final Batch copies = new Batch();
    private final Batch waiting = new Batch();
    private final int[] egressOf = new int[Batch.CAPACITY];
    private final int[] routerOf = new int[Batch.CAPACITY];
    private final int[] sourcePortOf = new int[Batch.CAPACITY];
    private final int[] destinationPortOf = new int[Batch.CAPACITY];
    private int nextCopy;
    private Snapshot snapshot = Snapshot.empty();
    private Segments segments = Segments.NONE;

    /** Where MAC addresses are: a port, or {@link #AT_PEER} and the number of a peer. There from the first segment on. */
    private @Nullable MacTable macs;

    /** Whether this is only to tell what would happen: nothing is learned. */
    private boolean foretells;

    public SwitchStage(
            Frames frames,
            Parser parser,
            Fragments fragments,
            IcmpErrors errors,
            ConnectionTable table,
            LivenessView liveness,
            TunnelOutput tunnels,
            DatapathCounters counters,
            long seed) {
        this.frames = frames;
        this.parser = parser;
        this.fragments = fragments;
        this.errors = errors;
        this.table = table;
        this.counters = counters;
        this.seed = seed;
        output = new SegmentOutput(tunnels, counters);
        neighbors = new SegmentNeighbors(frames, gates, counters);
        foreign = new ForeignServices(table, liveness);
    }

    public void apply(Snapshot next) {
        snapshot = next;
        segments = next.segments();
        output.apply(next);
        foreign.apply(next);
        gates.apply(next);
        if (macs == null && !foretells && !segments.all().isEmpty()) {
            macs = new MacTable(MacTable.PLACES, MacTable.SEGMENT_MAX, seed);
            neighbors.use(new MacTable(MacTable.PLACES, MacTable.SEGMENT_MAX, seed + 1));
        }
    }

    /** Knows what the other one knows, and learns nothing. */
    public void lookInto(SwitchStage other) {
        foretells = true;
        macs = other.macs;
        neighbors.lookInto(other.neighbors);
    }

    /** Whether packets of a router or segment go by MAC addresses. */
    public boolean has(int router) {
        return segments.has(router);
    }

    /** Whether a port is one of a segment. */
    public boolean hasPort(int port) {
        return snapshot.port(port).role() == PortEntry.Role.SWITCH;
    }

    /** Tells of the MAC addresses that are known in a segment. */
    public void readMacs(int router, long nowNs, MacReader reader) {
        MacTable known = macs;
        if (known != null) {
            known.read(router, nowNs, (_, mac, place, seenAgoNs) -> reader.entry(mac, placeName(place), seenAgoNs));
        }
    }

    /** How many MAC addresses a segment has. */
    public int macCount(int router) {
        MacTable known = macs;
        return known == null ? 0 : known.count(router);
    }

    /** Name of the place of a MAC address: a port, or a node. */
    private String placeName(long place) {
        if (place < AT_PEER) {
            return snapshot.port((int) place).name();
        }
        OverlayPeer peer = snapshot.plane().peerNumbered(place & 0xffff_ffffL);
        return peer == null ? "?" : "node " + peer.name();
    }

    public void tick(long nowNs) {
        MacTable known = macs;
        if (known != null) {
            known.sweep(SWEEP_PLACES, nowNs);
            neighbors.sweep(SWEEP_PLACES, nowNs);
        }
    }

    // From a port.

    /** Takes the packet in hand, which came in from a port of a segment; the next {@link Step}. */
    public int enter(Cursor c, PortEntry port) {
        Segment segment = segments.ofRouter(port.router());
        long to = Ethernet.destination(c.memory, c.start());
        if (VlanTag.isTagType(c.batch.etherType[c.slot])) {
            return frames.drop(c, DropReason.VLAN_UNEXPECTED);
        }
        if (segment == null) {
            return frames.drop(c, DropReason.PORT_UNKNOWN);
        }
        if (to == port.mac()) {
            return frames.drop(c, DropReason.LEFT_TO_HOST);
        }
        if ((to & ~0xfL) == RESERVED_GROUP) {
            return frames.drop(c, DropReason.SEGMENT_RESERVED);
        }
        c.router = segment.router();
        learn(segment, Ethernet.source(c.memory, c.start()), port.index(), c.nowNs);
        return isUnicastIp(c) ? Step.FROM_PORT : unclassified(c, segment, port);
    }

    private static boolean isUnicastIp(Cursor c) {
        int parsed = c.parsed();
        return (parsed & Parser.IP) != 0 && (parsed & (Parser.GROUP | Parser.NEIGHBOR_DISCOVERY)) == 0;
    }

    /** What is not unicast IP needs no service (X11). */
    private int unclassified(Cursor c, Segment segment, PortEntry port) {
        if ((port.refusedKinds() & NonUnicast.of(c.batch, c.slot, c.memory).bit()) != 0) {
            return frames.drop(c, DropReason.NON_UNICAST_REFUSED);
        }
        if (isFromBehindRouter(c)) {
            return frames.drop(c, DropReason.CONTROL_INVALID);
        }
        c.mark = c.router;
        return control(c, segment);
    }

    /** Sends on what is not unicast IP, unless it is answered here. */
    private int control(Cursor c, Segment segment) {
        int step = neighbors.hear(c, segment, macs, foretells);
        if (step != SegmentNeighbors.GOES_ON) {
            return step;
        }
        long to = Ethernet.destination(c.memory, c.start());
        if (!c.fromPeer && isForRouters(c) && gates.ofMac(segment, to) != NONE) {
            // The router has the same address on all nodes, and any of them may have asked.
            copyToPeers(c, segment);
        }
        return forward(c);
    }

    private static boolean isFromBehindRouter(Cursor c) {
        return (c.parsed() & Parser.NEIGHBOR_DISCOVERY) != 0
                && Ipv6.hopLimit(c.memory, c.networkHeader()) != HOP_LIMIT_OF_DISCOVERY;
    }

    private void learn(Segment segment, long mac, long place, long nowNs) {
        MacTable known = macs;
        if (known == null || foretells || mac == 0 || gates.ofMac(segment, mac) != NONE) {
            return;
        }
        int outcome = known.learn(segment.router(), 0, mac, place, nowNs);
        if (outcome == MacTable.MOVED) {
            counters.segmentMoves++;
        } else if (outcome == MacTable.FULL) {
            counters.segmentNotLearned++;
        }
    }

    // From another switch.

    /**
     * Takes a frame of a segment that a peer carried here.
     *
     * @param geneve where the Geneve header is, which has been checked
     * @param inner where the frame begins
     * @param end where it ends
     */
    public int receive(Cursor c, OverlayPeer peer, long geneve, long inner, long end) {
        Segment segment = segments.ofVni(Geneve.vni(c.memory, geneve));
        if (segment == null) {
            return frames.drop(c, DropReason.SEGMENT_UNKNOWN);
        }
        int mark = markOf(c.memory, geneve, segment);
        OverlayPeer sender = senderAt(c.memory, geneve, mark, segment, peer);
        if (sender != null && sender.index() == peer.index() && !segment.hasPeer(peer.index())) {
            return frames.drop(c, DropReason.SEGMENT_PEER_UNKNOWN);
        }
        int outerTos = Ecn.tos(c.memory, c.networkHeader());
        if (!takeOut(c, inner, end)) {
            return Step.DONE;
        }
        c.router = segment.router();
        c.fromPeer = true;
        if ((c.parsed() & Parser.IP) != 0 && Ecn.decapsulateInto(c.memory, c.networkHeader(), outerTos) < 0) {
            return frames.drop(c, DropReason.OVERLAY_CONGESTION);
        }
        if (VlanTag.isTagType(c.batch.etherType[c.slot])) {
            return frames.drop(c, DropReason.VLAN_UNEXPECTED);
        }
        if (isOfPortHere(segment, Ethernet.source(c.memory, c.start()), c.nowNs)) {
            return frames.drop(c, DropReason.SEGMENT_LOOP);
        }
        counters.segmentReceived++;
        if (sender != null) {
            learn(segment, Ethernet.source(c.memory, c.start()), AT_PEER | (sender.number() & 0xffff_ffffL), c.nowNs);
        }
        if (!isUnicastIp(c)) {
            if (isFromBehindRouter(c)) {
                return frames.drop(c, DropReason.CONTROL_INVALID);
            }
            c.mark = c.router;
            return control(c, segment);
        }
        return receiveUnicast(c, segment, mark);
    }

    private int receiveUnicast(Cursor c, Segment segment, int mark) {
        if (!fragments.admitCarried(c, FlowHash.mix(segment.vni()))) {
            return Step.DONE;
        }
        if (!c.enterRouter(segment.router())) {
            return frames.drop(c, DropReason.ZONES_FULL);
        }
        c.mark = mark == SegmentMark.UNMARKED ? Cursor.UNMARKED : c.router;
        if (mark == SegmentMark.SERVICED_BOTH_WAYS) {
            long place = placeOf(segment, Ethernet.destination(c.memory, c.start()), c.nowNs);
            if (place >= 0 && place < AT_PEER) {
                foreign.note(c, snapshot.port((int) place));
            }
        }
        return forward(c);
    }

    /** Makes the packet in hand the frame that was carried; false if it was dropped. */
    private boolean takeOut(Cursor c, long inner, long end) {
        Batch b = c.batch;
        int slot = c.slot;
        Decapsulation.keepOffloads(b, slot, (int) (inner - b.start[slot]));
        b.start[slot] = inner;
        b.length[slot] = (int) (end - inner);
        parser.parseOne(b, slot);
        if (b.parsed[slot] < 0) {
            frames.drop(c, DropReason.of(-1 - b.parsed[slot]));
            return false;
        }
        c.take(b, slot, c.nowNs);
        return true;
    }

    private int markOf(MemorySegment m, long geneve, Segment segment) {
        long option = GeneveOptions.find(m, geneve, GeneveOptions.SERVICED);
        boolean bothWays = option < 0;
        if (bothWays) {
            option = GeneveOptions.find(m, geneve, GeneveOptions.SERVICED_BOTH_WAYS);
        }
        boolean holds = option >= 0
                && (GeneveOptions.dataBytes(m, option) == 4 || GeneveOptions.dataBytes(m, option) == NAMED_BYTES)
                && m.get(Layouts.BE32, GeneveOptions.data(option))
                        == snapshot.plane().tenant(segment.router());
        return !holds ? SegmentMark.UNMARKED : bothWays ? SegmentMark.SERVICED_BOTH_WAYS : SegmentMark.SERVICED;
    }

    /**
     * The peer at which the sender of a frame is: where it comes from, unless it comes straight from where it was served and names the one that classified it. Null if that one has no ports
     * of the segment.
     */
    private @Nullable OverlayPeer senderAt(
            MemorySegment m, long geneve, int mark, Segment segment, OverlayPeer carrier) {
        int kind = mark == SegmentMark.SERVICED ? GeneveOptions.SERVICED : GeneveOptions.SERVICED_BOTH_WAYS;
        long option = mark == SegmentMark.UNMARKED ? -1 : GeneveOptions.find(m, geneve, kind);
        if (option < 0 || GeneveOptions.dataBytes(m, option) != NAMED_BYTES) {
            return carrier;
        }
        OverlayPeer named = snapshot.plane().peerNumbered(Layouts.u32(m, GeneveOptions.data(option) + 4));
        return named != null && segment.hasPeer(named.index()) ? named : null;
    }

    /** Whether a MAC address is that of a port's own interface, or was just used by a tenant here. */
    private boolean isOfPortHere(Segment segment, long mac, long nowNs) {
        for (int i = 0; i < segment.portCount(); i++) {
            if (snapshot.port(segment.port(i)).mac() == mac) {
                return true;
            }
        }
        MacTable known = macs;
        long place = placeOf(segment, mac, nowNs);
        return known != null
                && place >= 0
                && place < AT_PEER
                && known.seenAgoNs(segment.router(), 0, mac, nowNs) < HOLD_NS;
    }

    // To whom.

    /** Where a MAC address is, as far as that place still is part of the segment. */
    public long placeOf(Segment segment, long mac, long nowNs) {
        MacTable known = macs;
        if (known == null || (mac & MacAddress.GROUP_BIT) != 0) {
            return NOWHERE;
        }
        int gate = gates.ofMac(segment, mac);
        if (gate != NONE) {
            return gate;
        }
        long place = known.find(segment.router(), 0, mac, nowNs);
        if (place < 0 || place >= AT_PEER) {
            return place >= 0 && peerOf(segment, place) != NONE ? place : NOWHERE;
        }
        return segment.hasPort((int) place) ? place : NOWHERE;
    }

    /** Index of the peer that a place is at, {@link #NONE} if it has no ports of the segment. */
    public int peerOf(Segment segment, long place) {
        OverlayPeer peer = snapshot.plane().peerNumbered(place & 0xffff_ffffL);
        return peer != null && segment.hasPeer(peer.index()) ? peer.index() : NONE;
    }

    /** The port that the packet in hand must not go back to, -1 if none. */
    private int origin(Cursor c, Segment segment) {
        if (c.fromPeer) {
            return NONE;
        }
        if (segment.hasPort(c.port)) {
            return c.port;
        }
        // Back from services: the port of who sent it.
        long place = placeOf(segment, Ethernet.source(c.memory, c.start()), c.nowNs);
        return place >= 0 && place < AT_PEER ? (int) place : NONE;
    }

    /** Sends the packet in hand on by its destination's MAC address; the next {@link Step}. */
    public int forward(Cursor c) {
        Segment segment = segments.ofRouter(c.router);
        if (segment == null) {
            return frames.drop(c, DropReason.SEGMENT_NOBODY);
        }
        long place = placeOf(segment, Ethernet.destination(c.memory, c.start()), c.nowNs);
        if (place == NOWHERE) {
            return flood(c, segment);
        }
        if (place >= AT_PEER) {
            return c.fromPeer ? frames.drop(c, DropReason.SEGMENT_NOBODY) : toPeer(c, segment, peerOf(segment, place));
        }
        if (place == origin(c, segment)) {
            return frames.drop(c, DropReason.SEGMENT_NOBODY);
        }
        c.egress = (int) place;
        PacketTracer tracer = frames.tracer();
        if (tracer != null) {
            tracer.routed(c.batch, c.slot, c.router, c.egress);
        }
        return c.mark == c.router ? Step.LEAVE : Step.TO_PORT;
    }

    /** Puts the packet in hand out of the port of a segment that was chosen. */
    public int leave(Cursor c) {
        PortEntry port = snapshot.port(c.egress);
        if (!frames.exceeds(port, c.batch, c.slot, 0, 0)) {
            return frames.send(c.batch, c.slot, c.egress);
        }
        return tooBig(c, frames.roomBytes(port, c.batch, c.slot, 0, 0));
    }

    private int tooBig(Cursor c, int mtuBytes) {
        if (isUnicastIp(c)) {
            errors.tooBigAcross(c, IcmpErrors.ROUTED, mtuBytes);
        }
        return frames.drop(c, DropReason.MTU_EXCEEDED);
    }

    private int toPeer(Cursor c, Segment segment, int peer) {
        int step = output.send(c, c.batch, c.slot, segment, peer, kind(c, segment));
        return step == TunnelOutput.TOO_BIG ? tooBig(c, output.roomBytes()) : step;
    }

    /** What the packet in hand has to say of its services. */
    private int kind(Cursor c, Segment segment) {
        if (c.mark != c.router || !isUnicastIp(c)) {
            return SegmentMark.UNMARKED;
        }
        return bothWays(c, segment) ? SegmentMark.SERVICED_BOTH_WAYS : SegmentMark.SERVICED;
    }

    /** Whether the packet in hand is of a flow whose packets of the other direction are serviced here, too. */
    public boolean bothWays(Cursor c, Segment segment) {
        int ruleId = c.record < 0 ? 0 : table.ruleId(c.record);
        Rule rule = ruleId > 0 ? snapshot.ruleOfRecord(ruleId) : null;
        int port = origin(c, segment);
        return rule != null
                && rule.bothDirections()
                && port >= 0
                && snapshot.port(port).classifyToPort()
                && rule.appliedTo().contains(port, PortSides.TO_PORT);
    }

    // For many.

    /** Copies the packet in hand for all that it may be for: the ports here but the one it came from, and, if it came from one, the peers. */
    private int flood(Cursor c, Segment segment) {
        PacketTracer tracer = frames.tracer();
        if (tracer != null) {
            tracer.copied(c.batch, c.slot);
        }
        int origin = origin(c, segment);
        int receivers = c.fromPeer ? 0 : copyToPeers(c, segment);
        for (int i = 0; i < segment.portCount(); i++) {
            int port = segment.port(i);
            if (port != origin && (!gates.isGate(port) || isForRouters(c))) {
                receivers++;
                copyToPort(c, port);
            }
        }
        if (receivers == 0) {
            return frames.drop(c, DropReason.SEGMENT_NOBODY);
        }
        frames.pool().give(c.batch.start[c.slot]);
        return Step.DONE;
    }

    /** Copies the packet in hand to all peers that have ports of the segment; how many there are. */
    private int copyToPeers(Cursor c, Segment segment) {
        int kind = kind(c, segment);
        for (int i = 0; i < segment.peerCount(); i++) {
            if (copy(c)) {
                int step = output.send(c, copies, 0, segment, segment.peer(i), kind);
                if (step == TunnelOutput.TOO_BIG) {
                    frames.drop(copies, 0, c.batch.port[c.slot], DropReason.MTU_EXCEEDED);
                }
            }
        }
        return segment.peerCount();
    }

    /** Routers hear only who asks for neighbours: they route no packet for many, and none that is for somebody else. */
    private static boolean isForRouters(Cursor c) {
        return (c.parsed() & (Parser.ARP | Parser.NEIGHBOR_DISCOVERY)) != 0 && c.fields.outerVlan <= 0;
    }

    private boolean copy(Cursor c) {
        if (!frames.copy(c.batch, c.slot, copies)) {
            counters.segmentCopiesLost++;
            return false;
        }
        counters.segmentCopies++;
        return true;
    }

    private void copyToPort(Cursor c, int port) {
        PortEntry to = snapshot.port(port);
        if (!frames.hasDevice(port)) {
            return;
        }
        boolean served = c.mark == c.router || !to.classifyToPort();
        if (served && frames.exceeds(to, c.batch, c.slot, 0, 0)) {
            counters.segmentCopiesLost++;
        } else if (!served && !waiting.hasRoom()) {
            counters.segmentCopiesLost++;
        } else if (copy(c)) {
            if (served) {
                frames.send(copies, 0, port);
            } else {
                await(c, port);
            }
        }
    }

    /** Services may be due at the port: that is looked at when the packet in hand is done. */
    private void await(Cursor c, int port) {
        int i = waiting.append(copies.start[0], copies.length[0], copies.port[0]);
        waiting.offload[i] = copies.offload[0];
        waiting.gsoType[i] = copies.gsoType[0];
        waiting.gsoSizeBytes[i] = copies.gsoSizeBytes[0];
        waiting.gsoHeaderBytes[i] = copies.gsoHeaderBytes[0];
        waiting.csumStart[i] = copies.csumStart[0];
        waiting.csumOffset[i] = copies.csumOffset[0];
        egressOf[i] = port;
        routerOf[i] = c.router;
        sourcePortOf[i] = c.fields.sourcePort;
        destinationPortOf[i] = c.fields.destinationPort;
    }

    /** The copies that {@link #takeCopy} gives out. */
    Batch waiting() {
        return waiting;
    }

    /** The next copy that waits to be classified at its port; -1 if none does. */
    public int takeCopy() {
        if (nextCopy == waiting.count) {
            nextCopy = 0;
            waiting.count = 0;
            return NONE;
        }
        return nextCopy++;
    }

    /** Makes a copy the packet in hand; the next {@link Step}. */
    public int resume(Cursor c, int copy) {
        parser.parseOne(waiting, copy);
        c.take(waiting, copy, c.nowNs);
        if (c.isLaterFragment()) {
            c.takePorts(sourcePortOf[copy], destinationPortOf[copy]);
        }
        c.egress = egressOf[copy];
        return c.enterRouter(routerOf[copy]) ? Step.TO_PORT : frames.drop(c, DropReason.ZONES_FULL);
    }
}
