/**
 * What a fast path was told, and whether it still holds.
 *
 * <p>Purpose: the journey of a packet is recorded while the stages carry it, offered to a device that repeats it, counted, and taken back when something that it depends on changes. Place: above {@code offload}, {@code track} and
 * {@code paths}; stages and tables know it by {@link dev.sluice.datapath.stage.Journey} and {@link dev.sluice.datapath.track.FlowWatcher} only. Threads: the worker's; counters may be read by others. Specification: docs/reference/packet-life.md, fast
 * path; docs/adr/0013-journeys-replayed-in-the-kernel.md. Start reading at {@link dev.sluice.datapath.mirror.OffloadMirror} and {@link dev.sluice.datapath.mirror.JourneyRecorder}.
 */
@NullMarked
package dev.sluice.datapath.mirror;

import org.jspecify.annotations.NullMarked;
