/**
 * A whole node: joins the parts, owns the control thread, starts and ends them.
 *
 * <p>Place: highest in {@code agent}; the command line starts it. Threads: {@link dev.sluice.agent.node.NodeRunner} is the control thread's body.
 * Specification: ARCHITECTURE.md. Start reading at {@link dev.sluice.agent.node.NodeRunner}.
 */
@NullMarked
package dev.sluice.agent.node;

import org.jspecify.annotations.NullMarked;
