package dev.sluice.ports;

import dev.sluice.wire.IpAddress;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Where datagrams go, in the kernel's form, made once so that sending allocates nothing. Immutable. */
public final class UdpTarget {
    private final MemorySegment address;

    private UdpTarget(MemorySegment address) {
        this.address = address;
    }

    /**
     * An address and a port.
     *
     * @param interfaceIndex what a link-local IPv6 address needs; 0 for any other
     */
    public static UdpTarget of(IpAddress address, int port, int interfaceIndex) {
        return new UdpTarget(SocketAddresses.write(Arena.ofAuto(), address, port, interfaceIndex));
    }

    MemorySegment address() {
        return address;
    }
}
