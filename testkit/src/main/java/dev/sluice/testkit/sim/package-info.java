/**
 * A simulation: the manager's objects, store contract and controller, agents and their data paths, all as they are in production, in one thread, on a network, disks and a clock that one seed decides about. What must never be is looked for
 * while it runs; a seed that shows something is replayed exactly.
 *
 * <p>Place: uses manager, controller, agent and datapath; nothing uses it but tests and {@code ./dev sim}. Threads: none. Specification: X2, F5, F7, F8, F15. Start reading at
 * {@link dev.sluice.testkit.sim.Simulation}.
 */
@NullMarked
package dev.sluice.testkit.sim;

import org.jspecify.annotations.NullMarked;
