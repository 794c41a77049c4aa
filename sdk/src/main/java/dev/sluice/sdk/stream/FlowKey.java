package dev.sluice.sdk.stream;

import dev.sluice.sdk.InnerPacket;
import org.jspecify.annotations.Nullable;

/** A flow by tenant, protocol and both ends, the same for both directions. One of them is filled again for each look-up; what is in the table is a copy and stays as it is. */
final class FlowKey {
    private long tenant;
    private int protocol;
    private int ports;
    private long lowHi;
    private long lowLo;
    private long highHi;
    private long highLo;

    /** Takes the flow of a packet; whether its sender is the second of both ends in the order of this class. */
    boolean set(InnerPacket packet, long ofTenant) {
        tenant = ofTenant;
        protocol = packet.protocol();
        boolean swapped = isSwapped(packet);
        ports = swapped
                ? packet.destinationPort() << 16 | packet.sourcePort()
                : packet.sourcePort() << 16 | packet.destinationPort();
        lowHi = swapped ? packet.destinationHi() : packet.sourceHi();
        lowLo = swapped ? packet.destinationLo() : packet.sourceLo();
        highHi = swapped ? packet.sourceHi() : packet.destinationHi();
        highLo = swapped ? packet.sourceLo() : packet.destinationLo();
        return swapped;
    }

    private static boolean isSwapped(InnerPacket packet) {
        int order = Long.compareUnsigned(packet.sourceHi(), packet.destinationHi());
        order = order != 0 ? order : Long.compareUnsigned(packet.sourceLo(), packet.destinationLo());
        return order != 0 ? order > 0 : packet.sourcePort() > packet.destinationPort();
    }

    FlowKey copy() {
        FlowKey copy = new FlowKey();
        copy.tenant = tenant;
        copy.protocol = protocol;
        copy.ports = ports;
        copy.lowHi = lowHi;
        copy.lowLo = lowLo;
        copy.highHi = highHi;
        copy.highLo = highLo;
        return copy;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof FlowKey key
                && tenant == key.tenant
                && protocol == key.protocol
                && ports == key.ports
                && lowHi == key.lowHi
                && lowLo == key.lowLo
                && highHi == key.highHi
                && highLo == key.highLo;
    }

    @Override
    public int hashCode() {
        long hash = ((tenant * 31 + protocol) * 31 + ports) * 31 + lowHi;
        hash = ((hash * 31 + lowLo) * 31 + highHi) * 31 + highLo;
        hash *= 0x9e37_79b9_7f4a_7c15L;
        return (int) (hash >>> 32);
    }
}
