package dev.sluice.liveness.bfd;

import java.lang.foreign.MemorySegment;

/** Carries packets to peers. Called by the thread that owns the sessions, once for each packet. */
@FunctionalInterface
public interface BfdSender {
    /**
     * Sends the first bytes of a segment to the session's peer: UDP to {@link BfdPath#port}, TTL 255, from {@link BfdSession#sourcePort}. A packet
     * that cannot be sent is lost, as any other.
     */
    void send(BfdSession session, MemorySegment packet, int bytes);
}
