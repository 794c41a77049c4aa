/**
 * Which path a flow gets, and when it may take another.
 *
 * <p>Purpose: selection among the paths of a target, what a change of configuration means for flows in progress, and flows that move to nodes that are back. Place: above {@code track} and {@code liveness}; classification and returns ask
 * it. Threads: the worker's. Specification: docs/reference/packet-life.md, steer, flows of earlier configurations, changing paths. Start reading at {@link dev.sluice.datapath.paths.Selector} and
 * {@link dev.sluice.datapath.paths.PathChanges}.
 */
@NullMarked
package dev.sluice.datapath.paths;

import org.jspecify.annotations.NullMarked;
