/**
 * From objects that users wrote to the tables of the data path, or to a list of problems.
 *
 * <p>Purpose: one {@link dev.sluice.datapath.snapshot.Snapshot} for each configuration, with stable numbers for names
 * ({@link dev.sluice.agent.compile.IdRegistry}), the audit of MTUs and the safety of the host's own interfaces. Place: uses {@code model} and {@code datapath},
 * opens and sends nothing. Threads: the control thread. Specification: {@code docs/reference/objects.md} for what goes in,
 * {@code docs/reference/packet-life.md} for what comes out. Start reading at {@link dev.sluice.agent.compile.SnapshotCompiler}.
 */
@NullMarked
package dev.sluice.agent.compile;

import org.jspecify.annotations.NullMarked;
