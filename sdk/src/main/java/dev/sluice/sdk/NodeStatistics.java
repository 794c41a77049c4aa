package dev.sluice.sdk;

import java.util.Map;

/**
 * Counters of a node since it was started, read while it runs: counters of one packet may differ by that packet.
 *
 * @param receivedCount datagrams
 * @param receivedBytes their UDP payloads
 * @param returnedCount packets that went back to a switch
 * @param returnedBytes their UDP payloads
 * @param messageCount messages without a packet, each with one instruction
 * @param failureCount times that the handler threw something or gave no verdict
 * @param failedOpenCount packets of these that went on unserved, as the node was told
 * @param instructions how often each action but NONE was said, in packets or messages
 * @param drops packets that did not go on, by reason; only those above 0
 */
public record NodeStatistics(
        long receivedCount,
        long receivedBytes,
        long returnedCount,
        long returnedBytes,
        long messageCount,
        long failureCount,
        long failedOpenCount,
        Map<Instruction.Action, Long> instructions,
        Map<NodeDrop, Long> drops) {
    /** How many packets were dropped for this reason. */
    public long dropCount(NodeDrop reason) {
        return drops.getOrDefault(reason, 0L);
    }

    /** How often this action was said. */
    public long instructionCount(Instruction.Action action) {
        return instructions.getOrDefault(action, 0L);
    }
}
