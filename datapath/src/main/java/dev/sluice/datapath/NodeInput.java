package dev.sluice.datapath;

import dev.sluice.datapath.overlay.CarriedPacket;
import dev.sluice.datapath.overlay.FixedContexts;
import dev.sluice.datapath.overlay.NodeInstructions;
import dev.sluice.datapath.overlay.OverlayOutput;
import dev.sluice.datapath.overlay.PlaneFlows;
import dev.sluice.datapath.packet.DatapathCounters;
import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.NodeTunnel;
import dev.sluice.datapath.snapshot.Path;
import dev.sluice.datapath.snapshot.PlanePath;
import dev.sluice.datapath.snapshot.ServicePlane;
import dev.sluice.datapath.stage.Cursor;
import dev.sluice.datapath.stage.Frames;
import dev.sluice.datapath.stage.PacketTracer;
import dev.sluice.datapath.stage.Step;
import dev.sluice.datapath.track.ConnectionTable;
import dev.sluice.datapath.track.Zones;
import dev.sluice.datapath.tunnel.Decapsulation;
import dev.sluice.wire.Nsh;
import dev.sluice.wire.ServiceMetadata;
import dev.sluice.wire.SluiceContext;

/**
 * Takes back packets from aware nodes of this host, and what they say of flows; takes from other switches what nodes there say of flows that were classified here
 * (C11, V12; packet-life.md, from an aware node). One user: the worker.
 *
 * <p>A node may only send back packets of flows that were sent to it, and only speak of those: it is held to a hop that it has, and to the record of the flow. Of the
 * metadata that it sends back only the instruction is taken; the rest is what was sent to it. Hot path: no allocation but for instructions.
 */
final class NodeInput {
    private final Frames frames;
    private final ConnectionTable table;
    private final Zones zones;
    private final PlaneFlows flows;
    private final Decapsulation decapsulation;
    private final Returns returns;
    private final OverlayOutput output;
    private final FixedContexts contexts;
    private final NodeInstructions instructions;
    private final DatapathCounters counters;
    private ServicePlane plane = ServicePlane.NONE;

    NodeInput(
            Frames frames,
            ConnectionTable table,
            Zones zones,
            PlaneFlows flows,
            Decapsulation decapsulation,
            Returns returns,
            OverlayOutput output,
            FixedContexts contexts,
            NodeInstructions instructions,
            DatapathCounters counters) {
        this.frames = frames;
        this.table = table;
        this.zones = zones;
        this.flows = flows;
        this.decapsulation = decapsulation;
        this.returns = returns;
        this.output = output;
        this.contexts = contexts;
        this.instructions = instructions;
        this.counters = counters;
    }

    void apply(ServicePlane next) {
        plane = next;
        instructions.apply(next);
    }

    /** Whether a service header is that of a message without payload (RFC 8393). */
    static boolean isMessage(Cursor c, long nsh) {
        return Nsh.isOam(c.memory, nsh) && Nsh.nextProtocol(c.memory, nsh) == Nsh.NEXT_NONE;
    }

    /**
     * Takes the packet in hand, whose headers were found sound, from a node of this host.
     *
     * @param in its {@link CarriedPacket#hopBefore} is the node's if it does not lie
     */
    int receive(Cursor c, Attachment node, Path path, PlanePath names, CarriedPacket in) {
        int hop = in.hopBefore;
        if (hop < 0
                || hop >= path.hops().size()
                || path.hops().get(hop).attachment().id() != node.id()) {
            return frames.drop(c, DropReason.NODE_HOP_FORGED);
        }
        NodeTunnel tunnel = node.tunnel();
        boolean fixed = tunnel != null && tunnel.fixedContext();
        if (isMessage(c, in.nsh)) {
            return fixed
                    ? frames.drop(c, DropReason.FLOW_PROGRAM_REFUSED)
                    : isHere(in) ? message(c, node, path, in) : messageForOther(c, node, path, names, in);
        }
        if (path.hops().get(hop).copy()) {
            return frames.drop(c, DropReason.COPY_NODE_SENT);
        }
        if (fixed && !contexts.resolve(c.memory, in)) {
            return frames.drop(c, DropReason.NODE_FLOW_FORGED);
        }
        if (!decapsulation.takeOut(c, in.inner(), in.end, in.direction, in.way(c.memory))) {
            return Step.DONE;
        }
        return isHere(in) ? goOn(c, node, path, in) : goOnForOther(c, node, path, names, in);
    }

    private boolean isHere(CarriedPacket in) {
        return in.metadata.ingressNode() == (plane.node() & 0xffff_ffffL);
    }

    // Classified here.

    /** The record that a packet names, if it is one of this tenant with this path; -1 if not. */
    int named(ServiceMetadata metadata, Path path) {
        int slot = named(metadata);
        return slot >= 0 && table.pathId(slot) == path.id() ? slot : -1;
    }

    /** The same, whatever its path. A name may have become that of another flow: of another tenant it never is. */
    int named(ServiceMetadata metadata) {
        int slot = table.resolve(metadata.flowId());
        boolean stands = slot >= 0
                && table.tag(slot) == ConnectionTable.SERVICE
                && metadata.tenant() == (plane.tenant(zones.router(table.router(slot))) & 0xffff_ffffL);
        return stands ? slot : -1;
    }

    /** What a node says of a flow that was classified here, in a message. */
    int message(Cursor c, Attachment node, Path path, CarriedPacket in) {
        ServiceMetadata metadata = in.metadata;
        int slot = named(metadata, path);
        boolean told = slot >= 0
                && instructions.tell(slot, in.direction, node, metadata.programTag(), metadata.flags(), c.nowNs);
        return told ? heed(c) : frames.drop(c, DropReason.FLOW_PROGRAM_REFUSED);
    }

    private int goOn(Cursor c, Attachment node, Path path, CarriedPacket in) {
        ServiceMetadata metadata = in.metadata;
        int slot = named(metadata, path);
        if (slot < 0) {
            return frames.drop(c, DropReason.NODE_FLOW_FORGED);
        }
        instructions.tell(slot, c.direction, node, metadata.programTag(), metadata.flags(), c.nowNs);
        if (endsHere(c, metadata)) {
            return Step.DONE;
        }
        if (!c.enterRouter(zones.router(table.router(slot)))) {
            return frames.drop(c, DropReason.ZONES_FULL);
        }
        trace(c, node);
        return returns.goOnFromPeer(c, path, next(c, in.hopBefore), slot, node);
    }

    // Classified by another switch.

    private int messageForOther(Cursor c, Attachment node, Path path, PlanePath names, CarriedPacket in) {
        int entry = flows.ofFlow(in.metadata, zones, Zones.SERVED + node.instance(), path, in.direction);
        boolean told = entry != PlaneFlows.NONE && tellClassifier(c, entry, names, in);
        return told ? heed(c) : frames.drop(c, DropReason.FLOW_PROGRAM_REFUSED);
    }

    private boolean tellClassifier(Cursor c, int entry, PlanePath names, CarriedPacket in) {
        boolean told = output.tellClassifier(c, entry, names, in);
        if (!told) {
            counters.instructionsRefused++;
        }
        return told;
    }

    private int goOnForOther(Cursor c, Attachment node, Path path, PlanePath names, CarriedPacket in) {
        ServiceMetadata metadata = in.metadata;
        int entry = c.enterServed(node.instance()) ? flows.returned(c, path, metadata) : PlaneFlows.NONE;
        if (entry == PlaneFlows.NONE) {
            return frames.drop(c, DropReason.NODE_FLOW_FORGED);
        }
        int action = NodeInstructions.action(metadata.programTag());
        if (action != SluiceContext.NONE && action != SluiceContext.DROP_MESSAGE) {
            tellClassifier(c, entry, names, in);
        }
        if (endsHere(c, metadata)) {
            return Step.DONE;
        }
        c.planeEntry = entry;
        node.counters().returned[c.direction]++;
        trace(c, node);
        return returns.goOnServed(c, path, in.hopBefore, next(c, in.hopBefore));
    }

    // Both.

    /** A packet with the word drop is the first that is dropped; a message was between node and switch only. */
    private boolean endsHere(Cursor c, ServiceMetadata metadata) {
        int action = NodeInstructions.action(metadata.programTag());
        if (action == SluiceContext.DROP) {
            frames.drop(c, DropReason.FLOW_PROGRAMMED);
        } else if (action == SluiceContext.DROP_MESSAGE) {
            heed(c);
        }
        return action == SluiceContext.DROP || action == SluiceContext.DROP_MESSAGE;
    }

    private int heed(Cursor c) {
        counters.messagesOfNodes++;
        return frames.takeMessage(c);
    }

    private void trace(Cursor c, Attachment node) {
        PacketTracer tracer = frames.tracer();
        if (tracer != null) {
            int side = c.direction == 0 ? Attachment.OUT : Attachment.IN;
            tracer.returned(c.batch, c.slot, node, side, c.direction);
        }
    }

    private static int next(Cursor c, int hop) {
        return hop + (c.direction == 0 ? 1 : -1);
    }
}
