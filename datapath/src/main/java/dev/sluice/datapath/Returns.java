package dev.sluice.datapath;

import dev.sluice.datapath.fragments.Fragments;
import dev.sluice.datapath.liveness.LivenessView;
import dev.sluice.datapath.neighbors.NeighborStage;
import dev.sluice.datapath.offload.OffloadRefusal;
import dev.sluice.datapath.overlay.OverlayOutput;
import dev.sluice.datapath.overlay.PlaneFlows;
import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.DatapathCounters;
import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.packet.Parser;
import dev.sluice.datapath.packet.Tags;
import dev.sluice.datapath.paths.Passage;
import dev.sluice.datapath.paths.PathChanges;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.Path;
import dev.sluice.datapath.snapshot.PlanePath;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.snapshot.TagReturn;
import dev.sluice.datapath.snapshot.TagTable;
import dev.sluice.datapath.snapshot.WatchedNode;
import dev.sluice.datapath.stage.Cursor;
import dev.sluice.datapath.stage.Frames;
import dev.sluice.datapath.stage.Journey;
import dev.sluice.datapath.stage.PacketTracer;
import dev.sluice.datapath.stage.Step;
import dev.sluice.datapath.track.ConnectionTable;
import dev.sluice.datapath.track.Zones;
import dev.sluice.wire.Ethernet;
import dev.sluice.wire.IpProtocols;
import org.jspecify.annotations.Nullable;

/**
 * Takes packets back from service nodes: which flow, which hop, which direction, and on (document 002: SI post-processor; document 000: flow table
 * at the output tag; packet-life.md, return). One user: the worker.
 *
 * <p>Hot path: no allocation. Cost: one look-up of the tag and one in the connection table per router that uses the node.
 */
final class Returns {
    private static final int NONE = -1;
    private static final int PATH_GONE = -2;

    private final ConnectionTable table;
    private final Frames frames;
    private final Steering steering;
    private final Translations translations;
    private final NeighborStage neighborStage;
    private final LivenessView liveness;
    private final Zones zones;
    private final Fragments fragments;
    private final PathChanges changes;
    private final DatapathCounters counters;
    private final PlaneFlows planeFlows;
    private final OverlayOutput overlay;
    private final HealthInput health;
    private Snapshot snapshot = Snapshot.empty();

    /** The routers that the packet in hand may be of: those that use the node, or {@link #onlyOne}. */
    private int[] candidates = {};

    private final int[] onlyOne = new int[1];

    /** Whether the packet in hand was brought here by a tag. */
    private boolean byTag;

    // Found by find().
    private int record;
    private int recordHop;
    private boolean wrongSide;
    private boolean ambiguous;

    /** Whether in some router nothing fits but might if it did not wait. */
    private boolean waits;

    Returns(
            ConnectionTable table,
            Frames frames,
            Steering steering,
            Translations translations,
            NeighborStage neighborStage,
            LivenessView liveness,
            Zones zones,
            Fragments fragments,
            PathChanges changes,
            DatapathCounters counters,
            PlaneFlows planeFlows,
            OverlayOutput overlay,
            HealthInput health) {
        this.health = health;
        this.planeFlows = planeFlows;
        this.overlay = overlay;
        this.table = table;
        this.frames = frames;
        this.steering = steering;
        this.translations = translations;
        this.neighborStage = neighborStage;
        this.liveness = liveness;
        this.zones = zones;
        this.fragments = fragments;
        this.changes = changes;
        this.counters = counters;
    }

    void apply(Snapshot next) {
        snapshot = next;
    }

    /** Takes the packet in hand, which came in from a service port; the next {@link Step}. */
    int receive(Cursor c, PortEntry port) {
        Batch b = c.batch;
        int i = c.slot;
        if (HealthInput.isProbe(c)) {
            return health.takeProbe(c);
        }
        TagTable tags = snapshot.tags();
        int binding = tags.find(c.port, b.outerTag[i], b.innerTag[i]);
        if (binding < 0) {
            return frames.drop(c, DropReason.SERVICE_TAG_UNKNOWN);
        }
        Attachment node = tags.attachment(binding);
        int side = tags.side(binding);
        int parsed = c.parsed();
        if ((parsed & (Parser.ARP | Parser.NEIGHBOR_DISCOVERY)) != 0
                && !port.addresses().isEmpty()) {
            health.hearAtServicePort(c, port, node, side);
            return neighborStage.receive(c);
        }
        if ((parsed & Parser.IP) == 0 || (parsed & (Parser.GROUP | Parser.NEIGHBOR_DISCOVERY)) != 0) {
            return frames.drop(c, DropReason.SERVICE_CONTROL);
        }
        if (node.tunnel() != null) {
            return frames.drop(c, DropReason.NODE_TRANSPORT_WRONG);
        }
        WatchedNode speaker = health.atServicePort(c, node, side);
        if (speaker != null && Ethernet.destination(c.memory, c.start()) == port.mac()) {
            return health.take(c, speaker);
        }
        if (node.copy()) {
            return frames.drop(c, DropReason.COPY_NODE_SENT);
        }
        if (node.kind() == Attachment.Kind.ROUTE && Ethernet.destination(c.memory, c.start()) != port.mac()) {
            return frames.drop(c, DropReason.NOT_FOR_US);
        }
        if (!fragments.admit(c, port)) {
            return Step.DONE;
        }
        untag(c, node.side(side));
        return match(c, node, side);
    }

    private void untag(Cursor c, Attachment.Side side) {
        if (side.outerTag() != 0) {
            Tags.pop(c.batch, c.slot, c.memory);
        }
        if (side.innerTag() != 0) {
            Tags.pop(c.batch, c.slot, c.memory);
        }
        // Behind a link between routers the packet is classified again, as the packet it is without the node's tags.
        c.readVlans();
    }

    /** Finds the flow of a frame that came back at a side of a node, and goes on with it. */
    int match(Cursor c, Attachment node, int side) {
        return matchIn(c, node, side, node.routers(), false);
    }

    /**
     * The same for a frame that the node's switch knows no flow of and has brought here by its tag: it is of a flow of that router, or routed by it (C8; packet-life.md, by tag).
     */
    int matchByTag(Cursor c, Attachment node, int side, int router) {
        frames.refuse(OffloadRefusal.UNTRACKED);
        onlyOne[0] = router;
        return matchIn(c, node, side, onlyOne, true);
    }

    private int matchIn(Cursor c, Attachment node, int side, int[] routers, boolean isByTag) {
        candidates = routers;
        byTag = isByTag;
        return c.quotes && follow(c, node, side) ? goOn(c, node, side, recordHop) : matchOwn(c, node, side);
    }

    /** Whether an error is about a packet of a flow that this node has; it then goes the way of that flow. */
    private boolean follow(Cursor c, Attachment node, int side) {
        record = NONE;
        ambiguous = false;
        waits = false;
        c.lookAtQuoted();
        int router = NONE;
        for (int r : candidates) {
            int before = record;
            if (c.enterRouter(r)) {
                find(c, node, side);
            }
            router = record != before ? r : router;
        }
        // Errors about flows of other switches have records of their own: what came with them is theirs.
        boolean found = record != NONE && !ambiguous && !waits;
        if (found) {
            take(c);
            counters.errorsOfFlows++;
        }
        c.lookAtOwn();
        if (found) {
            c.enterRouter(router);
        }
        c.follows = found;
        return found;
    }

    private int matchOwn(Cursor c, Attachment node, int side) {
        record = NONE;
        wrongSide = false;
        ambiguous = false;
        waits = false;
        int router = NONE;
        for (int r : candidates) {
            int before = record;
            if (!c.enterRouter(r)) {
                return frames.drop(c, DropReason.ZONES_FULL);
            }
            find(c, node, side);
            if (record != before) {
                router = r;
            }
        }
        router = findServed(c, node, side, router);
        if (ambiguous || (waits && record != NONE)) {
            return frames.drop(c, DropReason.RETURN_AMBIGUOUS);
        }
        if (waits) {
            return frames.drop(c, DropReason.PATH_CHANGING);
        }
        if (record == NONE) {
            return wrongSide ? frames.drop(c, DropReason.SERVICE_WRONG_SIDE) : unmatched(c, node, side);
        }
        c.enterRouter(router);
        take(c);
        return goOn(c, node, side, recordHop);
    }

    /** Looks among flows of other switches too; the key space of what was found. One of the same tenant came here with its workload, or went: the packet is of that by which something is under way. */
    private int findServed(Cursor c, Attachment node, int side, int router) {
        if (snapshot.plane().router() < 0) {
            return router;
        }
        int own = record;
        int ownHop = recordHop;
        boolean unclear = ambiguous;
        if (c.enterServed(node.instance())) {
            find(c, node, side);
        }
        if (record == own) {
            return router;
        }
        long tenant = planeFlows.tenantOf(record, table.isReverse(record, c.fields) ? 1 : 0);
        if (own == NONE || unclear || snapshot.plane().routerOf(tenant) != router) {
            return c.router;
        }
        // Which of them counts depends on when packets were counted in the other.
        frames.refuse(OffloadRefusal.TWO_PATHS);
        boolean here = changes.isUnderWay(own, c.nowNs);
        ambiguous = changes.isUnderWay(record, c.nowNs) == here;
        if (!here) {
            return c.router;
        }
        record = own;
        recordHop = ownHop;
        return router;
    }

    /** Takes the record found for the packet in hand. */
    private void take(Cursor c) {
        c.record = record;
        c.direction = table.isReverse(record, c.fields) ? 1 : 0;
        c.planeEntry =
                table.tag(record) == ConnectionTable.PLANE ? planeFlows.entryOf(record, c.direction) : PlaneFlows.NONE;
    }

    /** Looks for the newest record of the key that fits, and under which packets are sent; a second one of another router makes the packet ambiguous. */
    private void find(Cursor c, Attachment node, int side) {
        boolean passedOver = false;
        int unsent = NONE;
        int unsentHop = NONE;
        int slot = table.find(c.place(), c.keyHash, c.fields, c.zone, c.feature(), c.nowNs);
        while (slot != NONE) {
            boolean reverse = table.isReverse(slot, c.fields);
            int hop = hopOf(slot, node, reverse);
            if (hop == PATH_GONE) {
                frames.refuse(OffloadRefusal.PATH_CHANGING);
            }
            if (hop == PATH_GONE && changes.mayHaveSent(slot, node, c.nowNs)) {
                // An older record would take it for a packet of its own.
                waits = true;
                return;
            }
            if (hop >= 0 && !(reverse && (table.flags(slot) & ConnectionTable.ONE_DIRECTION) != 0)) {
                if ((table.flags(slot) & PathChanges.WAITS) != 0) {
                    frames.refuse(OffloadRefusal.PATH_CHANGING);
                    passedOver = true;
                } else if (fits(slot, c, node, side)) {
                    if (hasSent(c, slot)) {
                        found(slot, hop);
                        if (table.older(slot) != NONE && c.feature() != ConnectionTable.PLANE) {
                            compareWithOlder(c, node, side);
                        }
                        return;
                    }
                    // Nothing of this direction was sent under it: the packet is of an older one, if there is one.
                    unsentHop = unsent == NONE ? hop : unsentHop;
                    unsent = unsent == NONE ? slot : unsent;
                } else {
                    wrongSide = true;
                }
            }
            slot = table.next(slot, c.nowNs);
        }
        if (unsent != NONE) {
            found(unsent, unsentHop);
            return;
        }
        waits |= passedOver;
    }

    /** Whether packets of the direction in hand come back at this side. */
    private boolean fits(int slot, Cursor c, Attachment node, int side) {
        return node.oneArmed() || side == (table.isReverse(slot, c.fields) ? Attachment.IN : Attachment.OUT);
    }

    /**
     * A flow that comes in at several ports may have a record of each one's rule. One by which nothing is under way gives way to an older one by which something is; if the packet may be of either, and as one of the
     * other's would miss something by the path of the one taken, it is ambiguous: each port's rule holds for what came in there.
     */
    private void compareWithOlder(Cursor c, Attachment node, int side) {
        boolean recent = changes.isUnderWay(record, c.nowNs);
        for (int slot = table.next(record, c.nowNs); slot != NONE; slot = table.next(slot, c.nowNs)) {
            boolean reverse = table.isReverse(slot, c.fields);
            int hop = hopOf(slot, node, reverse);
            boolean rivals = hop >= 0
                    && (table.flags(slot) & (ConnectionTable.SUPERSEDED | PathChanges.WAITS)) == 0
                    && !(reverse && (table.flags(slot) & ConnectionTable.ONE_DIRECTION) != 0)
                    && fits(slot, c, node, side);
            if (rivals) {
                // Which of them counts depends on when packets were counted in the others.
                frames.refuse(OffloadRefusal.TWO_PATHS);
            }
            if (rivals && changes.isUnderWay(slot, c.nowNs)) {
                ambiguous |= recent && !getsAll(c, slot, hop);
                record = recent ? record : slot;
                recordHop = recent ? recordHop : hop;
                recent = true;
            }
        }
    }

    /** Whether a packet that another record sent gets all that is left of that one's path if it goes on by the record found. */
    private boolean getsAll(Cursor c, int sentBy, int hop) {
        Path sent = snapshot.path(table.pathId(sentBy));
        Path next = snapshot.path(table.pathId(record));
        boolean forward = !table.isReverse(sentBy, c.fields);
        boolean forwardNext = !table.isReverse(record, c.fields);
        return sent != null && next != null && Passage.getsAll(sent, hop, forward, next, recordHop, forwardNext);
    }

    /** Whether packets of the direction in hand were sent under a record; of flows classified here that is not asked. */
    private boolean hasSent(Cursor c, int slot) {
        return c.feature() != ConnectionTable.PLANE
                || planeFlows.entryOf(slot, table.isReverse(slot, c.fields) ? 1 : 0) != PlaneFlows.NONE;
    }

    private void found(int slot, int hop) {
        ambiguous = record != NONE;
        record = slot;
        recordHop = hop;
    }

    /** Index of the node in the path of a record, for a direction; below 0 if it is not in it, or the path not in the snapshot. */
    private int hopOf(int slot, Attachment node, boolean reverse) {
        int pathId = table.pathId(slot);
        Path path = pathId == 0 ? null : snapshot.path(pathId);
        if (path == null) {
            return pathId == 0 ? NONE : PATH_GONE;
        }
        return path.hopIn(node, reverse ? 1 : 0);
    }

    private int goOn(Cursor c, Attachment node, int side, int hop) {
        int slot = c.record;
        node.counters().returned[c.direction]++;
        PacketTracer tracer = frames.tracer();
        if (tracer != null) {
            tracer.returned(c.batch, c.slot, node, side, c.direction);
        }
        if (node.translation() != Attachment.Translation.NONE && !table.isSuperseded(slot) && !c.follows) {
            table.count(slot, c.direction, c.lengthBytes(), c.nowNs);
            if (c.fields.protocol == IpProtocols.TCP && !c.isLaterFragment()) {
                table.onTcp(slot, c.direction, c.batch.tcpFlags[c.slot]);
            }
        }
        Path path = snapshot.path(table.pathId(slot));
        if (path == null) {
            return frames.drop(c, DropReason.RETURN_NO_FLOW);
        }
        Journey journey = frames.journey();
        if (journey != null) {
            journey.returned(c, node);
        }
        int next = hop + (c.direction == 0 ? 1 : -1);
        return table.tag(slot) == ConnectionTable.PLANE ? goOnServed(c, path, hop, next) : goOn(c, path, next);
    }

    /** On with a packet of the record in hand, to the next node or out. */
    int goOn(Cursor c, Path path, int next) {
        int slot = c.record;
        if (path.translates()) {
            frames.refuse(OffloadRefusal.TRANSLATED);
            recall(slot, c.direction);
            c.backFrom = WayBack.from(path, c.direction, next);
        }
        int chosen = table.egressPort(slot, c.direction) - 1;
        boolean transparent = (chosen >= 0 && snapshot.port(chosen).bridges())
                || snapshot.segments().has(c.router);
        return steering.steer(c, path, snapshot.onFailure(table.ruleId(slot)), next, transparent);
    }

    /**
     * Behind a translating node a packet has another key than where it was classified: where it leaves, and with which addresses, the other record was told. Not
     * for other paths: the link lies in memory that nothing else of a packet touches.
     */
    private void recall(int slot, int direction) {
        int linked = table.linked(slot);
        int classified = (table.flags(slot) & ConnectionTable.TRANSLATED) != 0 ? 0 : 1;
        if (linked != NONE && direction == classified && table.egressPort(linked, direction) != 0) {
            table.setEgressPort(slot, direction, table.egressPort(linked, direction));
            table.setL2(slot, direction, table.l2(linked, direction));
        }
    }

    /** On with a packet of another switch: to the next node, or back. */
    int goOnServed(Cursor c, Path path, int hop, int next) {
        int entry = c.planeEntry;
        if (entry == PlaneFlows.NONE) {
            // Nothing of this direction was sent to the node.
            return frames.drop(c, DropReason.RETURN_NO_FLOW);
        }
        PlanePath names = snapshot.plane().ofPath(path.id());
        int ordinal = path.ordinal(c.direction, hop) + 1;
        if (names != null && names.hub() && ordinal < path.visited(c.direction)) {
            return overlay.toClassifier(c, path, ordinal);
        }
        return steering.steer(c, path, planeFlows.onFailure(entry), next, planeFlows.isTransparent(entry));
    }

    /**
     * Goes on with a packet that another switch or an aware node brings back, in the router that classified it.
     *
     * @param hop index of the next node, beyond the ends if it has had all
     * @param named the record that the packet names, perhaps on another path by now, -1 if there is none any more
     * @param last the node that it was at, of the other switch or an aware one of this host; null if at none
     */
    int goOnFromPeer(Cursor c, Path path, int hop, int named, @Nullable Attachment last) {
        boolean moved = named >= 0 && table.pathId(named) != path.id();
        int same = moved ? NONE : named;
        int slot = ofKey(c, path, same);
        if (slot == NONE && same >= 0) {
            slot = ofOther(c, path, same);
        }
        if (slot == NONE && moved && table.isOf(named, c.fields, c.zone, c.feature())) {
            slot = named;
        }
        if (slot == NONE) {
            return frames.drop(c, DropReason.OVERLAY_FLOW_UNKNOWN);
        }
        c.record = slot;
        if (last != null) {
            last.counters().returned[c.direction]++;
        }
        Journey journey = frames.journey();
        if (journey != null && last != null && last.isRemote() && slot == named && !moved) {
            journey.broughtBack(c, last);
        } else {
            frames.refuse(OffloadRefusal.PATH_CHANGING);
        }
        return goOn(c, path, hop);
    }

    /** The record of the packet's own key with this path: the one named if it is among them, else the newest. */
    private int ofKey(Cursor c, Path path, int named) {
        if (named >= 0 && table.isOf(named, c.fields, c.zone, c.feature())) {
            return named;
        }
        int newest = NONE;
        int slot = table.find(c.keyHash, c.fields, c.zone, c.feature(), c.nowNs);
        while (slot != NONE) {
            newest = newest == NONE && table.pathId(slot) == path.id() ? slot : newest;
            slot = table.next(slot, c.nowNs);
        }
        return newest;
    }

    /** The record for a packet whose key is not that of the flow it was sent as: an error about that flow, or what a translating node made of a packet. */
    private int ofOther(Cursor c, Path path, int named) {
        if (c.quotes) {
            c.lookAtQuoted();
            int about = ofKey(c, path, named);
            c.lookAtOwn();
            if (about != NONE) {
                c.follows = true;
                return about;
            }
        }
        return c.direction == 0 && path.translates() ? linkTranslated(c, path, named) : NONE;
    }

    // A packet that no record explains.

    private int unmatched(Cursor c, Attachment node, int side) {
        if (byTag) {
            boolean routes = snapshot.router(onlyOne[0]).isRouting();
            return routes ? route(c, onlyOne[0]) : frames.drop(c, DropReason.RETURN_NO_FLOW);
        }
        boolean comesOut = node.oneArmed() || side == Attachment.OUT;
        if (node.translation() != Attachment.Translation.NONE && comesOut) {
            return translated(c, node, side);
        }
        if (!node.routeUnmatched()) {
            return frames.drop(c, DropReason.RETURN_NO_FLOW);
        }
        TagReturn way = node.tagReturn();
        if (way != null && way.peer() != TagReturn.NOBODY) {
            return overlay.byTag(c, node, side, way);
        }
        int only = candidates.length == 1 ? candidates[0] : NONE;
        int router = way == null ? only : way.router();
        return router == NONE ? frames.drop(c, DropReason.RETURN_AMBIGUOUS) : route(c, router);
    }

    private int route(Cursor c, int router) {
        if (!c.enterRouter(router)) {
            return frames.drop(c, DropReason.ZONES_FULL);
        }
        c.mark = c.router;
        return Step.FORWARD;
    }

    private int translated(Cursor c, Attachment node, int side) {
        int origin = node.translation() == Attachment.Translation.LEARNED ? translations.origin(c, node) : NONE;
        Path path = origin == NONE ? returnPath(c, node) : snapshot.path(table.pathId(origin));
        int hop = path == null ? NONE : path.hopIn(node, 0);
        if (path == null || hop == NONE || (origin == NONE && node.routers().length != 1)) {
            return frames.drop(c, DropReason.RETURN_AMBIGUOUS);
        }
        if (!c.enterRouter(origin == NONE ? node.routers()[0] : zones.router(table.router(origin)))) {
            return frames.drop(c, DropReason.ZONES_FULL);
        }
        int slot = linkTranslated(c, path, origin);
        if (slot == NONE) {
            return frames.drop(c, DropReason.TABLE_FULL);
        }
        c.record = slot;
        c.direction = 0;
        if (c.feature() == ConnectionTable.PLANE) {
            c.planeEntry = planeFlows.keep(slot, 0, planeFlows.entry(origin, 0), c.nowNs);
        }
        return goOn(c, node, side, hop);
    }

    /** Makes a record for the packet in hand, forward, as what a translating node made of a flow (NONE: of none that is known); NONE if there is no room. */
    private int linkTranslated(Cursor c, Path path, int origin) {
        int slot = table.insert(c.keyHash, c.fields, c.zone, c.feature(), c.nowNs);
        if (slot == NONE) {
            return NONE;
        }
        table.setPathId(slot, path.id());
        table.setConfigGeneration(slot, snapshot.generation());
        table.setFailureGeneration(slot, liveness.generation());
        // The eviction that made room may have taken the original itself.
        if (origin != NONE && table.isUsed(origin) && origin != slot) {
            table.setRuleId(slot, table.ruleId(origin));
            table.setTargetId(slot, table.targetId(origin));
            table.setEgressPort(slot, 0, table.egressPort(origin, 0));
            if (c.feature() == ConnectionTable.SERVICE) {
                table.setL2(slot, 0, table.l2(origin, 0));
            }
            table.setFlags(slot, ConnectionTable.TRANSLATED);
            table.link(origin, slot);
        } else {
            table.setRuleId(slot, PathChanges.TRANSLATED_RULE);
            table.setFlags(slot, ConnectionTable.TRANSLATED);
        }
        return slot;
    }

    private @Nullable Path returnPath(Cursor c, Attachment node) {
        int[] paths = node.returnPaths();
        return paths.length == 0 ? null : snapshot.path(paths[(int) ((c.fields.hash >>> 32) % paths.length)]);
    }
}
