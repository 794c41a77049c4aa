/**
 * What a node knows of the other nodes it shares service instances with: whether they live, by BFD, and what they say of their instances.
 *
 * <p>Place: between {@code compile} and {@code worker}. Threads: the worker; reports are for any thread. Specification: V14; {@code docs/reference/packet-life.md} (other switches),
 * {@code docs/reference/overlay-formats.md} (instance states), {@code docs/reference/bfd.md}. Start reading at {@link dev.sluice.agent.peers.PeerWatch}.
 */
@NullMarked
package dev.sluice.agent.peers;

import org.jspecify.annotations.NullMarked;
