/**
 * Which MAC address is behind an address of the network: ARP and neighbour discovery.
 *
 * <p>Purpose: one bounded table of neighbours with the frames that wait for them, and the answers that this node gives for its own addresses. Place: above {@code packet} and {@code snapshot}; the stage that receives and
 * times out stands with the other stages. Threads: the worker's. Specification: docs/reference/packet-life.md, leave; RFC 826, RFC 4861. Start reading at {@link dev.sluice.datapath.neighbors.Neighbors}.
 */
@NullMarked
package dev.sluice.datapath.neighbors;

import org.jspecify.annotations.NullMarked;
