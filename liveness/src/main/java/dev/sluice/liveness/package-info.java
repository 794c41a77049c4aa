/**
 * Whether a service node works, found out by probes that are sent through it.
 *
 * <p>Purpose: the state machine of a probe session, the frame that it sends, and the tag that keeps others from forging it. Place: uses {@code wire} only;
 * {@code agent} runs it. Threads: none of its own; a session belongs to the worker that sends and receives, time is a parameter. Specification:
 * docs/reference/probes.md; document 002, liveness of service nodes at a bump in the wire; jitter as in RFC 5880 6.8.7. Start reading at {@link
 * dev.sluice.liveness.ProbeSession}.
 */
@NullMarked
package dev.sluice.liveness;

import org.jspecify.annotations.NullMarked;
