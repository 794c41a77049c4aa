package dev.sluice.datapath;

import dev.sluice.wire.Ecn;
import dev.sluice.wire.EtherTypes;
import dev.sluice.wire.Geneve;
import dev.sluice.wire.GeneveOptions;
import dev.sluice.wire.Nsh;
import dev.sluice.wire.OuterUdp;
import dev.sluice.wire.ServiceMetadata;
import dev.sluice.wire.SluiceContext;
import dev.sluice.wire.Udp;
import java.lang.foreign.MemorySegment;

/**
 * Takes packets of service paths from other switches: who may send what, which path and hop, and on to the node, or back into the flow that was classified here (V8, C6,
 * C7; packet-life.md, from another switch). One user: the worker.
 *
 * <p>Nothing of a packet is believed that a peer may not say: its address has to be a peer's and its virtual network the path's. Hot path: no allocation.
 */
final class OverlayInput {
    private static final int[] CRITICAL_OPTIONS_KNOWN = {};
    private static final int NEEDED =
            ServiceMetadata.TENANT | ServiceMetadata.INGRESS_NODE | ServiceMetadata.FLOW_ID | ServiceMetadata.SLUICE;

    private final Frames frames;
    private final Parser parser;
    private final ConnectionTable table;
    private final Zones zones;
    private final Fragments fragments;
    private final PlaneFlows flows;
    private final Steering steering;
    private final Returns returns;
    private final DatapathCounters counters;
    private final ServiceMetadata metadata = new ServiceMetadata();
    private Snapshot snapshot = Snapshot.empty();
    private ServicePlane plane = ServicePlane.NONE;

    OverlayInput(
            Frames frames,
            Parser parser,
            ConnectionTable table,
            Zones zones,
            Fragments fragments,
            PlaneFlows flows,
            Steering steering,
            Returns returns,
            DatapathCounters counters) {
        this.frames = frames;
        this.parser = parser;
        this.table = table;
        this.zones = zones;
        this.fragments = fragments;
        this.flows = flows;
        this.steering = steering;
        this.returns = returns;
        this.counters = counters;
    }

    void apply(Snapshot next) {
        snapshot = next;
        plane = next.plane();
    }

    /** Whether the packet in hand, on a port of this router, is for the tunnel endpoint. */
    boolean isOurs(Cursor c, int router) {
        PacketFields f = c.fields;
        return f.protocol == dev.sluice.wire.IpProtocols.UDP
                && f.destinationPort == Geneve.PORT
                && plane.isEndpoint(router, f.destinationHi, f.destinationLo);
    }

    /** Takes the packet in hand; the next {@link Step}. */
    int receive(Cursor c) {
        if ((c.parsed() & Parser.FRAGMENT) != 0) {
            return frames.drop(c, DropReason.OVERLAY_FRAGMENTED);
        }
        OverlayPeer peer = plane.peerAt(c.fields.sourceHi, c.fields.sourceLo);
        if (peer == null) {
            return frames.drop(c, DropReason.OVERLAY_PEER_UNKNOWN);
        }
        MemorySegment m = c.memory;
        int slot = c.slot;
        long udp = c.start() + c.batch.l4[slot];
        long end = c.start() + c.lengthBytes();
        if (!checksumHolds(c, udp)) {
            return frames.drop(c, DropReason.OVERLAY_CHECKSUM);
        }
        long geneve = udp + Udp.BYTES;
        int geneveBytes = Geneve.check(m, geneve, (int) (end - geneve));
        if (geneveBytes < 0 || GeneveOptions.check(m, geneve) < 0) {
            return frames.drop(c, DropReason.OVERLAY_HEADER_INVALID);
        }
        if (GeneveOptions.checkCritical(m, geneve, CRITICAL_OPTIONS_KNOWN) < 0) {
            return frames.drop(c, DropReason.OVERLAY_OPTION_CRITICAL);
        }
        if (Geneve.protocol(m, geneve) != EtherTypes.NSH || Geneve.isControl(m, geneve)) {
            return frames.drop(c, DropReason.OVERLAY_PAYLOAD_UNKNOWN);
        }
        return receiveNsh(c, peer, geneve + geneveBytes, end, Geneve.vni(m, geneve));
    }

    /** A checksum may be left out (RFC 6935, RFC 6936); one that is there holds, or the sender's kernel is still to complete it. */
    private boolean checksumHolds(Cursor c, long udp) {
        if (Udp.checksum(c.memory, udp) == 0 || (c.batch.offload[c.slot] & Batch.CHECKSUM_PARTIAL) != 0) {
            return true;
        }
        return (c.isIpv4()
                        ? OuterUdp.checkIpv4(c.memory, c.networkHeader(), udp)
                        : OuterUdp.checkIpv6(c.memory, c.networkHeader(), udp, true))
                == 0;
    }

    private int receiveNsh(Cursor c, OverlayPeer peer, long nsh, long end, int vni) {
        MemorySegment m = c.memory;
        int nshBytes = Nsh.check(m, nsh, (int) (end - nsh));
        if (nshBytes < 0 || metadata.read(m, nsh) < 0 || nshBytes > PlaneFlows.NSH_BYTES_MAX) {
            return frames.drop(c, DropReason.NSH_INVALID);
        }
        if (Nsh.isOam(m, nsh) || Nsh.nextProtocol(m, nsh) != Nsh.NEXT_ETHERNET) {
            return frames.drop(c, DropReason.OVERLAY_PAYLOAD_UNKNOWN);
        }
        if (Nsh.decrementTtl(m, nsh) == 0) {
            return frames.drop(c, DropReason.NSH_TTL_EXPIRED);
        }
        int spi = Nsh.spi(m, nsh);
        PlanePath names = plane.forward(spi);
        int direction = names != null ? 0 : 1;
        names = names != null ? names : plane.reverse(spi);
        Path path = names == null ? null : snapshot.path(names.path());
        if (names == null || path == null || names.svni() != vni) {
            return frames.drop(c, DropReason.NSH_PATH_UNKNOWN);
        }
        int ordinal = PlanePath.FIRST_INDEX - Nsh.si(m, nsh);
        if (ordinal > path.hops().size()) {
            return frames.drop(c, DropReason.NSH_INDEX_INVALID);
        }
        if (!metadata.has(NEEDED)) {
            return frames.drop(c, DropReason.NSH_CONTEXT_MISSING);
        }
        PacketTracer tracer = frames.tracer();
        if (tracer != null) {
            tracer.carried(c.batch, c.slot, peer, spi, Nsh.si(m, nsh));
        }
        boolean classifiedHere = metadata.ingressNode() == (plane.node() & 0xffff_ffffL);
        OverlayPeer classifier = plane.peerNumbered(metadata.ingressNode());
        if (!classifiedHere) {
            if (classifier == null) {
                return frames.drop(c, DropReason.NSH_CONTEXT_MISSING);
            }
            flows.take(m, nsh, nshBytes, classifier.number(), metadata);
        }
        return takeOut(c, nsh + nshBytes, end, direction, Nsh.path(m, nsh))
                ? isCopy()
                        ? serveCopy(c, path, ordinal)
                        : classifiedHere ? goOn(c, path, ordinal) : serve(c, path, ordinal)
                : Step.DONE;
    }

    private boolean isCopy() {
        return (metadata.flags() & SluiceContext.COPY) != 0;
    }

    /** Makes the packet in hand the frame that was carried; false if it was dropped. */
    private boolean takeOut(Cursor c, long inner, long end, int direction, int way) {
        Batch b = c.batch;
        int slot = c.slot;
        int outerTos = Ecn.tos(c.memory, c.networkHeader());
        b.start[slot] = inner;
        b.length[slot] = (int) (end - inner);
        b.offload[slot] = 0;
        b.gsoType[slot] = Batch.GSO_NONE;
        parser.parseOne(b, slot);
        if (b.parsed[slot] < 0) {
            frames.drop(c, DropReason.of(-1 - b.parsed[slot]));
            return false;
        }
        c.take(b, slot, c.nowNs);
        c.direction = direction;
        int parsed = c.parsed();
        if ((parsed & Parser.IP) == 0 || (parsed & (Parser.GROUP | Parser.NEIGHBOR_DISCOVERY)) != 0) {
            frames.drop(c, DropReason.OVERLAY_PAYLOAD_UNKNOWN);
            return false;
        }
        if (Ecn.decapsulateInto(c.memory, c.networkHeader(), outerTos) < 0) {
            frames.drop(c, DropReason.OVERLAY_CONGESTION);
            return false;
        }
        counters.overlayReceived++;
        return fragments.admitCarried(c, FlowHash.mix(metadata.tenant()) ^ way);
    }

    private static int hop(Path path, int direction, int ordinal) {
        return direction == 0 ? ordinal : path.hops().size() - 1 - ordinal;
    }

    /** A copy goes to its node and nowhere else, also where the packet was classified. */
    private int serveCopy(Cursor c, Path path, int ordinal) {
        if (ordinal == path.hops().size()) {
            return frames.drop(c, DropReason.NSH_INDEX_INVALID);
        }
        Attachment node = path.hops().get(hop(path, c.direction, ordinal)).attachment();
        return steering.serveCopy(c, node, (metadata.flags() & SluiceContext.LAYER_2) != 0);
    }

    // For another switch.

    private int serve(Cursor c, Path path, int ordinal) {
        if (ordinal == path.hops().size()) {
            // Had all its services and is not ours: it came to the wrong switch.
            return frames.drop(c, DropReason.NSH_INDEX_INVALID);
        }
        c.planeEntry = PlaneFlows.IN_HAND;
        return steering.serve(c, path, hop(path, c.direction, ordinal));
    }

    // Classified here.

    private int goOn(Cursor c, Path path, int ordinal) {
        int direction = c.direction;
        if (ordinal > 0) {
            Attachment last = path.hops().get(hop(path, direction, ordinal - 1)).attachment();
            last.counters().returned[direction]++;
        }
        int named = table.resolve(metadata.flowId());
        boolean stands = named >= 0 && table.tag(named) == ConnectionTable.SERVICE && table.pathId(named) == path.id();
        int router = stands ? zones.router(table.router(named)) : plane.routerOf(metadata.tenant());
        if (router < 0) {
            return frames.drop(c, DropReason.OVERLAY_FLOW_UNKNOWN);
        }
        if (!c.enterRouter(router)) {
            return frames.drop(c, DropReason.ZONES_FULL);
        }
        return returns.goOnFromPeer(c, path, hop(path, direction, ordinal), stands ? named : -1);
    }
}
