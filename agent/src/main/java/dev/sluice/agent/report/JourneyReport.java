package dev.sluice.agent.report;

import java.util.List;

/**
 * What happens, or would happen, to packets on their way over several nodes: the answers of all that were asked, joined.
 *
 * @param full of packets that were followed: whether as many came as were asked for
 * @param packets each packet, in the order in which they came in where they came in
 */
public record JourneyReport(boolean full, List<Journey> packets) {
    /**
     * The way of one packet.
     *
     * @param legs from one wire to the next, in order
     * @param end what became of it, in a sentence
     */
    public record Journey(List<Leg> legs, String end) {
        /** Copies the list. */
        public Journey {
            legs = List.copyOf(legs);
        }
    }

    /**
     * What one node did with it.
     *
     * @param node name of the node
     * @param received where it came in and what it is
     * @param steps what happened to it, in order
     */
    public record Leg(String node, String received, List<String> steps) {
        /** Copies the list. */
        public Leg {
            steps = List.copyOf(steps);
        }
    }

    /** Copies the list. */
    public JourneyReport {
        packets = List.copyOf(packets);
    }
}
