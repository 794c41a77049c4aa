/**
 * The fast path: journeys of packets that were decided are repeated by a program in the kernel, and everything else comes to the data path.
 *
 * <p>Purpose: many times the rate of any way through user space, for flows whose decision is known, without deciding anything itself. Place: above {@code ports}; native calls to libbpf
 * are here, in {@link dev.sluice.fastpath.Libbpf}. The program is src/main/bpf/fastpath.c; its object is kept beside the classes ({@code ./dev bpf} makes it anew). Threads: a
 * {@link dev.sluice.fastpath.FastPath} and its ports belong to the worker whose frames they carry. Specification: docs/adr/0013-journeys-replayed-in-the-kernel.md and 0017-one-program-takes-the-port.md, row X1 of docs/specs.md.
 * Start reading at {@link dev.sluice.fastpath.FastPath}.
 */
@NullMarked
package dev.sluice.fastpath;

import org.jspecify.annotations.NullMarked;
