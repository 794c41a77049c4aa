package dev.sluice.agent.report;

import dev.sluice.agent.report.TraceReport.PacketReport;
import java.util.List;

/**
 * Answer to the request {@code foretell}: what would happen to a packet.
 *
 * @param legs the packet's way, a piece for each time it comes in: the first at the port asked for, the others from service nodes
 * @param end sent, copied (to all of its segment), dropped, taken, translated, ttl-at-node or endless
 * @param port the port it would leave by, or the service port of the node at which the journey ends; empty if there is none
 * @param reason why it would be dropped; empty if it would not
 * @param words the end, in a sentence
 * @param assumptions what the answer takes for granted
 * @param workerMicros how long the worker took for the answer
 * @param peer the node to which a tunnel takes it from here; empty if none does
 * @param frame the frame that goes there, in hexadecimal; empty if none does
 */
public record ForetellReport(
        List<PacketReport> legs,
        String end,
        String port,
        String reason,
        String words,
        List<String> assumptions,
        long workerMicros,
        String peer,
        String frame) {
    /** Copies the lists. */
    public ForetellReport {
        legs = List.copyOf(legs);
        assumptions = List.copyOf(assumptions);
    }
}
