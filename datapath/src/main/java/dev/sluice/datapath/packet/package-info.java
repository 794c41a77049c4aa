/**
 * Frames, what the parser says of them, and how they end: the words in which all stages speak.
 *
 * <p>Purpose: one batch of frames in one pool of memory, parsed once into arrays; hashes of flows, tags pushed and popped, super-frames cut; the reasons for which packets are
 * dropped, and what is counted. Place: the lowest of {@code datapath} but for {@code rules}, whose fields an ICMP error's quote is read into; uses {@code wire}. Threads: one worker writes, ports
 * fill and empty between two batches. Specification: docs/reference/packet-life.md, parse; docs/reference/drop-reasons.md. Start reading at {@link dev.sluice.datapath.packet.Batch} and
 * {@link dev.sluice.datapath.packet.Parser}.
 */
@NullMarked
package dev.sluice.datapath.packet;

import org.jspecify.annotations.NullMarked;
