package dev.sluice.model;

import java.util.List;
import java.util.Optional;

/**
 * Services that packets pass one after the other; the reverse direction passes them in the opposite order.
 *
 * @param metadata the name is the one that rules and profiles use
 * @param spec the services
 */
public record ServiceChain(Metadata metadata, Spec spec) implements Resource {
    @Override
    public Kind kind() {
        return Kind.SERVICE_CHAIN;
    }

    /**
     * The services.
     *
     * @param hops 1..8, no service twice; {@code profiles} in YAML
     * @param onFailure what happens when a hop has no working instance
     * @param strategy which paths are offered where several hosts have some
     * @param selection how one of the paths offered is chosen for a new flow
     * @param mode how packets get from hop to hop
     * @param afterLast where packets go behind the last service
     * @param svni virtual network of the service plane between hosts, 1..16777215
     */
    public record Spec(
            List<Hop> hops,
            FailureAction onFailure,
            Strategy strategy,
            Selection selection,
            Mode mode,
            AfterLast afterLast,
            int svni) {
        /** The service plane of chains that name none. */
        public static final int SVNI_DEFAULT = 4096;

        /** Largest virtual network identifier: 24 bits (RFC 8926 3.4). */
        public static final int SVNI_MAX = (1 << 24) - 1;

        /** Checks the count and copies the list. */
        public Spec {
            Checks.requireRange("svni", svni, 1, SVNI_MAX);
            Checks.requireRange("number of hops", hops.size(), 1, 8);
            hops = List.copyOf(hops);
        }
    }

    /**
     * One service of a chain.
     *
     * @param service name of the Service
     * @param onFailure overrides the chain's failure action
     * @param action overrides the service's action
     */
    public record Hop(String service, Optional<FailureAction> onFailure, Optional<ServiceAction> action) {}

    /** Which paths come first where instances are on several hosts; the others are their backups. On one host all are the same. */
    public enum Strategy implements Word {
        /** All alike. */
        ROUND_ROBIN("round-robin"),

        /** All alike. */
        ANY("any"),

        /** The paths with the most instances on this host. */
        LOCAL("local"),

        /** The paths whose instances are together on one host, else on the fewest. */
        CLUSTER("cluster");

        private final String word;

        Strategy(String word) {
            this.word = word;
        }

        @Override
        public String word() {
            return word;
        }
    }

    /** How one of the paths is chosen for a new flow. */
    public enum Selection implements Word {
        /** In turn, by weight. */
        ROUND_ROBIN("round-robin"),

        /** The path with the fewest active flows per weight. */
        LEAST_FLOWS("least-flows"),

        /** The path with the smallest sum of its instances' metrics. */
        NEAREST("nearest");

        private final String word;

        Selection(String word) {
            this.word = word;
        }

        @Override
        public String word() {
            return word;
        }
    }

    /** How packets get from hop to hop. On one host both are the same. */
    public enum Mode implements Word {
        /** From hop to hop. */
        DIRECT("direct"),

        /** Back to the classifier after every hop. */
        HUB("hub");

        private final String word;

        Mode(String word) {
            this.word = word;
        }

        @Override
        public String word() {
            return word;
        }
    }

    /** Where packets go behind the last service of a direction, if that is on another host than the one that classified. */
    public enum AfterLast implements Word {
        /** Back to the classifier. */
        CLASSIFIER("classifier"),

        /** Straight to the host of their destination, where the classifier knows it. */
        DESTINATION("destination");

        private final String word;

        AfterLast(String word) {
            this.word = word;
        }

        @Override
        public String word() {
            return word;
        }
    }
}
