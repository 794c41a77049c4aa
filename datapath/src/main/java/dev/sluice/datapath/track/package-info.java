/**
 * What is known of flows: connections, key spaces, attributes, what operators and nodes said, which Ethernet addresses they had.
 *
 * <p>Purpose: one bounded table for each, looked up once per packet, with expiry; whoever repeats packets elsewhere is told by {@link dev.sluice.datapath.track.FlowWatcher}. Place: above {@code packet} and
 * {@code snapshot}; knows no stage and no packet but its fields. Threads: the worker's; others ask it between two batches. Specification: docs/reference/packet-life.md, classify, attributes, flow programming, generations. Start reading at
 * {@link dev.sluice.datapath.track.ConnectionTable}.
 */
@NullMarked
package dev.sluice.datapath.track;

import org.jspecify.annotations.NullMarked;
