package dev.sluice.datapath.route;

import dev.sluice.wire.IpPrefix;

/**
 * One route of a router: where packets to an address block go.
 *
 * @param prefix the block
 * @param group the next hops among which flows are spread
 */
public record RouteEntry(IpPrefix prefix, NextHopGroup group) {}
