package dev.sluice.datapath.overlay;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.DatapathCounters;
import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.packet.FlowHash;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.NodeTunnel;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.stage.Cursor;
import dev.sluice.datapath.stage.Frames;
import dev.sluice.datapath.stage.Step;
import dev.sluice.datapath.tunnel.Decapsulation;
import dev.sluice.datapath.tunnel.TunnelContent;
import dev.sluice.datapath.tunnel.TunnelOutput;
import dev.sluice.wire.EtherTypes;
import dev.sluice.wire.Ethernet;
import dev.sluice.wire.Gre;
import dev.sluice.wire.OverlayTemplate;
import dev.sluice.wire.Vxlan;
import java.lang.foreign.MemorySegment;

/**
 * Nodes without agent behind two tunnels, one for each side: GRE with two keys or VXLAN with two virtual networks, frames inside (C5; packet-life.md, GRE and VXLAN). One user:
 * the worker.
 *
 * <p>A tunnel stands for an interface: what comes back is found as a frame of a service port would be. Hot path: no allocation.
 */
public final class SideTunnels implements TunnelContent {
    /** The packet was dropped, or waits for others. */
    public static final int GONE = -1;

    private final Frames frames;
    private final TunnelOutput output;
    private final DatapathCounters counters;
    private Snapshot snapshot = Snapshot.empty();

    // Of the packet in hand.
    private boolean keepsAddresses;
    private long source;
    private long destination;

    public SideTunnels(Frames frames, TunnelOutput output, DatapathCounters counters) {
        this.frames = frames;
        this.output = output;
        this.counters = counters;
    }

    void apply(Snapshot next) {
        snapshot = next;
    }

    /**
     * Sends a packet to a node of this host.
     *
     * @param transparent whether the frame's Ethernet header stays as it is
     * @return a {@link Step}, or {@link TunnelOutput#TOO_BIG}
     */
    int send(Cursor c, Batch b, int slot, Attachment node, boolean transparent) {
        int entered = c.direction == 0 ? Attachment.IN : Attachment.OUT;
        keepsAddresses = transparent;
        source = node.side(entered).mac();
        destination = node.side(1 - entered).mac();
        return output.send(c, b, slot, snapshot.tunnels().toSide(node.id(), entered), this);
    }

    @Override
    public void write(Cursor c, Batch b, int i, long start, OverlayTemplate outer, int port) {
        if (!keepsAddresses) {
            Ethernet.setAddresses(c.memory, b.start[i], destination, source);
        }
        counters.overlaySent++;
    }

    /**
     * Takes the frame out of the packet in hand, IP protocol GRE, which came from the address of a node of this host that has such tunnels.
     *
     * @return the side of the node that it came from, or {@link #GONE} if the packet goes no further
     */
    public int receiveGre(Cursor c, Attachment node, Decapsulation decapsulation) {
        MemorySegment m = c.memory;
        long gre = c.start() + c.batch.l4[c.slot];
        long end = c.start() + c.lengthBytes();
        int greBytes = Gre.check(m, gre, (int) (end - gre));
        if (greBytes < 0) {
            return refuse(c, DropReason.OVERLAY_HEADER_INVALID);
        }
        if ((c.batch.offload[c.slot] & Batch.CHECKSUM_PARTIAL) == 0 && !Gre.checksumOk(m, gre, (int) (end - gre))) {
            return refuse(c, DropReason.OVERLAY_CHECKSUM);
        }
        if (Gre.protocol(m, gre) != EtherTypes.TEB) {
            return refuse(c, DropReason.OVERLAY_PAYLOAD_UNKNOWN);
        }
        return takeOut(c, node, Gre.key(m, gre), gre + greBytes, decapsulation);
    }

    /**
     * Takes the frame out of the packet in hand, UDP to the port of VXLAN with a checksum that holds, which came from the address of a node of this host that has such tunnels.
     *
     * @param vxlan where the header behind UDP begins
     * @return the side of the node that it came from, or {@link #GONE} if the packet goes no further
     */
    public int receiveVxlan(Cursor c, Attachment node, long vxlan, Decapsulation decapsulation) {
        MemorySegment m = c.memory;
        long end = c.start() + c.lengthBytes();
        int vxlanBytes = Vxlan.check(m, vxlan, (int) (end - vxlan));
        return vxlanBytes < 0
                ? refuse(c, DropReason.OVERLAY_HEADER_INVALID)
                : takeOut(c, node, Vxlan.vni(m, vxlan), vxlan + vxlanBytes, decapsulation);
    }

    private int takeOut(Cursor c, Attachment node, long key, long frame, Decapsulation decapsulation) {
        NodeTunnel tunnel = node.tunnel();
        int side = tunnel == null ? -1 : tunnel.sideOf(key);
        if (side < 0) {
            return refuse(c, DropReason.SERVICE_TAG_UNKNOWN);
        }
        if (node.copy()) {
            return refuse(c, DropReason.COPY_NODE_SENT);
        }
        long end = c.start() + c.lengthBytes();
        long way = FlowHash.mix(node.id()) ^ side;
        return decapsulation.takeOut(c, frame, end, 0, way) ? side : GONE;
    }

    private int refuse(Cursor c, DropReason why) {
        frames.drop(c, why);
        return GONE;
    }
}
