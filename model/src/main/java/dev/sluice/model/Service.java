package dev.sluice.model;

import dev.sluice.model.Node.BfdKey;
import dev.sluice.wire.IpAddress;
import java.util.Optional;

/**
 * A kind of service node, e.g. a firewall; its instances are {@link ServiceInstance}s.
 *
 * @param metadata the name is the one that chains and instances use
 * @param spec how nodes of this service are reached and behave
 */
public record Service(Metadata metadata, Spec spec) implements Resource {
    @Override
    public Kind kind() {
        return Kind.SERVICE;
    }

    /**
     * How nodes of this service are reached and behave.
     *
     * @param transport format of frames towards the node
     * @param forwarding whether the node bridges or routes
     * @param translation whether the node rewrites addresses or ports
     * @param action whether the node gets packets or copies; a chain's hop may override it
     * @param unmatchedReturn what happens to a packet from the node that belongs to no known flow
     * @param ambiguousReturn what happens to it if its tag does not tell by which router it came
     * @param health how a dead node is noticed
     * @param mtuAudit what happens when a node is to be inserted that does not take the largest packets
     * @param onReturn which flows a node gets that serves again, or is new
     * @param movesPerSecond how many flows in progress move to it at most, 1..10000
     * @param mdType type of the metadata in the network service header, 1 or 2 (RFC 8300); of meaning for transports that have one
     * @param image what its instances are made from, in the words of whoever makes them; empty: nothing is said
     */
    public record Spec(
            Transport transport,
            Forwarding forwarding,
            Translation translation,
            ServiceAction action,
            UnmatchedReturn unmatchedReturn,
            AmbiguousReturn ambiguousReturn,
            Health health,
            MtuAudit mtuAudit,
            OnReturn onReturn,
            int movesPerSecond,
            int mdType,
            Optional<String> image) {
        /** Fixed context of 16 bytes (RFC 8300 2.4). */
        public static final int MD_TYPE_FIXED = 1;

        /** Context headers (RFC 8300 2.5). */
        public static final int MD_TYPE_DEFAULT = 2;

        /** How many flows move per second if nothing is said. */
        public static final int MOVES_PER_SECOND_DEFAULT = 100;

        /** Most flows that can be asked for. */
        public static final int MOVES_PER_SECOND_MAX = 10_000;

        /** Checks the ranges. */
        public Spec {
            Checks.requireRange("movesPerSecond", movesPerSecond, 1, MOVES_PER_SECOND_MAX);
            Checks.requireRange("mdType", mdType, MD_TYPE_FIXED, MD_TYPE_DEFAULT);
        }
    }

    /**
     * How a dead node is noticed.
     *
     * @param probe what is checked
     * @param intervalMs time between two probes, 10..60000
     * @param failAfter so many probes lost in a row mean dead, 1..100
     * @param recoverAfter so many answered in a row mean alive again, 1..100
     * @param holdDownMs how long a node that died twice within a minute has to answer before it serves again, 0..600000
     * @param source IPv4 source address of probes that enter at side in (and destination of the others); empty: chosen
     * @param destination the other address; empty: chosen
     * @param port UDP port of probes through nodes, both source and destination; TCP port of the node for tcp and http; 1..65535
     * @param path what is asked for by http
     * @param bfd how BFD packets are to be, for bfd
     */
    public record Health(
            Probe probe,
            int intervalMs,
            int failAfter,
            int recoverAfter,
            int holdDownMs,
            Optional<IpAddress> source,
            Optional<IpAddress> destination,
            int port,
            String path,
            Bfd bfd) {
        /** UDP port of probes through nodes. */
        public static final int PORT_THROUGH = 54_863;

        /** TCP port of nodes that answer tcp and http. */
        public static final int PORT_TCP = 80;

        /** Link state. */
        public static final Health DEFAULT = new Health(
                Probe.LINK, 50, 3, 3, 500, Optional.empty(), Optional.empty(), PORT_THROUGH, "/", Bfd.DEFAULT);

        /** Checks the ranges. */
        public Health {
            Checks.requireRange("intervalMs", intervalMs, 10, 60_000);
            Checks.requireRange("failAfter", failAfter, 1, 100);
            Checks.requireRange("recoverAfter", recoverAfter, 1, 100);
            Checks.requireRange("holdDownMs", holdDownMs, 0, 600_000);
            Checks.requireRange("port", port, 1, 65_535);
        }
    }

    /**
     * BFD with a node.
     *
     * @param key what packets of both sides are signed with; empty: not signed
     * @param meticulous whether the sequence number of signed packets grows with each
     * @param ttlMin lowest TTL of packets that are taken from a node behind routers, 1..255
     */
    public record Bfd(Optional<BfdKey> key, boolean meticulous, int ttlMin) {
        /** Not signed, at most 15 routers. */
        public static final Bfd DEFAULT = new Bfd(Optional.empty(), true, 240);

        /** Checks the range. */
        public Bfd {
            Checks.requireRange("ttlMin", ttlMin, 1, 255);
        }
    }

    /** Format of frames towards a node. */
    public enum Transport implements Word {
        /** Frames as they are. */
        RAW("raw"),

        /** One VLAN tag is pushed (802.1Q). */
        VLAN("vlan"),

        /** Two tags are pushed (802.1ad). */
        QINQ("qinq"),

        /** Bump in the wire: a pair of interfaces with dummy next hops. */
        WIRE("wire"),

        /** The overlay goes on into the node, which has an address in the underlay and speaks NSH. */
        NSH("nsh"),

        /** The same with VXLAN-GPE around the service header instead of Geneve. */
        NSH_GPE("nsh-gpe"),

        /** The service header right behind Ethernet, to a MAC address at an interface of the host. */
        NSH_ETHERNET("nsh-ethernet"),

        /** Geneve with the options of cloud gateway load balancers, to an appliance's address in the underlay. */
        GWLB("gwlb"),

        /** GRE with a key for each side, to the node's address in the underlay. */
        GRE("gre"),

        /** VXLAN with a virtual network for each side, to the node's address in the underlay. */
        VXLAN("vxlan");

        private final String word;

        Transport(String word) {
            this.word = word;
        }

        @Override
        public String word() {
            return word;
        }

        /** Whether nodes are reached at an address of their own in the underlay, instead of by interfaces of the host. */
        public boolean isTunnel() {
            return switch (this) {
                case NSH, NSH_GPE, GWLB, GRE, VXLAN -> true;
                case RAW, VLAN, QINQ, WIRE, NSH_ETHERNET -> false;
            };
        }

        /** Whether nodes get the network service header, and so are aware of service paths. */
        public boolean isAware() {
            return this == NSH || this == NSH_GPE || this == NSH_ETHERNET;
        }
    }

    /** What a node does with frames. */
    public enum Forwarding implements Word {
        /** Passes frames from one interface to the other, MAC addresses unchanged. */
        BRIDGE("bridge"),

        /** Routes: frames are sent to its MAC address, it decrements the TTL. */
        ROUTE("route");

        private final String word;

        Forwarding(String word) {
            this.word = word;
        }

        @Override
        public String word() {
            return word;
        }
    }

    /** Whether a node rewrites addresses or ports. */
    public enum Translation implements Word {
        /** No. */
        NONE("none"),

        /** Yes; the reverse record gets the translated tuple, learned from the first packet that comes back. */
        LEARNED("learned"),

        /** Yes; the translated flow is a new flow with its own pair of records. */
        NEW_FLOW("new-flow");

        private final String word;

        Translation(String word) {
            this.word = word;
        }

        @Override
        public String word() {
            return word;
        }
    }

    /** What happens to a packet from a node that belongs to no known flow. */
    public enum UnmatchedReturn implements Word {
        /** Dropped and counted. */
        DROP("drop"),

        /** Routed like a packet from a port, without being classified. */
        ROUTE("route");

        private final String word;

        UnmatchedReturn(String word) {
            this.word = word;
        }

        @Override
        public String word() {
            return word;
        }
    }

    /** What happens to a packet from a node that is to be routed, if several routers send packets there with its tag. */
    public enum AmbiguousReturn implements Word {
        /** Dropped and counted. */
        DROP("drop"),

        /** Routed by the router of the node's host. */
        LOCAL("local");

        private final String word;

        AmbiguousReturn(String word) {
            this.word = word;
        }

        @Override
        public String word() {
            return word;
        }
    }

    /** What happens when a node is to be inserted whose interfaces do not take the largest packets of the ports it serves. */
    public enum MtuAudit implements Word {
        /** A reload that inserts it is refused. */
        REFUSE("refuse"),

        /** A warning. */
        WARN("warn");

        private final String word;

        MtuAudit(String word) {
            this.word = word;
        }

        @Override
        public String word() {
            return word;
        }
    }

    /** Which flows a node gets that serves again, or is new. */
    public enum OnReturn implements Word {
        /** New ones; those in progress stay where they are. */
        NEW_FLOWS("new-flows"),

        /** Its share of those in progress too, a few at a time. */
        REBALANCE("rebalance");

        private final String word;

        OnReturn(String word) {
            this.word = word;
        }

        @Override
        public String word() {
            return word;
        }
    }

    /** What a health check looks at. */
    public enum Probe implements Word {
        /** State of the interfaces. */
        LINK("link"),

        /** A probe frame goes in on one side and has to come out on the other. */
        THROUGH("through"),

        /** BFD sessions with the node (RFC 5880). */
        BFD("bfd"),

        /** An echo request to the node. */
        ICMP("icmp"),

        /** A question for the node's MAC address: ARP, or neighbour solicitation. */
        ARP("arp"),

        /** A TCP connection to the node. */
        TCP("tcp"),

        /** An HTTP request to the node. */
        HTTP("http");

        private final String word;

        Probe(String word) {
            this.word = word;
        }

        @Override
        public String word() {
            return word;
        }
    }
}
