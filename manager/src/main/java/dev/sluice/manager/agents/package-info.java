/**
 * Objects to the controller, and what it says of them into their status.
 *
 * <p>Place: between {@code manager.objects} and the module {@code controller}. Threads: one that follows the objects, one that writes states. Specification: V17, X2. Start
 * reading at {@link dev.sluice.manager.agents.AgentService}.
 */
@NullMarked
package dev.sluice.manager.agents;

import org.jspecify.annotations.NullMarked;
