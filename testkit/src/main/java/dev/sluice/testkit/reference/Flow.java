package dev.sluice.testkit.reference;

import dev.sluice.wire.IpAddress;

/** A conversation between two hosts of a scenario, and how far its TCP has come. */
final class Flow {
    /** Direction and flags of a TCP connection's packets, and of the next one on the same ports. */
    private static final int[][] WALK = {
        {0, 0x02}, {1, 0x12}, {0, 0x10}, {0, 0x18}, {1, 0x10}, {1, 0x18}, {0, 0x10}, {0, 0x18}, {1, 0x10}, {0, 0x11},
        {1, 0x11}, {0, 0x10}
    };

    final int forwardPort;
    final int reversePort;
    final long forwardGateway;
    final long reverseGateway;
    final IpAddress source;
    final IpAddress destination;
    final int protocol;
    final int sourcePort;
    final int destinationPort;
    final int dscp;
    final int vlan;
    private int at;

    Flow(Dice dice, int forwardPort, int reversePort, boolean pair, IpAddress source, IpAddress destination) {
        this.forwardPort = forwardPort;
        this.reversePort = reversePort;
        this.forwardGateway =
                pair ? WorldGenerator.hostMac(reversePort, dice.any(10, 11)) : WorldBuilder.portMac(forwardPort);
        this.reverseGateway =
                pair ? WorldGenerator.hostMac(forwardPort, dice.any(10, 11)) : WorldBuilder.portMac(reversePort);
        this.source = source;
        this.destination = destination;
        this.protocol = dice.any(6, 6, 6, 17, 17, source.isIpv4() ? 1 : 58, 132, 47, 89);
        boolean ports = protocol == 6 || protocol == 17 || protocol == 132;
        int identifier = dice.between(1, 5);
        this.sourcePort = ports ? dice.between(1000, 1006) : identifier;
        this.destinationPort = ports ? dice.any(80, 443, 53, 1001) : identifier;
        this.dscp = dice.any(0, 0, 10, 46);
        this.vlan = pair ? dice.any(0, 0, 0, 7, 8) : 0;
    }

    /** The next packet; of TCP the next of its walk. */
    Packet next(Dice dice) {
        int direction = dice.below(2);
        int flags = dice.any(0x10, 0x18, 0x10, 0x02, 0x12, 0x04, 0x11, 0x06, 0x01, 0x00);
        if (protocol == 6 && dice.percent(90)) {
            direction = WALK[at % WALK.length][0];
            flags = WALK[at % WALK.length][1];
            at++;
        } else if (at++ == 0) {
            direction = 0;
        }
        return packet(dice, direction, flags);
    }

    int portOf(Packet packet) {
        return packet.source.equals(source) ? forwardPort : reversePort;
    }

    private Packet packet(Dice dice, int direction, int flags) {
        Packet packet = new Packet();
        boolean forward = direction == 0;
        packet.source = forward ? source : destination;
        packet.destination = forward ? destination : source;
        packet.sourcePort = forward ? sourcePort : destinationPort;
        packet.destinationPort = forward ? destinationPort : sourcePort;
        packet.sourceMac = WorldGenerator.hostMac(forward ? forwardPort : reversePort, dice.any(10, 10, 11));
        packet.destinationMac = forward ? forwardGateway : reverseGateway;
        packet.protocol = protocol;
        packet.tcpFlags = flags;
        packet.icmpType = protocol == 1 ? (forward ? 8 : 0) : forward ? 128 : 129;
        if ((protocol == 1 || protocol == 58) && dice.percent(10)) {
            packet.icmpType = protocol == 1 ? 3 : 1;
        }
        packet.dscp = dscp;
        packet.payload = dice.bytes(dice.any(8, 9, 12, 30, 70));
        if (vlan != 0) {
            packet.tags.add(0x8100 << 16 | vlan);
        }
        return packet;
    }
}
