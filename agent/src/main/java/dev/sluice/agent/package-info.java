/**
 * A node: what runs the data path with what users wrote. This package holds only what all parts of it share: the error for people, the directory of the
 * state, the options, the time of day.
 *
 * <p>Place: above {@code datapath}, {@code ports}, {@code liveness} and {@code model}; the command line is above it. Its packages, from below:
 *
 * <ul>
 *   <li>{@code report}: what a node answers, as records; {@code analysis}, {@code metrics}, {@code history}, {@code doctor}: parts that stand alone
 *   <li>{@code admin}: the administration socket, both ends
 *   <li>{@code compile}: a {@link dev.sluice.model.Configuration} becomes a {@link dev.sluice.datapath.snapshot.Snapshot}
 *   <li>{@code worker}: the thread that moves packets, its ports, its probes
 *   <li>{@code instances}, {@code flows}: service instances and flows as an operator sees and steers them
 *   <li>{@code configuration}: what is in force: boot, reload, confirm, revert, history
 *   <li>{@code sight}: trace, foretelling, capture, following flows, rule hits and log
 *   <li>{@code node}: {@link dev.sluice.agent.node.NodeRunner} joins them
 * </ul>
 *
 * <p>Threads: the worker ({@link dev.sluice.agent.worker.Worker}) owns frames, ports and data path and never waits for anybody; the control thread
 * ({@link dev.sluice.agent.node.NodeRunner}) compiles, opens, closes and watches; each administration client has a virtual thread. They talk by single-slot
 * mailboxes. Specification: {@code docs/reference/packet-life.md} says what the compiled tables mean. Start reading at
 * {@link dev.sluice.agent.compile.SnapshotCompiler}, then {@link dev.sluice.agent.node.NodeRunner}.
 */
@NullMarked
package dev.sluice.agent;

import org.jspecify.annotations.NullMarked;
