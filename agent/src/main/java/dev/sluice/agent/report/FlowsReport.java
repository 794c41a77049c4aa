package dev.sluice.agent.report;

import java.util.List;

/**
 * Answer to the request {@code flows}.
 *
 * @param connections connections in the table
 * @param matching those of them that meet the filters
 * @param flows at most as many of these as asked for
 */
public record FlowsReport(int connections, int matching, List<FlowReport> flows) {
    /**
     * A connection, in the direction of its first packet.
     *
     * @param router router, or transparent pair
     * @param protocol tcp, udp, icmp, icmpv6, sctp, gre or a number
     * @param source source address
     * @param sourcePort source port, or identifier of an echo
     * @param destination destination address
     * @param destinationPort destination port
     * @param state TCP state; for others one-way or two-way
     * @param rule rule that decided; default if none matched
     * @param path path of the flow, empty if it has none
     * @param packets forward and reverse
     * @param bytes forward and reverse
     * @param instruction what the flow programming table tells, empty if nothing
     * @param idleMs time since the last packet
     */
    public record FlowReport(
            String router,
            String protocol,
            String source,
            int sourcePort,
            String destination,
            int destinationPort,
            String state,
            String rule,
            String path,
            List<Long> packets,
            List<Long> bytes,
            String instruction,
            long idleMs) {}
}
