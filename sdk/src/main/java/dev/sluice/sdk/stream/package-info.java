/**
 * Finding byte sequences in flows though they are split over several TCP segments, sent again, or overtake each other.
 *
 * <p>Place: for handlers of {@link dev.sluice.sdk.ServiceNode}; usable without one. Contents are not stored: of what was seen in order one number remains, the state of an
 * automaton, and of what came too early the first bytes and such a number.
 *
 * <p>Threads: {@link dev.sluice.sdk.stream.Signatures} is immutable; everything else belongs to one thread, and time is a parameter.
 *
 * <p>Specification: RFC 9293 3.4 (sequence numbers); Aho and Corasick, "Efficient string matching" (1975). Start reading at
 * {@link dev.sluice.sdk.stream.FlowInspector}, then {@link dev.sluice.sdk.stream.StreamSearch}.
 */
@NullMarked
package dev.sluice.sdk.stream;

import org.jspecify.annotations.NullMarked;
