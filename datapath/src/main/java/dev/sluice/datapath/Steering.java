package dev.sluice.datapath;

import dev.sluice.datapath.errors.IcmpErrors;
import dev.sluice.datapath.liveness.LivenessView;
import dev.sluice.datapath.neighbors.Neighbors;
import dev.sluice.datapath.offload.OffloadRefusal;
import dev.sluice.datapath.overlay.OverlayOutput;
import dev.sluice.datapath.overlay.PlaneFlows;
import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.DatapathCounters;
import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.packet.Tags;
import dev.sluice.datapath.rules.Rule;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.Path;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.stage.Cursor;
import dev.sluice.datapath.stage.Frames;
import dev.sluice.datapath.stage.Journey;
import dev.sluice.datapath.stage.PacketTracer;
import dev.sluice.datapath.stage.Step;
import dev.sluice.datapath.track.ConnectionTable;
import dev.sluice.datapath.track.EthernetMemory;
import dev.sluice.datapath.track.FlowPrograms;
import dev.sluice.datapath.tunnel.TunnelOutput;
import dev.sluice.wire.Ethernet;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.Nsh;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Sends a packet to the next service node of its path (document 002: service transport layer, process 300; packet-life.md, steer). One user: the worker.
 *
 * <p>Hot path: no allocation. Cost: the rewrite of an Ethernet header and at most two tags.
 */
final class Steering {
    private final Frames frames;
    private final LivenessView liveness;
    private final ConnectionTable table;
    private final Neighbors neighbors;
    private final EthernetMemory ethernetMemory;
    private final Translations translations;
    private final DatapathCounters counters;
    private final IcmpErrors errors;
    private final Batch copies = new Batch();
    private final PlaneFlows planeFlows;
    private final OverlayOutput overlay;
    private final PacketCaps caps = new PacketCaps();
    private Snapshot snapshot = Snapshot.empty();

    Steering(
            Frames frames,
            LivenessView liveness,
            ConnectionTable table,
            Neighbors neighbors,
            EthernetMemory ethernetMemory,
            Translations translations,
            DatapathCounters counters,
            IcmpErrors errors,
            PlaneFlows planeFlows,
            OverlayOutput overlay) {
        this.planeFlows = planeFlows;
        this.overlay = overlay;
        this.frames = frames;
        this.liveness = liveness;
        this.table = table;
        this.neighbors = neighbors;
        this.ethernetMemory = ethernetMemory;
        this.translations = translations;
        this.counters = counters;
        this.errors = errors;
    }

    void apply(Snapshot next) {
        snapshot = next;
        caps.apply(next.caps());
    }

    /** Has sent nodes as much as the other one, for the same snapshot. */
    void copyCaps(Steering other) {
        caps.copy(other.caps);
    }

    /**
     * Starts the packet on its path, at the first hop of its direction.
     *
     * @param rule the rule that decided, null for translated flows
     * @param transparent whether the packet's own Ethernet header has to come back at the end
     * @param remembers whether the record takes this packet's header for that
     * @return the next {@link Step}
     */
    int begin(Cursor c, Path path, @Nullable Rule rule, boolean transparent, boolean remembers) {
        if (transparent && remembers) {
            // What is inside nodes may have come by a path that the flow has left, with addresses of a node of that
            // one.
            boolean needed = path.rewritesEthernet() || table.l2(c.record, c.direction) != 0;
            table.setL2(
                    c.record,
                    c.direction,
                    needed ? ethernetMemory.remember(c.fields.sourceMac, c.fields.destinationMac) : 0);
        }
        c.planeTtl = Nsh.TTL_INITIAL;
        int first = c.direction == 0 ? 0 : path.hops().size() - 1;
        Rule.FailureAction onFailure = rule == null ? Rule.FailureAction.INHERIT : rule.onFailure();
        return steer(c, path, onFailure, first, transparent, liveness.isFailed(path.id()));
    }

    /** Sends the packet in hand, which another switch classified, to a node of this host, and on from there. */
    int serve(Cursor c, Path path, int hop) {
        int entry = c.planeEntry;
        return steer(c, path, planeFlows.onFailure(entry), hop, planeFlows.isTransparent(entry));
    }

    /** Sends the copy in hand, which another switch made, to its one node. */
    int serveCopy(Cursor c, Path path, int hop) {
        Attachment node = path.hops().get(hop).attachment();
        if (node.isRemote() || !liveness.instanceAlive(node.instance())) {
            lose(node);
            return frames.drop(c, DropReason.SERVICE_DOWN);
        }
        node.counters().copies++;
        boolean transparent = planeFlows.isTransparent(c.planeEntry);
        return node.tunnel() == null
                ? send(c, c.batch, c.slot, path, hop, transparent, true)
                : sendInto(c, c.batch, c.slot, path, hop, Rule.FailureAction.INHERIT, transparent, true);
    }

    /**
     * Goes on from the given hop in the packet's direction.
     *
     * @param onFailure what the rule says of dead nodes; INHERIT: the hop decides
     */
    int steer(Cursor c, Path path, Rule.FailureAction onFailure, int from, boolean transparent) {
        return steer(c, path, onFailure, from, transparent, false);
    }

    /** @param failed the path was told to have failed: as if all its nodes were dead */
    private int steer(
            Cursor c, Path path, Rule.FailureAction onFailure, int from, boolean transparent, boolean failed) {
        List<Path.Hop> hops = path.hops();
        int step = c.direction == 0 ? 1 : -1;
        boolean inspected = true;
        int skipped = skipMask(c, path);
        for (int i = from; i >= 0 && i < hops.size(); i += step) {
            Path.Hop hop = hops.get(i);
            boolean skips = skipped != 0 && i < FlowPrograms.SKIPPED_HOPS_MAX && (skipped >>> i & 1) != 0;
            if (skips || !hop.takes(c.direction)) {
                continue;
            }
            Attachment node = hop.attachment();
            boolean alive = !failed && liveness.instanceAlive(node.instance());
            if (hop.copy()) {
                copy(c, path, i, alive, transparent);
            } else if (alive) {
                return node.isRemote()
                        ? sendAway(c, c.batch, c.slot, path, i, onFailure, transparent, false)
                        : sendHere(c, path, i, onFailure, transparent);
            } else if (failureAction(onFailure, hop) != Rule.FailureAction.OPEN) {
                return frames.drop(c, DropReason.SERVICE_DOWN);
            } else {
                frames.refuse(OffloadRefusal.UNINSPECTED);
                if (inspected) {
                    inspected = false;
                    counters.uninspected++;
                    path.counters().uninspected++;
                }
                PacketTracer tracer = frames.tracer();
                if (tracer != null) {
                    tracer.uninspected(c.batch, c.slot, node);
                }
            }
        }
        return finish(c, path);
    }

    private static Rule.FailureAction failureAction(Rule.FailureAction ofRule, Path.Hop hop) {
        return ofRule != Rule.FailureAction.INHERIT ? ofRule : hop.onFailure();
    }

    private int skipMask(Cursor c, Path path) {
        if (c.planeEntry != PlaneFlows.NONE) {
            return planeFlows.skipMask(c.planeEntry);
        }
        return c.follows ? 0 : table.skipMask(c.record, c.direction, path.id());
    }

    /** To a node of this host, which sends packets back as they are: what came with one from another switch is kept here. */
    private int sendHere(Cursor c, Path path, int hop, Rule.FailureAction onFailure, boolean transparent) {
        Attachment node = path.hops().get(hop).attachment();
        DropReason refused = c.planeEntry == PlaneFlows.NONE ? null : planeFlows.expect(c, path, node);
        if (refused != null) {
            return frames.drop(c, refused);
        }
        Journey journey = frames.journey();
        if (journey != null && c.planeEntry != PlaneFlows.NONE) {
            journey.served(c);
        }
        return node.tunnel() == null
                ? send(c, c.batch, c.slot, path, hop, transparent, false)
                : sendInto(c, c.batch, c.slot, path, hop, onFailure, transparent, false);
    }

    /** To a node of this host that takes packets out of the overlay itself. */
    private int sendInto(
            Cursor c,
            Batch b,
            int slot,
            Path path,
            int hop,
            Rule.FailureAction onFailure,
            boolean transparent,
            boolean copy) {
        Attachment node = path.hops().get(hop).attachment();
        if (!caps.take(node.instance(), frames.packets(b, slot), c.nowNs)) {
            node.counters().capped++;
            return frames.drop(b, slot, c.batch.port[c.slot], DropReason.NODE_CAP_EXCEEDED);
        }
        return sendAway(c, b, slot, path, hop, onFailure, transparent, copy);
    }

    /** Over the overlay: to a node of another host, which that host's switch takes care of, or into one of this host. */
    private int sendAway(
            Cursor c,
            Batch b,
            int slot,
            Path path,
            int hop,
            Rule.FailureAction onFailure,
            boolean transparent,
            boolean copy) {
        Attachment node = path.hops().get(hop).attachment();
        Journey journey = frames.journey();
        if (journey != null && !node.isRemote()) {
            journey.refuse(OffloadRefusal.OVERLAY);
        } else if (journey != null && !copy) {
            journey.enters(node, c.direction, false);
        }
        PacketTracer tracer = frames.tracer();
        if (tracer != null) {
            tracer.steered(b, slot, node, c.direction == 0 ? Attachment.IN : Attachment.OUT, copy);
        }
        if (!copy) {
            node.counters().sent[c.direction]++;
        }
        int step = overlay.toNode(c, b, slot, path, hop, onFailure, transparent, copy);
        if (step != TunnelOutput.TOO_BIG) {
            return step;
        }
        if (!copy) {
            tooBig(c, b, slot, path, hop, overlay.roomBytes(), transparent);
        }
        return frames.drop(b, slot, c.batch.port[c.slot], DropReason.MTU_EXCEEDED);
    }

    /** All services done: mark, and out by the port chosen before, or on to routing (packet-life.md, return 6). */
    private int finish(Cursor c, Path path) {
        if (c.planeEntry != PlaneFlows.NONE) {
            return overlay.onward(c, path);
        }
        c.mark = c.router;
        int pair = table.l2(c.record, c.direction);
        if (pair != 0 && !ethernetMemory.restore(c.start(), pair)) {
            return frames.drop(c, DropReason.NO_FRAME);
        }
        int chosen = table.egressPort(c.record, c.direction) - 1;
        if (chosen < 0) {
            return Step.FORWARD;
        }
        c.egress = chosen;
        return Step.LEAVE;
    }

    private void copy(Cursor c, Path path, int hop, boolean alive, boolean transparent) {
        frames.refuse(OffloadRefusal.COPIED);
        Attachment node = path.hops().get(hop).attachment();
        if (!alive || !frames.copy(c.batch, c.slot, copies)) {
            lose(node);
            return;
        }
        node.counters().copies++;
        if (node.isRemote()) {
            sendAway(c, copies, 0, path, hop, Rule.FailureAction.INHERIT, transparent, true);
        } else if (node.tunnel() != null) {
            sendInto(c, copies, 0, path, hop, Rule.FailureAction.INHERIT, transparent, true);
        } else {
            send(c, copies, 0, path, hop, transparent, true);
        }
    }

    private static void lose(Attachment node) {
        node.counters().copiesLost++;
    }

    private int send(Cursor c, Batch b, int slot, Path path, int hop, boolean transparent, boolean copy) {
        Attachment node = path.hops().get(hop).attachment();
        int entered = c.direction == 0 ? Attachment.IN : Attachment.OUT;
        Attachment.Side side = node.side(entered);
        PortEntry port = snapshot.port(side.port());
        PacketTracer tracer = frames.tracer();
        if (tracer != null) {
            tracer.steered(b, slot, node, entered, copy);
        }
        if (frames.exceeds(port, b, slot, side.innerTag(), side.outerTag())) {
            if (!copy) {
                tooBig(
                        c,
                        b,
                        slot,
                        path,
                        hop,
                        frames.roomBytes(port, b, slot, side.innerTag(), side.outerTag()),
                        transparent);
            }
            return frames.drop(b, slot, c.batch.port[c.slot], DropReason.MTU_EXCEEDED);
        }
        if (!caps.take(node.instance(), frames.packets(b, slot), c.nowNs)) {
            node.counters().capped++;
            return frames.drop(b, slot, c.batch.port[c.slot], DropReason.NODE_CAP_EXCEEDED);
        }
        long start = b.start[slot];
        boolean resolved = true;
        if (node.kind() == Attachment.Kind.ROUTE) {
            resolved = addressToRouter(c, b, slot, side, port);
        } else if (node.kind() == Attachment.Kind.WIRE || !transparent) {
            Ethernet.setAddresses(frames.memory(), start, node.side(1 - entered).mac(), side.mac());
        }
        if (!copy) {
            node.counters().sent[c.direction]++;
            if (node.translation() == Attachment.Translation.LEARNED
                    && c.direction == 0
                    && !c.follows
                    && !c.isLaterFragment()) {
                translations.sent(c, node);
            }
        }
        if ((side.innerTag() != 0 && !Tags.push(b, slot, frames.pool(), side.innerTag()))
                || (side.outerTag() != 0 && !Tags.push(b, slot, frames.pool(), side.outerTag()))) {
            return frames.drop(b, slot, c.batch.port[c.slot], DropReason.NO_FRAME);
        }
        if (!resolved) {
            return hold(c, b, slot, side);
        }
        Journey journey = frames.journey();
        if (journey != null && !copy) {
            record(journey, c, node, side, port);
        }
        return frames.send(b, slot, side.port());
    }

    private void record(Journey journey, Cursor c, Attachment node, Attachment.Side side, PortEntry port) {
        journey.enters(node, c.direction, caps.has(node.instance()));
        if (node.kind() == Attachment.Kind.ROUTE && side.mac() < 0) {
            journey.resolves(side.port(), nextHopHi(c, side), nextHopLo(c, side));
        }
        journey.sends(c, port);
    }

    /** A packet does not fit on its way to a hop: its sender is told here, or where it was classified. */
    private void tooBig(Cursor c, Batch b, int slot, Path path, int hop, int mtuBytes, boolean transparent) {
        if (c.planeEntry == PlaneFlows.NONE) {
            tooBig(c, mtuBytes, transparent);
        } else if (!c.isLaterFragment() && errors.mayAsk(c)) {
            overlay.giveBack(c, b, slot, path, hop, mtuBytes);
        }
    }

    /** Tells the sender of the packet in hand, which another switch has given back for its size. */
    void tellTooBig(Cursor c, int mtuBytes) {
        int chosen = table.egressPort(c.record, c.direction) - 1;
        boolean transparent = (chosen >= 0 && snapshot.port(chosen).bridges())
                || snapshot.segments().has(c.router);
        tooBig(c, mtuBytes, transparent);
    }

    /** Tells the sender of the packet in hand what the way through the nodes takes at most (packet-life.md, errors). */
    private void tooBig(Cursor c, int mtuBytes, boolean transparent) {
        if (!transparent) {
            errors.tooBig(c, mtuBytes);
            return;
        }
        int pair = table.l2(c.record, c.direction);
        int chosen = table.egressPort(c.record, c.direction) - 1;
        boolean inSegment = snapshot.segments().has(c.router);
        if ((inSegment || chosen >= 0) && (pair == 0 || ethernetMemory.restore(c.start(), pair))) {
            errors.tooBigAcross(
                    c, inSegment ? IcmpErrors.ROUTED : snapshot.port(chosen).peer(), mtuBytes);
        }
    }

    /** Writes the MAC addresses towards a node that routes; false if its MAC is not known yet. */
    private boolean addressToRouter(Cursor c, Batch b, int slot, Attachment.Side side, PortEntry port) {
        long mac = side.mac();
        if (mac < 0) {
            mac = neighbors.resolve(side.port(), nextHopHi(c, side), nextHopLo(c, side), c.nowNs);
        }
        Ethernet.setAddresses(frames.memory(), b.start[slot], Math.max(mac, 0), port.mac());
        return mac >= 0;
    }

    private int hold(Cursor c, Batch b, int slot, Attachment.Side side) {
        long given = frames.holdsBack()
                ? Neighbors.REFUSED
                : neighbors.hold(side.port(), nextHopHi(c, side), nextHopLo(c, side), b, slot);
        if (given == Neighbors.REFUSED) {
            boolean asking =
                    neighbors.state(side.port(), nextHopHi(c, side), nextHopLo(c, side)) == Neighbors.INCOMPLETE;
            DropReason reason = asking ? DropReason.NEIGHBOR_QUEUE_FULL : DropReason.NEIGHBOR_UNRESOLVED;
            return frames.drop(b, slot, c.batch.port[c.slot], reason);
        }
        if (given >= 0) {
            frames.dropHeld(given, c.batch.port[c.slot]);
        }
        return Step.DONE;
    }

    private static long nextHopHi(Cursor c, Attachment.Side side) {
        return c.fields.family == 4 ? 0 : side.nextHopV6Hi();
    }

    private static long nextHopLo(Cursor c, Attachment.Side side) {
        return c.fields.family == 4 ? IpAddress.IPV4_MAPPED | (side.nextHopV4() & 0xffff_ffffL) : side.nextHopV6Lo();
    }
}
