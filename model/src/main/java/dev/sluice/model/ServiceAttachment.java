package dev.sluice.model;

import java.util.List;
import java.util.Optional;

/**
 * A service plane: the virtual network that carries chains between hosts, and who is on it (V16, V20). What is on no plane in common does not reach each other.
 *
 * @param metadata the name is the one that chains use
 * @param spec which network, and for whom
 */
public record ServiceAttachment(Metadata metadata, Spec spec) implements Resource {
    /** Most nodes, and most routers, that one names. */
    public static final int SCOPE_MAX = 1_024;

    @Override
    public Kind kind() {
        return Kind.SERVICE_ATTACHMENT;
    }

    /**
     * Which network, and for whom.
     *
     * @param svni its number in tunnels, 1..16777215; no other attachment has it, and no chain that does not name this one
     * @param type what nodes do with frames; empty: anything
     * @param nodes names of hosts that are on it, with all their routers, pairs and service instances
     * @param routers names of LogicalRouters that are on it; so are the service instances of their hosts. Both empty: everybody is on it
     */
    public record Spec(int svni, Optional<Layer> type, List<String> nodes, List<String> routers) {
        /** Checks the range and copies the lists. */
        public Spec {
            Checks.requireRange("svni", svni, 1, ServiceChain.Spec.SVNI_MAX);
            nodes = List.copyOf(nodes);
            routers = List.copyOf(routers);
        }

        /** Whether everybody is on it. */
        public boolean isForAll() {
            return nodes.isEmpty() && routers.isEmpty();
        }
    }

    /** What the service nodes on it do with frames; nodes that only get copies do nothing with them. */
    public enum Layer implements Word {
        /** They bridge. */
        L2("l2", Service.Forwarding.BRIDGE),

        /** They route. */
        L3("l3", Service.Forwarding.ROUTE);

        private final String word;
        private final Service.Forwarding forwarding;

        Layer(String word, Service.Forwarding forwarding) {
            this.word = word;
            this.forwarding = forwarding;
        }

        @Override
        public String word() {
            return word;
        }

        /** What services of its chains say. */
        Service.Forwarding forwarding() {
            return forwarding;
        }
    }
}
