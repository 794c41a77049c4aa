package dev.sluice.agent.bfd;

import dev.sluice.liveness.bfd.BfdDiagnostic;
import dev.sluice.liveness.bfd.BfdPath;
import dev.sluice.liveness.bfd.BfdSession;
import dev.sluice.liveness.bfd.BfdState;

/**
 * A session at one moment.
 *
 * @param path between whom
 * @param state our state
 * @param diagnostic why it last left Up or was held down
 * @param remoteState the peer's, as it said last
 * @param remoteDiagnostic the peer's reason, likewise
 * @param localDiscriminator our name for the session, 32 bits
 * @param remoteDiscriminator the peer's; 0 while it is not heard
 * @param sourcePort UDP port that we send from
 * @param transmitIntervalUs at which we send, before jitter
 * @param detectionUs so long a silence means down; 0 before the first packet
 * @param forMs how long the state has been so
 * @param sentCount packets sent
 * @param acceptedCount packets taken
 * @param refusedCount packets refused that claimed to be this session's
 * @param downCount how often it left Up
 */
public record BfdReport(
        BfdPath path,
        BfdState state,
        BfdDiagnostic diagnostic,
        BfdState remoteState,
        BfdDiagnostic remoteDiagnostic,
        int localDiscriminator,
        int remoteDiscriminator,
        int sourcePort,
        long transmitIntervalUs,
        long detectionUs,
        long forMs,
        long sentCount,
        long acceptedCount,
        long refusedCount,
        long downCount) {
    /** Whether both sides hear each other. */
    public boolean isUp() {
        return state == BfdState.UP;
    }

    static BfdReport of(BfdSession session, int sourcePort, long nowNs) {
        return new BfdReport(
                session.path(),
                session.state(),
                session.diagnostic(),
                session.remoteState(),
                session.remoteDiagnostic(),
                session.localDiscriminator(),
                session.remoteDiscriminator(),
                sourcePort,
                session.transmitIntervalUs(),
                session.detectionNs() / 1_000,
                Math.max(0, (nowNs - session.changedNs()) / 1_000_000),
                session.sentCount(),
                session.acceptedCount(),
                session.refusedCount(),
                session.downCount());
    }
}
