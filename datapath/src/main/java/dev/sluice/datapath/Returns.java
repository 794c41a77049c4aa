package dev.sluice.datapath;

import dev.sluice.wire.Ethernet;
import dev.sluice.wire.IpProtocols;
import dev.sluice.wire.Probe;
import dev.sluice.wire.Udp;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Takes packets back from service nodes: which flow, which hop, which direction, and on (document 002: SI post-processor; document 000: flow table
 * at the output tag; packet-life.md, return). One user: the worker.
 *
 * <p>Hot path: no allocation. Cost: one look-up of the tag and one in the connection table per router that uses the node.
 */
final class Returns {
    private static final int NONE = -1;

    private final ConnectionTable table;
    private final Frames frames;
    private final Steering steering;
    private final Translations translations;
    private final NeighborStage neighborStage;
    private final LivenessView liveness;
    private final Zones zones;
    private final Fragments fragments;
    private final DatapathCounters counters;
    private Snapshot snapshot = Snapshot.empty();
    private ProbeReceiver probes = ProbeReceiver.NONE;

    // Found by find().
    private int record;
    private int recordHop;
    private boolean wrongSide;
    private boolean ambiguous;

    Returns(
            ConnectionTable table,
            Frames frames,
            Steering steering,
            Translations translations,
            NeighborStage neighborStage,
            LivenessView liveness,
            Zones zones,
            Fragments fragments,
            DatapathCounters counters) {
        this.table = table;
        this.frames = frames;
        this.steering = steering;
        this.translations = translations;
        this.neighborStage = neighborStage;
        this.liveness = liveness;
        this.zones = zones;
        this.fragments = fragments;
        this.counters = counters;
    }

    void apply(Snapshot next) {
        snapshot = next;
    }

    void probes(ProbeReceiver receiver) {
        probes = receiver;
    }

    /** Takes the packet in hand, which came in from a service port; the next {@link Step}. */
    int receive(Cursor c, PortEntry port) {
        Batch b = c.batch;
        int i = c.slot;
        if (isProbe(c)) {
            return probe(c);
        }
        TagTable tags = snapshot.tags();
        int binding = tags.find(c.port, b.outerTag[i], b.innerTag[i]);
        if (binding < 0) {
            return frames.drop(c, DropReason.SERVICE_TAG_UNKNOWN);
        }
        int parsed = c.parsed();
        if ((parsed & (Parser.ARP | Parser.NEIGHBOR_DISCOVERY)) != 0
                && !port.addresses().isEmpty()) {
            return neighborStage.receive(c);
        }
        if ((parsed & Parser.IP) == 0 || (parsed & (Parser.GROUP | Parser.NEIGHBOR_DISCOVERY)) != 0) {
            return frames.drop(c, DropReason.SERVICE_CONTROL);
        }
        Attachment node = tags.attachment(binding);
        int side = tags.side(binding);
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

    /** A probe's length is looked at first, so that other packets cost nothing more. */
    private static boolean isProbe(Cursor c) {
        Batch b = c.batch;
        int i = c.slot;
        int l4 = b.l4[i];
        return l4 != 0
                && b.length[i] - l4 == Udp.BYTES + Probe.BYTES
                && (b.parsed[i] & (Parser.IPV4 | Parser.FRAGMENT)) == Parser.IPV4
                && (b.protocol[i] == IpProtocols.UDP || b.protocol[i] == IpProtocols.ICMP)
                && Probe.hasMagic(c.memory, b.start[i] + l4 + Udp.BYTES);
    }

    /** Probes are nobody's traffic: they are taken here, or dropped. */
    private int probe(Cursor c) {
        if (!probes.receive(c.batch, c.slot, c.nowNs)) {
            return frames.drop(c, DropReason.PROBE_UNEXPECTED);
        }
        counters.probesReturned++;
        frames.pool().give(c.batch.start[c.slot]);
        return Step.DONE;
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

    private int match(Cursor c, Attachment node, int side) {
        return c.quotes && follow(c, node, side) ? goOn(c, node, side, recordHop) : matchOwn(c, node, side);
    }

    /** Whether an error is about a packet of a flow that this node has; it then goes the way of that flow. */
    private boolean follow(Cursor c, Attachment node, int side) {
        record = NONE;
        ambiguous = false;
        c.lookAtQuoted();
        int[] routers = node.routers();
        int router = NONE;
        for (int i = 0; i < routers.length; i++) {
            int before = record;
            if (c.enterRouter(routers[i])) {
                find(c, node, side);
            }
            router = record != before ? routers[i] : router;
        }
        boolean found = record != NONE && !ambiguous;
        if (found) {
            c.record = record;
            c.direction = table.isReverse(record, c.fields) ? 1 : 0;
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
        int[] routers = node.routers();
        int router = NONE;
        for (int r : routers) {
            int before = record;
            if (!c.enterRouter(r)) {
                return frames.drop(c, DropReason.ZONES_FULL);
            }
            find(c, node, side);
            if (record != before) {
                router = r;
            }
        }
        if (ambiguous) {
            return frames.drop(c, DropReason.RETURN_AMBIGUOUS);
        }
        if (record == NONE) {
            return wrongSide ? frames.drop(c, DropReason.SERVICE_WRONG_SIDE) : unmatched(c, node, side);
        }
        c.enterRouter(router);
        c.record = record;
        c.direction = table.isReverse(record, c.fields) ? 1 : 0;
        return goOn(c, node, side, recordHop);
    }

    /** Looks for the newest record of the key that fits; a second one of another router makes the packet ambiguous. */
    private void find(Cursor c, Attachment node, int side) {
        int slot = table.find(c.place(), c.keyHash, c.fields, c.zone, c.feature(), c.nowNs);
        while (slot != NONE) {
            int hop = hopOf(slot, node);
            boolean reverse = table.isReverse(slot, c.fields);
            if (hop >= 0 && !(reverse && (table.flags(slot) & ConnectionTable.ONE_DIRECTION) != 0)) {
                if (node.oneArmed() || side == (reverse ? Attachment.IN : Attachment.OUT)) {
                    ambiguous = record != NONE;
                    record = slot;
                    recordHop = hop;
                    return;
                }
                wrongSide = true;
            }
            slot = table.next(slot, c.nowNs);
        }
    }

    /** Index of the node in the path of a record, -1 if it is not in it. */
    private int hopOf(int slot, Attachment node) {
        int pathId = table.pathId(slot);
        Path path = pathId == 0 ? null : snapshot.path(pathId);
        if (path == null) {
            return NONE;
        }
        List<Path.Hop> hops = path.hops();
        for (int i = 0; i < hops.size(); i++) {
            Path.Hop hop = hops.get(i);
            if (!hop.copy() && hop.attachment().id() == node.id()) {
                return i;
            }
        }
        return NONE;
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
        int ruleId = table.ruleId(slot);
        Rule rule = ruleId > 0 ? snapshot.ruleOfRecord(ruleId) : null;
        int chosen = table.egressPort(slot, c.direction) - 1;
        boolean transparent = chosen >= 0 && snapshot.port(chosen).role() == PortEntry.Role.TRANSPARENT;
        return steering.steer(c, path, rule, hop + (c.direction == 0 ? 1 : -1), transparent);
    }

    // A packet that no record explains.

    private int unmatched(Cursor c, Attachment node, int side) {
        boolean comesOut = node.oneArmed() || side == Attachment.OUT;
        if (node.translation() != Attachment.Translation.NONE && comesOut) {
            return translated(c, node, side);
        }
        if (!node.routeUnmatched()) {
            return frames.drop(c, DropReason.RETURN_NO_FLOW);
        }
        if (node.routers().length != 1) {
            return frames.drop(c, DropReason.RETURN_AMBIGUOUS);
        }
        c.enterRouter(node.routers()[0]);
        c.mark = c.router;
        return Step.FORWARD;
    }

    private int translated(Cursor c, Attachment node, int side) {
        int origin = node.translation() == Attachment.Translation.LEARNED ? translations.origin(c, node) : NONE;
        Path path = origin == NONE ? returnPath(c, node) : snapshot.path(table.pathId(origin));
        int hop = path == null ? NONE : hopIn(path, node);
        if (path == null || hop == NONE || (origin == NONE && node.routers().length != 1)) {
            return frames.drop(c, DropReason.RETURN_AMBIGUOUS);
        }
        c.enterRouter(origin == NONE ? node.routers()[0] : zones.router(table.router(origin)));
        int slot = table.insert(c.keyHash, c.fields, c.zone, c.feature(), c.nowNs);
        if (slot == NONE) {
            return frames.drop(c, DropReason.TABLE_FULL);
        }
        table.setPathId(slot, path.id());
        table.setConfigGeneration(slot, snapshot.generation());
        table.setFailureGeneration(slot, liveness.generation());
        // The eviction that made room may have taken the original itself.
        if (origin != NONE && table.isUsed(origin) && origin != slot) {
            table.setRuleId(slot, table.ruleId(origin));
            table.setTargetId(slot, table.targetId(origin));
            table.setEgressPort(slot, 0, table.egressPort(origin, 0));
            table.setL2(slot, 0, table.l2(origin, 0));
            table.setFlags(slot, ConnectionTable.TRANSLATED);
            table.link(origin, slot);
        } else {
            table.setRuleId(slot, Classification.TRANSLATED_RULE);
            table.setFlags(slot, ConnectionTable.TRANSLATED);
        }
        c.record = slot;
        c.direction = 0;
        return goOn(c, node, side, hop);
    }

    private @Nullable Path returnPath(Cursor c, Attachment node) {
        int[] paths = node.returnPaths();
        if (paths.length == 0) {
            return null;
        }
        return snapshot.path(paths[(int) ((c.fields.hash >>> 32) % paths.length)]);
    }

    private static int hopIn(Path path, Attachment node) {
        List<Path.Hop> hops = path.hops();
        for (int i = 0; i < hops.size(); i++) {
            if (!hops.get(i).copy() && hops.get(i).attachment().id() == node.id()) {
                return i;
            }
        }
        return NONE;
    }
}
