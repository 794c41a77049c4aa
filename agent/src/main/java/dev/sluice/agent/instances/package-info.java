/**
 * Service instances as operators see them: alive, drained, in maintenance, and what is done when a device comes or goes.
 *
 * <p>Place: above {@code worker}. Threads: the control thread. Specification: X12, V14; {@code docs/guides/operating.md}. Start reading at
 * {@link dev.sluice.agent.instances.InstanceStates}.
 */
@NullMarked
package dev.sluice.agent.instances;

import org.jspecify.annotations.NullMarked;
