package dev.sluice.datapath.snapshot;

import dev.sluice.wire.IpAddress;
import dev.sluice.wire.OverlayTemplate;

/**
 * A tunnel that packets of this node may be sent into.
 *
 * @param to where it ends, in the underlay; of no meaning with a port
 * @param outer its outer headers; the MAC addresses are those of the route at the time of sending, but with a port
 * @param port index of the port that it leaves by, {@link #ROUTED} if it is in the underlay
 */
public record Tunnel(IpAddress to, OverlayTemplate outer, int port) {
    /** Value of {@link #port}: the underlay's routes say. */
    static final int ROUTED = -1;

    private static final IpAddress NOWHERE = new IpAddress(0, 0);

    /** One that ends in the underlay. */
    static Tunnel into(IpAddress to, OverlayTemplate outer) {
        return new Tunnel(to, outer, ROUTED);
    }

    /** One that ends at the other end of a port's link. */
    static Tunnel onPort(int port, OverlayTemplate outer) {
        return new Tunnel(NOWHERE, outer, port);
    }

    /** Whether it needs no route. */
    public boolean isOnPort() {
        return port != ROUTED;
    }
}
