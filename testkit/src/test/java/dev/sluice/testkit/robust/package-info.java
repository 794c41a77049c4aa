/**
 * Bad input for the whole data path: cut, mutated and forged frames at every port, nodes that misbehave, full tables, numbers that wrap. Tests only, one thread.
 *
 * <p>What holds always: no exception, no frame lost or made up, no loop, no way around a service that fails closed. The specification is
 * docs/reference/packet-life.md; {@link dev.sluice.testkit.robust.Hunt} is where to start reading.
 */
@NullMarked
package dev.sluice.testkit.robust;

import org.jspecify.annotations.NullMarked;
