package dev.sluice.datapath.track;

import dev.sluice.datapath.packet.FlowHash;
import dev.sluice.datapath.rules.PacketFields;
import dev.sluice.wire.IpAddress;

/**
 * The flow that an {@link Instruction} is for, in either direction.
 *
 * @param zone key space, see {@code Datapath.zone}
 * @param protocol IP protocol, 0..255
 * @param source address
 * @param sourcePort 0..65535; of an echo: its identifier, as both ports
 * @param destination address
 * @param destinationPort as the source port
 */
public record InstructedFlow(
        int zone, int protocol, IpAddress source, int sourcePort, IpAddress destination, int destinationPort) {
    /** {@link FlowHash#of}, the same whatever the key space. */
    public long flowHash() {
        return FlowHash.of(
                source.hi(), source.lo(), sourcePort, destination.hi(), destination.lo(), destinationPort, protocol);
    }

    long hash() {
        return FlowHash.withRouter(flowHash(), zone);
    }

    void write(PacketFields key) {
        key.protocol = protocol;
        key.sourceHi = source.hi();
        key.sourceLo = source.lo();
        key.sourcePort = sourcePort;
        key.destinationHi = destination.hi();
        key.destinationLo = destination.lo();
        key.destinationPort = destinationPort;
    }
}
