/**
 * Segments over hosts: who is where, frames to many, neighbours answered locally, routers in segments.
 *
 * <p>Purpose: a switch for each segment, with learning that has bounds. Place: above {@code tunnel}. Threads: the worker's; counts may be read by others. Specification: docs/reference/packet-life.md, segments; requirement row C1 in docs/specs.md. Start
 * reading at {@link dev.sluice.datapath.segment.SwitchStage}.
 */
@NullMarked
package dev.sluice.datapath.segment;

import org.jspecify.annotations.NullMarked;
