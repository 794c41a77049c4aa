/**
 * A node: what runs the data path with what users wrote.
 *
 * <p>Purpose: compile a {@link dev.sluice.model.Configuration} into a {@link dev.sluice.datapath.Snapshot}, own the ports and the threads, apply changed
 * files as one new snapshot, answer on the administration socket. Place: above {@code datapath}, {@code ports} and {@code model}; the command line
 * is above it. Threads: the worker ({@link dev.sluice.agent.Worker}) owns frames, ports and data path and never waits for anybody; the control thread
 * ({@link dev.sluice.agent.NodeRunner}) compiles, opens, closes and watches; each administration client has a virtual thread. They talk by single-slot
 * mailboxes. Specification: {@code docs/reference/packet-life.md} says what the compiled tables mean. Start reading at
 * {@link dev.sluice.agent.SnapshotCompiler}, then {@link dev.sluice.agent.NodeRunner}.
 */
@NullMarked
package dev.sluice.agent;

import org.jspecify.annotations.NullMarked;
