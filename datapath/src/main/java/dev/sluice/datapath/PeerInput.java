package dev.sluice.datapath;

import dev.sluice.datapath.packet.DatapathCounters;
import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.packet.Parser;
import dev.sluice.datapath.rules.PacketFields;
import dev.sluice.datapath.snapshot.OverlayPeer;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.snapshot.ServicePlane;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.snapshot.UnderlayPorts;
import dev.sluice.datapath.stage.Cursor;
import dev.sluice.datapath.stage.Frames;
import dev.sluice.wire.Bfd;
import dev.sluice.wire.Geneve;
import dev.sluice.wire.IpProtocols;
import dev.sluice.wire.Ipv4;
import dev.sluice.wire.Ipv6;
import dev.sluice.wire.Nsh;
import dev.sluice.wire.NshContext;
import dev.sluice.wire.Udp;
import java.lang.foreign.MemorySegment;

/**
 * Takes what other switches say to this one itself, not for a packet: BFD, and states of service instances (V14; packet-life.md, from another switch). One user: the worker.
 *
 * <p>Nothing is heard but from addresses of peers. Hot path: no allocation.
 */
final class PeerInput {
    private final Frames frames;
    private final DatapathCounters counters;
    private PeerReceiver receiver = PeerReceiver.NONE;
    private ServicePlane plane = ServicePlane.NONE;
    private UnderlayPorts ports = Snapshot.empty().underlayPorts();

    PeerInput(Frames frames, DatapathCounters counters) {
        this.frames = frames;
        this.counters = counters;
    }

    void apply(Snapshot next) {
        plane = next.plane();
        ports = next.underlayPorts();
    }

    void receiver(PeerReceiver next) {
        receiver = next;
    }

    /** Whether the packet in hand, on a port of this router, is BFD for the tunnel endpoint. */
    boolean isBfd(Cursor c, int router) {
        PacketFields f = c.fields;
        return f.protocol == IpProtocols.UDP
                && (f.destinationPort == Bfd.PORT_SINGLE_HOP || f.destinationPort == Bfd.PORT_MULTIHOP)
                && plane.isEndpoint(router, f.destinationHi, f.destinationLo);
    }

    /** Takes the BFD packet in hand, which came in by this port. */
    int bfd(Cursor c, PortEntry port) {
        if (!ports.has(port.index())) {
            return frames.drop(c, DropReason.OVERLAY_PORT_REFUSED);
        }
        if ((c.parsed() & Parser.FRAGMENT) != 0) {
            return frames.drop(c, DropReason.OVERLAY_FRAGMENTED);
        }
        OverlayPeer peer = plane.peerAt(c.fields.sourceHi, c.fields.sourceLo);
        if (peer == null) {
            return frames.drop(c, DropReason.OVERLAY_PEER_UNKNOWN);
        }
        MemorySegment m = c.memory;
        long udp = c.start() + c.batch.l4[c.slot];
        if (!OverlayInput.checksumHolds(c, udp)) {
            return frames.drop(c, DropReason.OVERLAY_CHECKSUM);
        }
        long base = udp + Udp.BYTES;
        int available = (int) (c.start() + c.lengthBytes() - base);
        int said = Udp.length(m, udp) - Udp.BYTES;
        boolean multihop = c.fields.destinationPort == Bfd.PORT_MULTIHOP;
        int ttl = c.isIpv4() ? Ipv4.ttl(m, c.networkHeader()) : Ipv6.hopLimit(m, c.networkHeader());
        if (!receiver.bfd(peer, m, base, said < 0 ? available : Math.min(said, available), multihop, ttl, c.nowNs)) {
            return frames.drop(c, DropReason.BFD_REFUSED);
        }
        counters.bfdReceived++;
        return frames.takeWatch(c);
    }

    /** Takes a message between tunnel endpoints: a Geneve packet with bit O whose header was checked. */
    int control(Cursor c, OverlayPeer peer, long geneve, long nsh, long end) {
        MemorySegment m = c.memory;
        int nshBytes = Nsh.check(m, nsh, (int) (end - nsh));
        if (nshBytes < 0 || Nsh.mdType(m, nsh) != Nsh.MD_VARIABLE || NshContext.check(m, nsh) < 0) {
            return frames.drop(c, DropReason.NSH_INVALID);
        }
        if (!Nsh.isOam(m, nsh) || Nsh.nextProtocol(m, nsh) != Nsh.NEXT_NONE || Geneve.vni(m, geneve) != 0) {
            return frames.drop(c, DropReason.OVERLAY_PAYLOAD_UNKNOWN);
        }
        long context = NshContext.find(m, nsh, NshContext.STATES);
        if (context < 0) {
            return frames.drop(c, DropReason.OVERLAY_PAYLOAD_UNKNOWN);
        }
        if (!receiver.states(peer, m, NshContext.value(context), NshContext.valueBytes(m, context), c.nowNs)) {
            return frames.drop(c, DropReason.STATES_REFUSED);
        }
        counters.statesReceived++;
        return frames.takeWatch(c);
    }
}
