package dev.sluice.agent.compile;

import dev.sluice.datapath.snapshot.WatchedNode;
import dev.sluice.liveness.IpFrame;
import dev.sluice.liveness.NeighborQuestion;
import dev.sluice.liveness.ProbeFrame;
import dev.sluice.liveness.ProbeTiming;
import dev.sluice.liveness.bfd.BfdPath;
import dev.sluice.liveness.bfd.BfdSettings;
import dev.sluice.wire.IpAddress;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How a service instance is probed (docs/reference/probes.md).
 *
 * @param instance number of the instance
 * @param name its name
 * @param kind the word of the object: through, icmp, arp, tcp, http or bfd
 * @param timing when probes are sent and what follows from lost ones
 * @param legs one or two; the place is the direction
 */
public record ProbePlan(int instance, String name, String kind, ProbeTiming timing, List<Leg> legs) {
    /** Legs that an instance can have. */
    public static final int LEGS_MAX = 2;

    public ProbePlan {
        legs = List.copyOf(legs);
    }

    /** Whether the node is held to BFD sessions instead of rounds of probes. */
    public boolean isBfd() {
        return legs.getFirst().ask instanceof Session;
    }

    /** What a {@link WatchedNode} of a leg is called. */
    static int key(int instance, int leg) {
        return instance * LEGS_MAX + leg;
    }

    /**
     * One direction, or one place where the node is asked.
     *
     * @param way where it goes
     * @param ask what goes there
     * @param back how it has to come back through the node; null: as is said of {@code watched}
     * @param watched from where the node answers; null: a probe is known by its form
     */
    public record Leg(
            Way way, Ask ask, @Nullable Back back, @Nullable WatchedNode watched) {}

    /**
     * A way to a node.
     *
     * @param port index of the service port, {@link WatchedNode#UNDERLAY} for a way through the underlay
     * @param sourceMac source MAC address, -1 for the port's own
     * @param destinationMac destination MAC address, -1 for that of the next hop
     * @param nextHop address whose MAC address is resolved if it has to be; in the underlay the node's
     */
    public record Way(int port, long sourceMac, long destinationMac, IpAddress nextHop) {
        /** Whether it leads through the underlay. */
        public boolean underlay() {
            return port == WatchedNode.UNDERLAY;
        }
    }

    /**
     * Where and with which tags a probe has to come out.
     *
     * @param outerTag outer tag, 0 for none
     * @param innerTag inner tag, likewise
     */
    public record Back(int port, int outerTag, int innerTag) {}

    /** What a node is asked. */
    public sealed interface Ask {}

    /** A frame that comes back as it is, or as the answer to an echo request. */
    public record Frame(ProbeFrame frame) implements Ask {}

    /** A question for the node's MAC address, which it answers. */
    public record Question(NeighborQuestion frame) implements Ask {}

    /**
     * A connection.
     *
     * @param path what is asked for over HTTP; empty: that it is accepted is enough
     */
    public record Connection(IpFrame headers, int nodePort, Optional<String> path) implements Ask {}

    /** A BFD session; the headers are those of its packets. */
    public record Session(IpFrame headers, BfdPath path, BfdSettings settings) implements Ask {}
}
