/**
 * The life of a packet: parse, classify, track, steer, return, route, transmit.
 *
 * <p>Purpose: take frames in batches, decide once per flow, carry each packet through its service nodes and on to its destination.
 * Place: above {@code wire}; knows compiled tables only, neither objects nor threads, sockets or files. Threads: each worker owns
 * one {@link dev.sluice.datapath.Datapath} with everything below it; only {@link dev.sluice.datapath.Snapshot}s and liveness flags
 * come from outside. Specification: docs/reference/packet-life.md, requirement rows V and C in docs/specs.md. Start reading at
 * {@link dev.sluice.datapath.Datapath}.
 *
 * <p>What knows nothing of a packet's life has packages of its own below, with arrows from here to there only: {@code rules}, which rule matches, and {@code route}, where an
 * address goes.
 */
@NullMarked
package dev.sluice.datapath;

import org.jspecify.annotations.NullMarked;
