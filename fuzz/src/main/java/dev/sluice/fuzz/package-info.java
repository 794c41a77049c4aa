/**
 * What all campaigns of random tests have in common: seeds, how long they go on, the line that each prints. And what tests of several modules say in messages.
 *
 * <p>Purpose: {@code ./dev fuzz} says seed and minutes once, for every target. Place: below all modules, which use it in tests only; nothing of it is in the product. Threads: that of the test.
 * Specification: docs/evidence/reliability.md, fuzzing. Start reading at {@link dev.sluice.fuzz.FuzzTarget}.
 */
@NullMarked
package dev.sluice.fuzz;

import org.jspecify.annotations.NullMarked;
