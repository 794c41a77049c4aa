/**
 * Side-by-side benchmarks: Sluice and its floor or peer in the same run, as ratios.
 *
 * <p>Purpose: the figures P1, P2 and P10 (docs/evidence/benchmarks.md) from one command each, {@code ./dev bench NAME}. Place: above everything, used by nobody. Threads: the
 * benchmark's main thread; what is measured runs in processes of its own, pinned to one core, and is seen only through what it prints and what the kernel
 * counts. Specification: docs/evidence/benchmarks.md. Start reading at {@link dev.sluice.bench.Main}, then {@link dev.sluice.bench.Comparison}.
 */
@NullMarked
package dev.sluice.bench;

import org.jspecify.annotations.NullMarked;
