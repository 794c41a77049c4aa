package dev.sluice.model;

import dev.sluice.wire.IpAddress;
import dev.sluice.wire.MacAddress;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * One service node of a {@link Service}.
 *
 * @param metadata the name is the one that status and counters show
 * @param spec where the node is and how flows are spread
 */
public record ServiceInstance(Metadata metadata, Spec spec) implements Resource {
    @Override
    public Kind kind() {
        return Kind.SERVICE_INSTANCE;
    }

    /**
     * Where the node is and how flows are spread.
     *
     * @param service name of the Service
     * @param node host whose interfaces lead to it; empty: any host
     * @param weight share of new flows relative to the other instances, 1..1000
     * @param metric how far away it is, 0..65535; chains with selection nearest prefer the smallest
     * @param adminState whether it gets new flows
     * @param attachment its interfaces, its address in the underlay, or an identifier to discover them by
     * @param cap packets per second that it is sent at most; empty: no limit
     * @param policies tags per chain; chains are unique; empty: the interfaces' own tags serve every chain
     * @param runtime who makes the node; empty: it is there already
     */
    public record Spec(
            String service,
            Optional<String> node,
            int weight,
            int metric,
            AdminState adminState,
            Attachment attachment,
            List<PolicyTags> policies,
            Optional<PacketCap> cap,
            Optional<InstanceRuntime> runtime) {
        /** The same with another administrative state. */
        public Spec withAdminState(AdminState state) {
            return new Spec(service, node, weight, metric, state, attachment, policies, cap, runtime);
        }

        /** Checks the numbers and copies the list. */
        public Spec {
            Checks.requireRange("weight", weight, 1, 1000);
            Checks.requireRange("metric", metric, 0, 65_535);
            policies = List.copyOf(policies);
        }
    }

    /**
     * How many packets a node is sent at most; what is more is dropped.
     *
     * @param packetsPerSecondMax 1..1000000000
     * @param burstMax packets at once after a pause, 1..1000000000
     */
    public record PacketCap(int packetsPerSecondMax, int burstMax) {
        /** Largest value of either. */
        static final int MAX = 1_000_000_000;

        /** Checks the ranges. */
        public PacketCap {
            Checks.requireRange("packetsPerSecondMax", packetsPerSecondMax, 1, MAX);
            Checks.requireRange("packetsBurstMax", burstMax, 1, MAX);
        }

        /** A burst that is a hundredth of a second's packets, at least 32. */
        static int usualBurst(int packetsPerSecondMax) {
            return Math.max(32, packetsPerSecondMax / 100);
        }
    }

    /** How a node is attached. */
    public sealed interface Attachment {}

    /**
     * By interfaces of this host.
     *
     * @param in forward packets are sent here; reverse packets come back here (nodes that bridge)
     * @param out where forward packets come back; empty: one-armed, the same as in
     */
    public record Interfaces(ServicePort in, Optional<ServicePort> out) implements Attachment {
        /** The side where forward packets come back: out, or in if the node is one-armed. */
        public ServicePort outOrIn() {
            return out.orElse(in);
        }

        /** Whether packets go and come back on one interface with the same tags. */
        public boolean oneArmed() {
            return outOrIn().interfaceName().equals(in.interfaceName())
                    && outOrIn().tags().equals(in.tags());
        }
    }

    /**
     * By its own address in the underlay; the overlay goes on into the node (C5).
     *
     * @param address what its host sends to, and where what it sends comes from
     * @param greKey transport gre: key of side in, an even number; that of side out is the next one
     * @param vni transport vxlan: virtual network of side in, an even number of 24 bits; that of side out is the next one
     */
    public record Endpoint(IpAddress address, OptionalInt greKey, OptionalInt vni) implements Attachment {}

    /**
     * To be discovered.
     *
     * @param identifier what the node calls itself
     */
    public record Identifier(String identifier) implements Attachment {}

    /**
     * One side of a node.
     *
     * @param interfaceName Linux name of the interface on this host
     * @param tags VLAN tags towards the node
     * @param addresses own addresses towards a node that routes
     * @param nextHop addresses of the node, at most one per family; for transport wire the dummy next hop
     * @param mac the MAC address that the next hop resolves to; empty: resolved by ARP or ND
     */
    public record ServicePort(
            String interfaceName,
            VlanTags tags,
            List<InterfaceAddress> addresses,
            List<IpAddress> nextHop,
            Optional<MacAddress> mac) {
        /** Checks the name and copies the lists. */
        public ServicePort {
            Checks.requireInterfaceName("interface", interfaceName);
            addresses = List.copyOf(addresses);
            nextHop = List.copyOf(nextHop);
        }

        /** A side with nothing but an interface. */
        public static ServicePort ofInterface(String interfaceName) {
            return new ServicePort(interfaceName, VlanTags.NONE, List.of(), List.of(), Optional.empty());
        }
    }

    /**
     * Tags that tell the node which policy a packet belongs to.
     *
     * @param chain name of the ServiceChain whose packets carry these tags
     * @param in tags on the in side
     * @param out tags on the out side; empty: the same as in
     */
    public record PolicyTags(String chain, VlanTags in, Optional<VlanTags> out) {
        /** Tags on the out side. */
        public VlanTags outOrIn() {
            return out.orElse(in);
        }
    }

    /** Whether an instance gets new flows. */
    public enum AdminState implements Word {
        /** Yes. */
        UP("up"),

        /** No; flows that it has stay. */
        DOWN("down"),

        /** The same, meant to end: status tells when it is empty. */
        DRAIN("drain"),

        /** No, and flows that it has move to another node that is alive, at their next packet. */
        MAINTENANCE("maintenance");

        private final String word;

        AdminState(String word) {
            this.word = word;
        }

        @Override
        public String word() {
            return word;
        }
    }
}
