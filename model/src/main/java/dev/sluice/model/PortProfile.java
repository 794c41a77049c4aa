package dev.sluice.model;

import java.util.List;
import java.util.Optional;

/**
 * What ports are that have this profile: workloads whose traffic passes a chain without a rule, or sides of a service node; and which interfaces get it by themselves.
 *
 * @param metadata the name is the one that ports use
 * @param spec what it says
 */
public record PortProfile(Metadata metadata, Spec spec) implements Resource {
    @Override
    public Kind kind() {
        return Kind.PORT_PROFILE;
    }

    /**
     * What it says; exactly one of chain and node.
     *
     * @param chain name of the ServiceChain that workloads get
     * @param direction which packets of the port are intercepted
     * @param onFailure overrides the chain's and the hops' failure action
     * @param node the service node that interfaces with this profile lead to
     * @param logicalSwitch name of the LogicalSwitch that discovered ports are ports of
     * @param discover which interfaces get this profile by themselves
     */
    public record Spec(
            Optional<String> chain,
            Direction direction,
            Optional<FailureAction> onFailure,
            Optional<NodeMark> node,
            Optional<String> logicalSwitch,
            Optional<Discover> discover) {}

    /**
     * Which interfaces get the profile by themselves (C9).
     *
     * @param selector what they have to be like
     * @param nodes hosts that have them; empty: any
     */
    public record Discover(InterfaceSelector selector, List<String> nodes) {
        /** Copies the list. */
        public Discover {
            nodes = List.copyOf(nodes);
        }

        /** Whether interfaces of a host count. */
        public boolean countsOn(String node) {
            return nodes.isEmpty() || nodes.contains(node);
        }
    }
}
