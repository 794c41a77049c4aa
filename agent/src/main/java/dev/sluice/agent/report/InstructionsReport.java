package dev.sluice.agent.report;

import java.util.List;

/**
 * Answer to the request {@code flow-list}.
 *
 * @param total instructions in the flow programming table
 * @param max room of the table
 * @param instructions at most as many of them as asked for
 */
public record InstructionsReport(int total, int max, List<InstructionReport> instructions) {
    /**
     * An instruction for a flow; of a node perhaps for one direction.
     *
     * @param router router, or transparent pair
     * @param protocol tcp, udp, icmp, icmpv6, sctp, gre or a number
     * @param source source address
     * @param sourcePort source port, or identifier of an echo
     * @param destination destination address
     * @param destinationPort destination port
     * @param instruction drop, accept, skip NODE or path PATH
     * @param once for one packet of each direction only
     * @param expiresInMs time until it is forgotten; of what a node says, if no packet of its flow comes until then
     * @param hits packets it was carried out on
     */
    public record InstructionReport(
            String router,
            String protocol,
            String source,
            int sourcePort,
            String destination,
            int destinationPort,
            String instruction,
            boolean once,
            long expiresInMs,
            long hits) {}
}
