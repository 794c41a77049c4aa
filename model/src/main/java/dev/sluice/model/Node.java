package dev.sluice.model;

import dev.sluice.wire.IpAddress;
import java.util.Optional;

/**
 * Settings of one host that runs Sluice. Without this object a node has the defaults.
 *
 * @param metadata the name is the one that {@code node} fields of other objects use
 * @param spec the settings
 */
public record Node(Metadata metadata, Spec spec) implements Resource {
    @Override
    public Kind kind() {
        return Kind.NODE;
    }

    /**
     * Settings.
     *
     * @param tracker the connection tracker
     * @param fastPath what the kernel repeats
     * @param io packet input and output
     * @param existingFlows what changes mean for flows in progress
     * @param underlay how the node reaches other nodes; empty: it is alone
     */
    public record Spec(
            Tracker tracker, FastPath fastPath, Io io, ExistingFlows existingFlows, Optional<Underlay> underlay) {
        /** What a node without a Node object has. */
        public static final Spec DEFAULT =
                new Spec(Tracker.DEFAULT, FastPath.DEFAULT, Io.DEFAULT, ExistingFlows.AUTO, Optional.empty());
    }

    /**
     * Connection tracker.
     *
     * @param connectionsMax how many connections are remembered at most, 1024..33554432
     * @param timeouts when an idle connection is forgotten
     */
    public record Tracker(int connectionsMax, Timeouts timeouts) {
        /** 1048576 connections. */
        public static final Tracker DEFAULT = new Tracker(1 << 20, Timeouts.DEFAULT);

        /** Checks the size. */
        public Tracker {
            Checks.requireRange("connectionsMax", connectionsMax, 1024, 1 << 25);
        }
    }

    /**
     * The kernel's fast path, for nodes that run with one (X1).
     *
     * @param journeysMax how many journeys the kernel has at most, 64..16777216; empty: what suits connections and memory
     * @param afterPackets so many packets of a direction of a flow come before its journeys are given to the kernel, 1..255
     */
    public record FastPath(Optional<Integer> journeysMax, int afterPackets) {
        /** Fewest journeys. */
        public static final int JOURNEYS_MIN = 64;

        /** Most journeys. */
        public static final int JOURNEYS_MAX = 1 << 24;

        /** Most packets that are waited for. */
        public static final int AFTER_PACKETS_MAX = 255;

        /** As many as suit the machine, from the second packet on. */
        public static final FastPath DEFAULT = new FastPath(Optional.empty(), 1);

        /** Checks the ranges. */
        public FastPath {
            journeysMax.ifPresent(count -> Checks.requireRange("journeysMax", count, JOURNEYS_MIN, JOURNEYS_MAX));
            Checks.requireRange("afterPackets", afterPackets, 1, AFTER_PACKETS_MAX);
        }
    }

    /**
     * The network between the nodes (C1, V8).
     *
     * @param address where the node's tunnels end: an address of one of its LogicalRouters
     * @param bfd how the node and the others watch each other
     */
    public record Underlay(IpAddress address, Bfd bfd) {}

    /**
     * BFD with all other nodes (V14).
     *
     * @param intervalMs time between two packets, 10..10000
     * @param failAfter so many intervals without a packet mean that a node is gone, 2..50
     * @param key what packets are signed with; empty: not signed by this node
     */
    public record Bfd(int intervalMs, int failAfter, Optional<BfdKey> key) {
        /** 50 ms x 3, not signed. */
        public static final Bfd DEFAULT = new Bfd(50, 3, Optional.empty());

        /** Checks the ranges. */
        public Bfd {
            Checks.requireRange("intervalMs", intervalMs, 10, 10_000);
            Checks.requireRange("failAfter", failAfter, 2, 50);
        }
    }

    /**
     * A secret that nodes share (RFC 5880 6.7.4, meticulous keyed SHA1).
     *
     * @param id its number in packets, 0..255
     * @param secret 1..20 ASCII characters
     */
    public record BfdKey(int id, String secret) {
        /** Checks the number. */
        public BfdKey {
            Checks.requireRange("id", id, 0, 255);
        }

        /** Without the secret. */
        @Override
        public String toString() {
            return "key " + id;
        }
    }

    /**
     * Idle times, each 1 s .. 7 d in nanoseconds.
     *
     * @param tcpEstablishedNs TCP after the handshake
     * @param tcpHalfOpenNs TCP before the handshake is complete
     * @param tcpClosingNs TCP after FIN or RST
     * @param udpNs UDP with packets in one direction only
     * @param udpStreamNs UDP with packets in both directions
     * @param icmpNs ICMP and ICMPv6
     * @param otherNs everything else
     */
    public record Timeouts(
            long tcpEstablishedNs,
            long tcpHalfOpenNs,
            long tcpClosingNs,
            long udpNs,
            long udpStreamNs,
            long icmpNs,
            long otherNs) {
        /** One second. */
        static final long SHORTEST_NS = 1_000_000_000L;

        /** Seven days. */
        static final long LONGEST_NS = 7 * 86_400 * SHORTEST_NS;

        /** 7440 s, 30 s, 30 s, 60 s, 180 s, 30 s, 60 s. */
        public static final Timeouts DEFAULT = new Timeouts(
                7440 * SHORTEST_NS,
                30 * SHORTEST_NS,
                30 * SHORTEST_NS,
                60 * SHORTEST_NS,
                180 * SHORTEST_NS,
                30 * SHORTEST_NS,
                60 * SHORTEST_NS);

        /** Checks the ranges. */
        public Timeouts {
            Checks.requireRange("tcpEstablishedNs", tcpEstablishedNs, SHORTEST_NS, LONGEST_NS);
            Checks.requireRange("tcpHalfOpenNs", tcpHalfOpenNs, SHORTEST_NS, LONGEST_NS);
            Checks.requireRange("tcpClosingNs", tcpClosingNs, SHORTEST_NS, LONGEST_NS);
            Checks.requireRange("udpNs", udpNs, SHORTEST_NS, LONGEST_NS);
            Checks.requireRange("udpStreamNs", udpStreamNs, SHORTEST_NS, LONGEST_NS);
            Checks.requireRange("icmpNs", icmpNs, SHORTEST_NS, LONGEST_NS);
            Checks.requireRange("otherNs", otherNs, SHORTEST_NS, LONGEST_NS);
        }
    }

    /**
     * Packet input and output.
     *
     * @param driver what ports with driver {@code auto} use: auto, af_packet or af_xdp
     */
    public record Io(PortDriver driver) {
        /** Chosen per port. */
        public static final Io DEFAULT = new Io(PortDriver.AUTO);

        /** TAP is a property of one port, never of a node. */
        public Io {
            Checks.require(driver != PortDriver.TAP, "io.driver tap is not for a whole node");
        }
    }
}
