/**
 * Flows as operators see and steer them: listing, instructions for a flow (process 1300), attributes with a time to live.
 *
 * <p>Place: above {@code worker}, whose thread does the work in steps. Threads: commands on the client's thread, tasks on the worker's. Specification: V4,
 * V12. Start reading at {@link dev.sluice.agent.flows.FlowCommands}.
 */
@NullMarked
package dev.sluice.agent.flows;

import org.jspecify.annotations.NullMarked;
