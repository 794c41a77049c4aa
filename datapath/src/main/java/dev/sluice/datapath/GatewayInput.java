package dev.sluice.datapath;

import dev.sluice.datapath.overlay.PlaneFlows;
import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.packet.FlowHash;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.Path;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.stage.Cursor;
import dev.sluice.datapath.stage.Frames;
import dev.sluice.datapath.stage.PacketTracer;
import dev.sluice.datapath.stage.Step;
import dev.sluice.datapath.track.ConnectionTable;
import dev.sluice.datapath.track.FlowCookie;
import dev.sluice.datapath.track.Zones;
import dev.sluice.datapath.tunnel.Decapsulation;
import dev.sluice.wire.EtherTypes;
import dev.sluice.wire.Ethernet;
import dev.sluice.wire.Geneve;
import dev.sluice.wire.GwlbOptions;
import dev.sluice.wire.Layouts;
import dev.sluice.wire.VlanTag;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Takes back packets from appliances that speak the format of cloud gateway load balancers: the cookie finds the record, the packet has to be one of its flow (X5;
 * packet-life.md, from a gateway appliance). One user: the worker. Hot path: no allocation.
 */
final class GatewayInput {
    private static final int NEEDED = GwlbOptions.HAS_ATTACHMENT | GwlbOptions.HAS_COOKIE;
    private static final int VLAN_ID = 0xfff;
    private static final int VLAN_BITS = 12;

    private final Frames frames;
    private final ConnectionTable table;
    private final Zones zones;
    private final PlaneFlows flows;
    private final Decapsulation decapsulation;
    private final Returns returns;
    private Snapshot snapshot = Snapshot.empty();

    GatewayInput(
            Frames frames,
            ConnectionTable table,
            Zones zones,
            PlaneFlows flows,
            Decapsulation decapsulation,
            Returns returns) {
        this.frames = frames;
        this.table = table;
        this.zones = zones;
        this.flows = flows;
        this.decapsulation = decapsulation;
        this.returns = returns;
    }

    void apply(Snapshot next) {
        snapshot = next;
    }

    /** Takes the packet in hand, whose Geneve header was found sound, from an appliance of this host. */
    int receive(Cursor c, Attachment node, long geneve, int geneveBytes, long end) {
        MemorySegment m = c.memory;
        int protocol = Geneve.protocol(m, geneve);
        if (Geneve.isControl(m, geneve) || (protocol != EtherTypes.IPV4 && protocol != EtherTypes.IPV6)) {
            return frames.drop(c, DropReason.OVERLAY_PAYLOAD_UNKNOWN);
        }
        int found = GwlbOptions.check(m, geneve);
        if (found < 0) {
            return frames.drop(c, DropReason.OVERLAY_HEADER_INVALID);
        }
        int slot = (found & NEEDED) == NEEDED ? FlowCookie.find(table, GwlbOptions.cookie(m, geneve)) : -1;
        Path path = slot < 0 ? null : pathOf(slot, node, GwlbOptions.attachment(m, geneve));
        if (path == null) {
            return frames.drop(c, DropReason.NODE_COOKIE_UNKNOWN);
        }
        long way = FlowHash.mix(GwlbOptions.cookie(m, geneve)) ^ node.id();
        long inner = putEthernet(m, geneve + geneveBytes, node, protocol, (int) GwlbOptions.attachment(m, geneve));
        if (!decapsulation.takeOut(c, inner, end, 0, way)) {
            return Step.DONE;
        }
        boolean served = table.tag(slot) == ConnectionTable.PLANE;
        int router = served ? Zones.SERVED + node.instance() : zones.router(table.router(slot));
        if (!c.enterRouter(router)) {
            return frames.drop(c, DropReason.ZONES_FULL);
        }
        boolean ofFlow = isOf(c, slot) || (!served && isAbout(c, slot));
        if (!ofFlow || path.hopIn(node, c.direction) < 0) {
            return frames.drop(c, DropReason.NODE_FLOW_FORGED);
        }
        return served ? goOnServed(c, node, path) : goOn(c, node, path);
    }

    /** The path of a record, if it has the node as a hop and the attachment is the node's; null if not. */
    private @Nullable Path pathOf(int slot, Attachment node, long attachment) {
        Path path = snapshot.path(table.pathId(slot));
        boolean stands = path != null && attachment >>> 32 == node.id() && path.returnsFrom(node);
        return stands ? path : null;
    }

    /**
     * Puts an Ethernet header in front of an IP packet, with the VLANs that it had; its addresses are those of the node, until the end of the path.
     *
     * @return where it begins
     */
    private static long putEthernet(MemorySegment m, long ip, Attachment node, int protocol, int vlans) {
        int outer = vlans >>> VLAN_BITS & VLAN_ID;
        int inner = vlans & VLAN_ID;
        int tags = (outer != 0 ? 1 : 0) + (inner != 0 ? 1 : 0);
        long start = ip - Ethernet.BYTES - tags * (long) VlanTag.BYTES;
        Ethernet.setAddresses(
                m, start, Math.max(node.out().mac(), 0), Math.max(node.in().mac(), 0));
        long type = start + Ethernet.TYPE_OFFSET;
        if (outer != 0) {
            VlanTag.setTpid(m, type, inner != 0 ? EtherTypes.QINQ : EtherTypes.VLAN);
            VlanTag.setTci(m, type, outer);
            type += VlanTag.BYTES;
        }
        if (inner != 0) {
            VlanTag.setTpid(m, type, EtherTypes.VLAN);
            VlanTag.setTci(m, type, inner);
            type += VlanTag.BYTES;
        }
        Layouts.putU16(m, type, protocol);
        return start;
    }

    /** Whether the packet in hand is one of a record's flow, in either direction; takes the record if so. */
    private boolean isOf(Cursor c, int slot) {
        int found = table.find(c.keyHash, c.fields, c.zone, c.feature(), c.nowNs);
        while (found >= 0 && found != slot) {
            found = table.next(found, c.nowNs);
        }
        boolean reverse = found >= 0 && table.isReverse(slot, c.fields);
        if (found < 0 || (reverse && (table.flags(slot) & ConnectionTable.ONE_DIRECTION) != 0)) {
            return false;
        }
        c.record = slot;
        c.direction = reverse ? 1 : 0;
        return true;
    }

    /** Whether it is an error about such a packet; takes the record if so. */
    private boolean isAbout(Cursor c, int slot) {
        if (!c.quotes) {
            return false;
        }
        c.lookAtQuoted();
        c.follows = isOf(c, slot);
        c.lookAtOwn();
        return c.follows;
    }

    private int goOn(Cursor c, Attachment node, Path path) {
        count(c, node);
        return returns.goOn(c, path, path.hopIn(node, c.direction) + (c.direction == 0 ? 1 : -1));
    }

    private int goOnServed(Cursor c, Attachment node, Path path) {
        int entry = flows.entry(c.record, c.direction);
        if (entry == PlaneFlows.NONE) {
            // An appliance with a second arm gets answers there, which nobody sent to it from here.
            entry = flows.keepTurned(c.record, c.direction, c.nowNs);
        }
        if (entry == PlaneFlows.NONE) {
            return frames.drop(c, DropReason.RETURN_NO_FLOW);
        }
        c.planeEntry = entry;
        count(c, node);
        int hop = path.hopIn(node, c.direction);
        return returns.goOnServed(c, path, hop, hop + (c.direction == 0 ? 1 : -1));
    }

    private void count(Cursor c, Attachment node) {
        node.counters().returned[c.direction]++;
        PacketTracer tracer = frames.tracer();
        if (tracer != null) {
            int side = c.direction == 0 ? Attachment.OUT : Attachment.IN;
            tracer.returned(c.batch, c.slot, node, side, c.direction);
        }
    }
}
