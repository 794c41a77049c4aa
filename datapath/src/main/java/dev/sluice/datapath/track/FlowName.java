package dev.sluice.datapath.track;

import dev.sluice.datapath.packet.FlowHash;
import dev.sluice.wire.IpAddress;

/**
 * A flow as people name it: protocol, two ends, with or without ports; equal for both directions, in every router and VLAN. A table's keys are never changed; only
 * the one that it looks up with is.
 */
public final class FlowName {
    /** Port of a flow that is named without ports. */
    public static final int ANY_PORT = -1;

    private int protocol;
    private long lowHi;
    private long lowLo;
    private int lowPort;
    private long highHi;
    private long highLo;
    private int highPort;

    /** The name that a table refills. */
    FlowName() {}

    /**
     * A flow; either order of its ends.
     *
     * @param protocol IP protocol, 0..255
     * @param onePort 0..65535, or {@link #ANY_PORT} for both ends: all flows of the protocol between the two addresses
     */
    public FlowName(int protocol, IpAddress one, int onePort, IpAddress other, int otherPort) {
        if ((onePort == ANY_PORT) != (otherPort == ANY_PORT)) {
            throw new IllegalArgumentException("one end has a port and the other has none");
        }
        set(protocol, one.hi(), one.lo(), onePort, other.hi(), other.lo(), otherPort);
    }

    void set(int newProtocol, long oneHi, long oneLo, int onePort, long otherHi, long otherLo, int otherPort) {
        int order = Long.compareUnsigned(oneHi, otherHi);
        order = order != 0 ? order : Long.compareUnsigned(oneLo, otherLo);
        boolean inOrder = (order != 0 ? order : Integer.compare(onePort, otherPort)) <= 0;
        protocol = newProtocol;
        lowHi = inOrder ? oneHi : otherHi;
        lowLo = inOrder ? oneLo : otherLo;
        lowPort = inOrder ? onePort : otherPort;
        highHi = inOrder ? otherHi : oneHi;
        highLo = inOrder ? otherLo : oneLo;
        highPort = inOrder ? otherPort : onePort;
    }

    /** IP protocol. */
    public int protocol() {
        return protocol;
    }

    /** The end with the lower address. */
    public IpAddress low() {
        return new IpAddress(lowHi, lowLo);
    }

    /** Its port, or {@link #ANY_PORT}. */
    public int lowPort() {
        return lowPort;
    }

    /** The end with the higher address. */
    public IpAddress high() {
        return new IpAddress(highHi, highLo);
    }

    /** Its port, or {@link #ANY_PORT}. */
    public int highPort() {
        return highPort;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof FlowName name
                && protocol == name.protocol
                && lowHi == name.lowHi
                && lowLo == name.lowLo
                && lowPort == name.lowPort
                && highHi == name.highHi
                && highLo == name.highLo
                && highPort == name.highPort;
    }

    @Override
    public int hashCode() {
        return (int) FlowHash.of(lowHi, lowLo, lowPort, highHi, highLo, highPort, protocol);
    }
}
