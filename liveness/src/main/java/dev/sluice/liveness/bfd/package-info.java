/**
 * BFD (RFC 5880, 5881, 5883) as state machines: asynchronous mode with keyed SHA1, without sockets, threads or clocks.
 *
 * <p>Purpose: know within a few intervals that a peer is gone. Place: uses {@code wire} only; {@code agent.peers.PeerWatch} gives it frames between hosts,
 * {@code agent.worker.NodeBfd} those of service nodes. Threads: none of its own; one {@link
 * dev.sluice.liveness.bfd.BfdSessions} belongs to the thread that receives for it, time is a parameter.
 *
 * <p>How to use it:
 *
 * <pre>{@code
 * BfdSessions sessions = new BfdSessions(256, random, (session, frame, bytes) -> sendTo(session.path(), frame, bytes), listener);
 * BfdSession session = sessions.add(BfdPath.singleHop(local, peer, interfaceIndex), BfdSettings.of(BfdTiming.ofMs(50, 3)), nowNs);
 * // for ever: all packets that wait, then what is due
 * sessions.receive(memory, offset, bytes, arrival, nowNs);
 * sessions.poll(nowNs);
 * sleepUntil(sessions.dueNs());
 * }</pre>
 *
 * <p>Specification: docs/reference/bfd.md says section by section what is done and what is not. Start reading at {@link
 * dev.sluice.liveness.bfd.BfdSession}.
 */
@NullMarked
package dev.sluice.liveness.bfd;

import org.jspecify.annotations.NullMarked;
