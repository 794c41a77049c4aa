package dev.sluice.model;

import java.util.Optional;

/**
 * The service that workload ports get without a rule: all their traffic passes a chain.
 *
 * @param metadata the name is the one that ports use
 * @param spec which service
 */
public record PortProfile(Metadata metadata, Spec spec) implements Resource {
    @Override
    public Kind kind() {
        return Kind.PORT_PROFILE;
    }

    /**
     * Which service.
     *
     * @param chain name of the ServiceChain
     * @param direction which packets of the port are intercepted
     * @param onFailure overrides the chain's and the hops' failure action
     */
    public record Spec(String chain, Direction direction, Optional<FailureAction> onFailure) {}
}
