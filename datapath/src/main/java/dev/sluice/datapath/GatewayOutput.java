package dev.sluice.datapath;

import dev.sluice.wire.EtherTypes;
import dev.sluice.wire.Ethernet;
import dev.sluice.wire.Geneve;
import dev.sluice.wire.GeneveHeader;
import dev.sluice.wire.GeneveOption;
import dev.sluice.wire.GwlbOptions;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.Ipv4;
import dev.sluice.wire.Ipv6;
import dev.sluice.wire.MacAddress;
import dev.sluice.wire.OverlayTemplate;
import dev.sluice.wire.Underlay;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Sends packets to appliances in the format of cloud gateway load balancers: Geneve with three options, the IP packet without its Ethernet header (X5;
 * overlay-formats.md, gateway load balancer; packet-life.md, to a gateway appliance). One user: the worker.
 *
 * <p>The flow cookie names the record, the attachment id the VLANs, which the packet itself no longer has. Hot path: no allocation.
 */
final class GatewayOutput {
    private static final int UNDERLAY_TTL = 64;
    private static final int DSCP = 0xfc;
    private static final int VLAN_ID = 0xfff;
    private static final int VLAN_BITS = 12;

    private final Frames frames;
    private final ConnectionTable table;
    private final PlaneFlows flows;
    private final DatapathCounters counters;
    private final Segmenter segmenter;
    private final Batch pieces = new Batch();
    private Snapshot snapshot = Snapshot.empty();
    private ServicePlane plane = ServicePlane.NONE;
    private IntTable<Headers> headers = IntTable.of(List.of(), Headers::attachment);
    private int identification;
    private int roomBytes;

    /** Outer headers towards one appliance, by the IP version inside. */
    private record Headers(int attachment, OverlayTemplate ipv4, OverlayTemplate ipv6) {}

    GatewayOutput(Frames frames, ConnectionTable table, PlaneFlows flows, DatapathCounters counters) {
        this.frames = frames;
        this.table = table;
        this.flows = flows;
        this.counters = counters;
        segmenter = new Segmenter(frames.pool());
    }

    void apply(Snapshot next) {
        snapshot = next;
        plane = next.plane();
        List<Headers> all = new ArrayList<>();
        for (Attachment node : next.attachments()) {
            NodeTunnel to = node.tunnel();
            if (to != null && to.format() == NodeTunnel.Format.GWLB && !node.isRemote()) {
                all.add(new Headers(
                        node.id(), tunnel(to.address(), EtherTypes.IPV4), tunnel(to.address(), EtherTypes.IPV6)));
            }
        }
        headers = IntTable.of(all, Headers::attachment);
    }

    /** MAC addresses are those of the route at the time of sending, values of options those of the flow. */
    private OverlayTemplate tunnel(IpAddress to, int payload) {
        Underlay underlay = new Underlay(
                new MacAddress(0),
                new MacAddress(0),
                Underlay.UNTAGGED,
                plane.endpoint(),
                to,
                UNDERLAY_TTL,
                Underlay.INHERIT,
                true,
                !to.isIpv4());
        String eight = "0".repeat(16);
        return OverlayTemplate.tunnel(
                underlay,
                new GeneveHeader(
                        false,
                        payload,
                        0,
                        List.of(
                                new GeneveOption(GwlbOptions.OPTION_CLASS, 1, eight),
                                new GeneveOption(GwlbOptions.OPTION_CLASS, 2, eight),
                                new GeneveOption(GwlbOptions.OPTION_CLASS, 3, "0".repeat(8)))));
    }

    /** The largest IP packet for which there was room in the last {@link #send}. */
    int roomBytes() {
        return roomBytes;
    }

    /**
     * Sends a packet to an appliance of this host.
     *
     * @param hop where the underlay sends what is for it; null if nowhere
     * @param by who sends what has its outer headers
     * @return a {@link Step}, or {@link OverlayOutput#TOO_BIG}
     */
    int send(Cursor c, Batch b, int slot, Attachment node, @Nullable NextHop hop, OverlayOutput by) {
        Headers to = headers.get(node.id());
        if (to == null || hop == null) {
            return frames.drop(b, slot, c.batch.port[c.slot], DropReason.OVERLAY_UNREACHABLE);
        }
        OverlayTemplate outer = b.etherType[slot] == EtherTypes.IPV4 ? to.ipv4 : to.ipv6;
        PortEntry port = snapshot.port(hop.port());
        roomBytes = port.mtuBytes() - (outer.headerBytes() - Ethernet.BYTES);
        if (port.mtuBytes() != 0 && frames.packetBytes(b, slot) > roomBytes) {
            return OverlayOutput.TOO_BIG;
        }
        long attachment = (long) node.id() << 32
                | (long) (b.outerTag[slot] & VLAN_ID) << VLAN_BITS
                | (b.innerTag[slot] & VLAN_ID);
        if (b.gsoType[slot] == Batch.GSO_NONE) {
            segmenter.complete(b, slot);
            return sendOne(c, b, slot, outer, port, hop, attachment, by);
        }
        if (!segmenter.split(b, slot, pieces)) {
            return frames.drop(b, slot, c.batch.port[c.slot], DropReason.NO_FRAME);
        }
        for (int i = 0; i < pieces.count; i++) {
            sendOne(c, pieces, i, outer, port, hop, attachment, by);
        }
        return Step.DONE;
    }

    private int sendOne(
            Cursor c,
            Batch b,
            int i,
            OverlayTemplate outer,
            PortEntry port,
            NextHop hop,
            long attachment,
            OverlayOutput by) {
        MemorySegment m = frames.memory();
        long ip = b.start[i] + b.l3[i];
        if (frames.pool().headroomBytes(ip) < outer.headerBytes()) {
            return frames.drop(b, i, c.batch.port[c.slot], DropReason.NO_FRAME);
        }
        int tos = b.etherType[i] == EtherTypes.IPV4 ? Ipv4.tos(m, ip) : Ipv6.trafficClass(m, ip);
        int innerBytes = b.length[i] - b.l3[i];
        long tenant = c.planeEntry == PlaneFlows.NONE ? plane.tenant(c.router) : flows.tenant(c.planeEntry);
        long start = outer.copy(m, ip);
        GwlbOptions.write(
                m,
                start + outer.tunnelOffset() + Geneve.BYTES,
                tenant & 0xffff_ffffL,
                attachment,
                c.record < 0 ? 0 : FlowCookie.of(table, c.record));
        outer.patch(m, start, innerBytes, (int) (c.fields.hash >>> 32), tos & DSCP, identification++);
        counters.overlaySent++;
        b.start[i] = start;
        b.length[i] = innerBytes + outer.headerBytes();
        return by.leaveTunnelled(c, b, i, outer, port, hop);
    }
}
