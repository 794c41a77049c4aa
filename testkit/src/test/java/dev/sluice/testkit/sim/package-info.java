/** Seeds of the simulation, and faults that it has to find. */
@NullMarked
package dev.sluice.testkit.sim;

import org.jspecify.annotations.NullMarked;
