/**
 * What a fast path has to be told: journeys, each one key and one action, and the numbers that say whether they still hold.
 *
 * <p>Purpose: the one interface between the data path, which records what it did with a packet, and whatever repeats that for the next packets without asking (the kernel, or memory in
 * tests). Place: knows nothing of the rest of {@code datapath}. Threads: each device says who may call it. Specification: docs/adr/0013-journeys-replayed-in-the-kernel.md, requirement row X1 in
 * docs/specs.md; the same layouts stand in fastpath/src/main/bpf/journey.h. Start reading at {@link dev.sluice.datapath.offload.OffloadDevice}.
 */
@NullMarked
package dev.sluice.datapath.offload;

import org.jspecify.annotations.NullMarked;
