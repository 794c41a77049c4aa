package dev.sluice.datapath.overlay;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.DatapathCounters;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.stage.Cursor;
import dev.sluice.datapath.stage.Step;
import dev.sluice.datapath.track.ConnectionTable;
import dev.sluice.datapath.track.FlowCookie;
import dev.sluice.datapath.tunnel.TunnelContent;
import dev.sluice.datapath.tunnel.TunnelOutput;
import dev.sluice.wire.EtherTypes;
import dev.sluice.wire.Geneve;
import dev.sluice.wire.GwlbOptions;
import dev.sluice.wire.OverlayTemplate;

/**
 * Sends packets to appliances in the format of cloud gateway load balancers: Geneve with three options, the IP packet without its Ethernet header (X5;
 * overlay-formats.md, gateway load balancer; packet-life.md, to a gateway appliance). One user: the worker.
 *
 * <p>The flow cookie names the record, the attachment id the VLANs, which the packet itself no longer has. Hot path: no allocation.
 */
final class GatewayOutput implements TunnelContent {
    private static final int VLAN_ID = 0xfff;
    private static final int VLAN_BITS = 12;

    private final TunnelOutput output;
    private final ConnectionTable table;
    private final PlaneFlows flows;
    private final DatapathCounters counters;
    private Snapshot snapshot = Snapshot.empty();

    /** What the packet in hand says in the place of its attachment. */
    private long attachment;

    GatewayOutput(TunnelOutput output, ConnectionTable table, PlaneFlows flows, DatapathCounters counters) {
        this.output = output;
        this.table = table;
        this.flows = flows;
        this.counters = counters;
    }

    void apply(Snapshot next) {
        snapshot = next;
    }

    /** Sends a packet to an appliance of this host; a {@link Step}, or {@link TunnelOutput#TOO_BIG}. */
    int send(Cursor c, Batch b, int slot, Attachment node) {
        attachment = (long) node.id() << 32
                | (long) (b.outerTag[slot] & VLAN_ID) << VLAN_BITS
                | (b.innerTag[slot] & VLAN_ID);
        boolean ipv4 = b.etherType[slot] == EtherTypes.IPV4;
        return output.send(c, b, slot, snapshot.tunnels().toGateway(node.id(), ipv4), this);
    }

    @Override
    public boolean isWithoutEthernet() {
        return true;
    }

    @Override
    public void write(Cursor c, Batch b, int i, long start, OverlayTemplate outer, int port) {
        int tenant =
                c.planeEntry == PlaneFlows.NONE ? snapshot.plane().tenant(c.router) : (int) flows.tenant(c.planeEntry);
        GwlbOptions.write(
                c.memory,
                start + outer.tunnelOffset() + Geneve.BYTES,
                tenant & 0xffff_ffffL,
                attachment,
                c.record < 0 ? 0 : FlowCookie.of(table, c.record));
        counters.overlaySent++;
    }
}
