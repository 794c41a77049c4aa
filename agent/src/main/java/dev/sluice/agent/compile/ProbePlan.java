package dev.sluice.agent.compile;

import dev.sluice.liveness.ProbeFrame;
import dev.sluice.liveness.ProbeTiming;
import java.util.List;

/**
 * How a service instance is probed (docs/reference/probes.md).
 *
 * @param instance number of the instance
 * @param name its name
 * @param kind {@code through} or {@code icmp}
 * @param timing when probes are sent and what follows from lost ones
 * @param legs one or two; the place is the direction
 */
public record ProbePlan(int instance, String name, String kind, ProbeTiming timing, List<Leg> legs) {
    public ProbePlan {
        legs = List.copyOf(legs);
    }

    /** Whether it is an echo that the node itself answers. */
    public boolean echo() {
        return legs.getFirst().frame.port() < 0;
    }

    /**
     * One direction.
     *
     * @param port index of the port by which the probe leaves
     * @param sourceMac its source MAC address, -1 for the port's own
     * @param destinationMac its destination MAC address, -1 for that of the next hop
     * @param nextHop IPv4 address whose MAC address is resolved if it has to be
     * @param frame the rest of the frame
     * @param backPort index of the port by which it has to come back
     * @param backOuterTag outer tag with which it has to come back, 0 for none
     * @param backInnerTag inner tag, likewise
     */
    public record Leg(
            int port,
            long sourceMac,
            long destinationMac,
            int nextHop,
            ProbeFrame frame,
            int backPort,
            int backOuterTag,
            int backInnerTag) {}
}
