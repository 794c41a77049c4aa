/**
 * Whether this host can run a node: what the kernel allows, how interfaces are set up, what is left from before; each finding with what to do.
 *
 * <p>Place: above ports, beside the node, which need not run. Threads: none of its own. Nothing is changed on the host. Start with {@code Doctor}.
 */
@NullMarked
package dev.sluice.agent.doctor;

import org.jspecify.annotations.NullMarked;
