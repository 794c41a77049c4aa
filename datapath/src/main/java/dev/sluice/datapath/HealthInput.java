package dev.sluice.datapath;

import dev.sluice.datapath.neighbors.NeighborAnswer;
import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.DatapathCounters;
import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.packet.Parser;
import dev.sluice.datapath.rules.PacketFields;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.snapshot.ServicePlane;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.snapshot.WatchedNode;
import dev.sluice.datapath.snapshot.WatchedNodes;
import dev.sluice.datapath.stage.Cursor;
import dev.sluice.datapath.stage.Frames;
import dev.sluice.wire.Bfd;
import dev.sluice.wire.Checksum;
import dev.sluice.wire.Icmp;
import dev.sluice.wire.Icmpv6;
import dev.sluice.wire.IpProtocols;
import dev.sluice.wire.Ipv4;
import dev.sluice.wire.Ipv6;
import dev.sluice.wire.Layouts;
import dev.sluice.wire.Probe;
import dev.sluice.wire.Tcp;
import dev.sluice.wire.Udp;
import org.jspecify.annotations.Nullable;

/**
 * Takes what service nodes say of themselves: BFD, and answers to probes that are addressed to this node (V14; packet-life.md, what nodes say of themselves). One user: the
 * worker.
 *
 * <p>Nothing is heard but from the addresses that the snapshot names, where it names them. Hot path: no allocation. Cost for packets of others: a look at whether
 * anybody is watched where they came in.
 */
final class HealthInput {
    private final Frames frames;
    private final DatapathCounters counters;
    private final NeighborAnswer answer = new NeighborAnswer();
    private ProbeReceiver receiver = ProbeReceiver.NONE;
    private WatchedNodes watched = WatchedNodes.NONE;

    HealthInput(Frames frames, DatapathCounters counters) {
        this.frames = frames;
        this.counters = counters;
    }

    void apply(Snapshot next) {
        watched = next.watched();
    }

    void receiver(ProbeReceiver next) {
        receiver = next;
    }

    /** Who says it at a service port, if the packet in hand is such a one; null if it is not. */
    @Nullable
    WatchedNode atServicePort(Cursor c, Attachment node, int side) {
        if (!watched.any(c.port)) {
            return null;
        }
        WatchedNode[] all = watched.at(c.port, c.fields.sourceHi, c.fields.sourceLo);
        for (int i = 0; all != null && i < all.length; i++) {
            WatchedNode each = all[i];
            if (each.attachment() == node.id() && (each.side() == side || node.oneArmed()) && isSaid(c, each)) {
                return each;
            }
        }
        return null;
    }

    /** The same for a packet in the underlay. */
    @Nullable
    WatchedNode inUnderlay(Cursor c, int router, ServicePlane plane) {
        if (!watched.any(WatchedNode.UNDERLAY) || router != plane.router()) {
            return null;
        }
        WatchedNode[] all = watched.at(WatchedNode.UNDERLAY, c.fields.sourceHi, c.fields.sourceLo);
        for (int i = 0; all != null && i < all.length; i++) {
            if (isSaid(c, all[i])) {
                return all[i];
            }
        }
        return null;
    }

    /** Hears whether the ARP or discovery packet in hand is the answer of a watched node at a service port. It stays the packet of who keeps the neighbours. */
    void hearAtServicePort(Cursor c, PortEntry port, Attachment node, int side) {
        if (!watched.any(c.port) || !answer.read(c, port.mac())) {
            return;
        }
        WatchedNode[] all = watched.at(c.port, answer.fromHi(), answer.fromLo());
        for (int i = 0; all != null && i < all.length; i++) {
            WatchedNode each = all[i];
            if (each.attachment() == node.id() && (each.side() == side || node.oneArmed())) {
                hear(c, each);
            }
        }
    }

    /** The same at a port of the underlay. */
    void hearInUnderlay(Cursor c, PortEntry port, ServicePlane plane) {
        if (!watched.any(WatchedNode.UNDERLAY) || port.router() != plane.router() || !answer.read(c, port.mac())) {
            return;
        }
        WatchedNode[] all = watched.at(WatchedNode.UNDERLAY, answer.fromHi(), answer.fromLo());
        for (int i = 0; all != null && i < all.length; i++) {
            hear(c, all[i]);
        }
    }

    private void hear(Cursor c, WatchedNode by) {
        if (by.speech() == WatchedNode.Speech.NEIGHBOR
                && answer.isTo(by.own())
                && receiver.neighborAnswered(by, c.nowNs)) {
            counters.probesReturned++;
        }
    }

    private static boolean isSaid(Cursor c, WatchedNode by) {
        PacketFields f = c.fields;
        if (f.destinationLo != by.own().lo()
                || f.destinationHi != by.own().hi()
                || (c.parsed() & Parser.FRAGMENT) != 0
                || c.batch.l4[c.slot] == 0) {
            return false;
        }
        return switch (by.speech()) {
            case BFD ->
                f.protocol == IpProtocols.UDP
                        && (f.destinationPort == Bfd.PORT_SINGLE_HOP || f.destinationPort == Bfd.PORT_MULTIHOP);
            case ECHO -> isEchoReply(c);
            case NEIGHBOR -> false;
            case TCP -> f.protocol == IpProtocols.TCP && f.sourcePort == by.nodePort();
            case THROUGH ->
                f.protocol == IpProtocols.UDP && f.sourcePort == by.nodePort() && f.destinationPort == by.nodePort();
        };
    }

    private static boolean isEchoReply(Cursor c) {
        int type = Layouts.u8(c.memory, c.start() + c.batch.l4[c.slot]);
        return c.isIpv4()
                ? c.fields.protocol == IpProtocols.ICMP && type == Icmp.ECHO_REPLY
                : c.fields.protocol == IpProtocols.ICMPV6 && type == Icmpv6.ECHO_REPLY;
    }

    /** Takes the packet in hand, which is one of this node. */
    int take(Cursor c, WatchedNode by) {
        long transport = c.start() + c.batch.l4[c.slot];
        int bytes = transportBytes(c);
        boolean bfd = by.speech() == WatchedNode.Speech.BFD;
        int ttl = c.isIpv4() ? Ipv4.ttl(c.memory, c.networkHeader()) : Ipv6.hopLimit(c.memory, c.networkHeader());
        if (bytes < smallest(by.speech())
                || !checksumHolds(c, transport, bytes)
                || !receiver.said(by, c.memory, transport, bytes, ttl, c.nowNs)) {
            return frames.drop(c, bfd ? DropReason.BFD_REFUSED : DropReason.PROBE_UNEXPECTED);
        }
        if (bfd) {
            counters.bfdReceived++;
        } else {
            counters.probesReturned++;
        }
        return frames.takeWatch(c);
    }

    private static int smallest(WatchedNode.Speech speech) {
        return switch (speech) {
            case BFD -> Udp.BYTES;
            // Such answers are heard, not taken.
            case NEIGHBOR -> Integer.MAX_VALUE;
            case ECHO, THROUGH -> Udp.BYTES + Probe.BYTES;
            case TCP -> Tcp.BYTES;
        };
    }

    /** From the transport header to the end of the packet, as the IP header says, without what pads the frame. */
    private static int transportBytes(Cursor c) {
        long network = c.networkHeader();
        int before = c.batch.l4[c.slot] - c.batch.l3[c.slot];
        int said =
                c.isIpv4() ? Ipv4.totalLength(c.memory, network) : Ipv6.BYTES + Ipv6.payloadLength(c.memory, network);
        return Math.min(said - before, c.lengthBytes() - c.batch.l4[c.slot]);
    }

    /** What the kernel has not completed, or has checked, counts as whole; so does UDP over IPv4 without checksum. */
    private static boolean checksumHolds(Cursor c, long transport, int bytes) {
        boolean known = (c.batch.offload[c.slot] & (Batch.CHECKSUM_PARTIAL | Batch.CHECKSUM_VALID)) != 0;
        if (known || (c.fields.protocol == IpProtocols.UDP && c.isIpv4() && Udp.checksum(c.memory, transport) == 0)) {
            return true;
        }
        if (c.fields.protocol == IpProtocols.ICMP) {
            return Checksum.of(c.memory, transport, bytes) == 0;
        }
        long pseudo = c.isIpv4()
                ? Checksum.pseudoIpv4(c.memory, c.networkHeader(), c.fields.protocol, bytes)
                : Checksum.pseudoIpv6(c.memory, c.networkHeader(), c.fields.protocol, bytes);
        return Checksum.verify(c.memory, pseudo, transport, bytes);
    }

    /** Takes a frame that has the form of a probe: it is nobody's traffic. */
    int takeProbe(Cursor c) {
        if (!receiver.receive(c.batch, c.slot, c.nowNs)) {
            return frames.drop(c, DropReason.PROBE_UNEXPECTED);
        }
        counters.probesReturned++;
        return frames.takeWatch(c);
    }

    /** A probe's length is looked at first, so that other packets cost nothing more. */
    static boolean isProbe(Cursor c) {
        Batch b = c.batch;
        int i = c.slot;
        int l4 = b.l4[i];
        return l4 != 0
                && b.length[i] - l4 == Udp.BYTES + Probe.BYTES
                && (b.parsed[i] & (Parser.IPV4 | Parser.FRAGMENT)) == Parser.IPV4
                && (b.protocol[i] == IpProtocols.UDP || b.protocol[i] == IpProtocols.ICMP)
                && Probe.hasMagic(c.memory, b.start[i] + l4 + Udp.BYTES);
    }
}
