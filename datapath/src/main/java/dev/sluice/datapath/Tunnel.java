package dev.sluice.datapath;

import dev.sluice.wire.IpAddress;
import dev.sluice.wire.OverlayTemplate;

/**
 * A tunnel that packets of this node may be sent into.
 *
 * @param to where it ends, in the underlay
 * @param outer its outer headers; the MAC addresses are those of the route at the time of sending
 */
record Tunnel(IpAddress to, OverlayTemplate outer) {}
