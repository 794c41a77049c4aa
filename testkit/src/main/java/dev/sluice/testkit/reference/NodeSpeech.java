package dev.sluice.testkit.reference;

import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.WatchedNode;
import dev.sluice.ports.MemoryFrame;
import dev.sluice.wire.IpAddress;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What nodes say of themselves (packet-life.md): who is listened to, in random worlds; what comes from there, or nearly; which packets are such ones. */
final class NodeSpeech {
    private static final int NODE_PORT = 80;

    private NodeSpeech() {}

    /** Whoever routes, and is at a port with addresses of this node, may be listened to. */
    static List<WatchedNode> of(Dice dice, int id, int side, Attachment.Side at, List<IpAddress> own) {
        if (own.isEmpty() || at.nextHopV4() == 0 || dice.percent(40)) {
            return List.of();
        }
        boolean v4 = dice.percent(60);
        IpAddress address = v4 ? IpAddress.ofIpv4(at.nextHopV4()) : new IpAddress(at.nextHopV6Hi(), at.nextHopV6Lo());
        IpAddress to =
                own.stream().filter(each -> each.isIpv4() == v4).findFirst().orElseThrow();
        WatchedNode.Speech speech = dice.any(WatchedNode.Speech.values());
        return List.of(new WatchedNode(2 * id + side, at.port(), id, side, address, to, speech, NODE_PORT));
    }

    /** A packet of a node that is listened to, often with something wrong. */
    static Event.@Nullable Arrives make(Dice dice, World now) {
        WatchedNode by = dice.of(now.watched());
        Attachment node = now.attachments().stream()
                .filter(each -> each.id() == by.attachment())
                .findFirst()
                .orElse(null);
        if (node == null) {
            return null;
        }
        Attachment.Side side = node.side(dice.percent(90) ? by.side() : 1 - by.side());
        Packet packet = new Packet();
        packet.sourceMac = 0x0e00_0000_0000L | (long) by.attachment() << 8 | by.side();
        packet.destinationMac = WorldBuilder.portMac(side.port()) + (dice.percent(5) ? 1 : 0);
        for (int tag : new int[] {side.outerTag(), side.innerTag()}) {
            if (tag != 0) {
                packet.tags.add(tag);
            }
        }
        packet.source = by.address();
        packet.destination = by.own();
        boolean v4 = by.address().isIpv4();
        WatchedNode.Speech speech = dice.percent(85) ? by.speech() : dice.any(WatchedNode.Speech.values());
        packet.protocol = switch (speech) {
            case BFD, THROUGH -> 17;
            case TCP -> 6;
            // Who is listened to for answers about its MAC address has packets like any other.
            case ECHO, NEIGHBOR -> v4 ? 1 : 58;
        };
        packet.sourcePort = dice.percent(90) ? NODE_PORT : 81;
        packet.destinationPort =
                speech == WatchedNode.Speech.BFD ? dice.any(3784, 3784, 4784, 3785) : dice.any(NODE_PORT, 50_000);
        packet.icmpType = dice.percent(80) ? (v4 ? 0 : 129) : (v4 ? 8 : 128);
        packet.tcpFlags = 0x12;
        packet.ttl = dice.any(255, 64, 1);
        packet.payload = dice.bytes(dice.any(0, 24, 48, 200));
        if (dice.percent(5)) {
            packet.moreFragments = true;
        }
        return new Event.Arrives(side.port(), MemoryFrame.plain(packet.bytes()), 256, false);
    }

    /** Who says a packet, null if it is somebody's traffic. */
    static @Nullable WatchedNode speaker(World world, Trip trip, ModelReturn.Binding at) {
        ModelFrame frame = trip.frame;
        if (frame.fragment
                || frame.transportAt < 0
                || frame.destinationMac != world.port(trip.port).mac()) {
            return null;
        }
        return world.watched().stream()
                .filter(by -> by.port() == trip.port
                        && by.attachment() == at.node().id()
                        && (by.side() == at.side() || at.node().oneArmed())
                        && Objects.equals(by.address(), frame.source)
                        && Objects.equals(by.own(), frame.destination)
                        && fits(by, frame))
                .findFirst()
                .orElse(null);
    }

    private static boolean fits(WatchedNode by, ModelFrame frame) {
        boolean udp = frame.protocol == 17;
        return switch (by.speech()) {
            case BFD -> udp && (frame.destinationPort == 3784 || frame.destinationPort == 4784);
            case NEIGHBOR -> false;
            case TCP -> frame.protocol == 6 && frame.sourcePort == by.nodePort();
            case THROUGH -> udp && frame.sourcePort == by.nodePort() && frame.destinationPort == by.nodePort();
            case ECHO ->
                frame.protocol == (frame.ipv4 ? 1 : 58) && frame.u8(frame.transportAt) == (frame.ipv4 ? 0 : 129);
        };
    }
}
