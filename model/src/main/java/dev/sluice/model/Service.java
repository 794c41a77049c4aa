package dev.sluice.model;

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
     * @param health how a dead node is noticed
     * @param mtuAudit what happens when a node is to be inserted that does not take the largest packets
     */
    public record Spec(
            Transport transport,
            Forwarding forwarding,
            Translation translation,
            ServiceAction action,
            UnmatchedReturn unmatchedReturn,
            Health health,
            MtuAudit mtuAudit) {}

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
     * @param port UDP port of probes, both source and destination, 1..65535
     */
    public record Health(
            Probe probe,
            int intervalMs,
            int failAfter,
            int recoverAfter,
            int holdDownMs,
            Optional<IpAddress> source,
            Optional<IpAddress> destination,
            int port) {
        /** Link state. */
        public static final Health DEFAULT =
                new Health(Probe.LINK, 50, 3, 3, 500, Optional.empty(), Optional.empty(), 54_863);

        /** Checks the ranges. */
        public Health {
            Checks.requireRange("intervalMs", intervalMs, 10, 60_000);
            Checks.requireRange("failAfter", failAfter, 1, 100);
            Checks.requireRange("recoverAfter", recoverAfter, 1, 100);
            Checks.requireRange("holdDownMs", holdDownMs, 0, 600_000);
            Checks.requireRange("port", port, 1, 65_535);
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
        GRE("gre");

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
                case NSH, NSH_GPE, GWLB, GRE -> true;
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

    /** What a health check looks at. */
    public enum Probe implements Word {
        /** State of the interfaces. */
        LINK("link"),

        /** A probe frame goes in on one side and has to come out on the other. */
        THROUGH("through"),

        /** A BFD session (RFC 5880). */
        BFD("bfd"),

        /** An echo request to the next hop. */
        ICMP("icmp"),

        /** A TCP connection to the next hop. */
        TCP("tcp"),

        /** An HTTP request to the next hop. */
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
