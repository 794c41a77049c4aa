/**
 * Which nodes, ports and paths are there to be used.
 *
 * <p>Purpose: what links, probes, BFD, other hosts and operators say, as flags that a worker copies between two batches. Place: above {@code snapshot}; whoever finds out sets flags, stages ask the copy. Threads: each
 * set of flags has one writer of its own; the copy belongs to the worker. Specification: docs/reference/packet-life.md, liveness. Start reading at {@link dev.sluice.datapath.liveness.Liveness}.
 */
@NullMarked
package dev.sluice.datapath.liveness;

import org.jspecify.annotations.NullMarked;
