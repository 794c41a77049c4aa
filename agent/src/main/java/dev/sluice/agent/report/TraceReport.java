package dev.sluice.agent.report;

import java.util.List;

/**
 * Answer to the request {@code trace}.
 *
 * @param full whether as many packets came as were asked for; else the time was over
 * @param packets what happened to each, in the order in which they were handled
 */
public record TraceReport(boolean full, List<PacketReport> packets) {
    /**
     * The life of a frame between two wires.
     *
     * @param received where it came in and what it is
     * @param steps what happened to it, in order
     * @param story of a trace over several nodes: number of the packet among those of all nodes; else 0
     * @param leg of a trace over several nodes: how often the packet was heard of before, wherever; else 0
     */
    public record PacketReport(String received, List<String> steps, int story, int leg) {
        /** In a trace of one node. */
        public PacketReport(String received, List<String> steps) {
            this(received, steps, 0, 0);
        }
    }
}
