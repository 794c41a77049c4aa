/**
 * What all stages of a packet's life share: the packet in hand, the ends that it can come to, who looks on.
 *
 * <p>Purpose: stages hand the same {@link dev.sluice.datapath.stage.Cursor} from one to the next and answer the next {@link dev.sluice.datapath.stage.Step}; frames leave, are dropped or copied in one place only. Place: above
 * {@code packet}, {@code snapshot} and {@code track}, below every stage. Threads: the worker's. Specification: docs/reference/packet-life.md, frames. Start reading at {@link dev.sluice.datapath.stage.Cursor} and
 * {@link dev.sluice.datapath.stage.Frames}.
 */
@NullMarked
package dev.sluice.datapath.stage;

import org.jspecify.annotations.NullMarked;
