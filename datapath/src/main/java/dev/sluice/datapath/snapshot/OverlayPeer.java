package dev.sluice.datapath.snapshot;

import dev.sluice.wire.IpAddress;

/**
 * The switch of another host, with which packets of service paths are exchanged (C1, V8).
 *
 * @param index place in {@link ServicePlane#peers}
 * @param name name of the node, for people
 * @param number what packets call the node (RFC 9263 4.3); unique among all nodes
 * @param address its tunnel endpoint; packets from other addresses are refused
 */
public record OverlayPeer(int index, String name, int number, IpAddress address) {}
