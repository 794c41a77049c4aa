/**
 * Several switches in memory that watch each other and tell what their service nodes do, with time in the hands of the test.
 *
 * <p>Place: above {@code agent} and {@code testkit}, whose data paths it joins. Threads: the test's. Specification: V14; {@code docs/reference/packet-life.md} (other switches). Start reading at
 * {@link dev.sluice.lab.peers.PeersWorld}.
 */
@NullMarked
package dev.sluice.lab.peers;

import org.jspecify.annotations.NullMarked;
