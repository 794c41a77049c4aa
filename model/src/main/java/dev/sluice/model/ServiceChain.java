package dev.sluice.model;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Services that packets pass one after the other; the reverse direction passes them in the opposite order, or a list of its own.
 *
 * @param metadata the name is the one that rules and profiles use
 * @param spec the services
 */
public record ServiceChain(Metadata metadata, Spec spec) implements Resource {
    /** Most paths of one chain; if its instances make more, so many of them are chosen. */
    public static final int PATHS_MAX = 1024;

    @Override
    public Kind kind() {
        return Kind.SERVICE_CHAIN;
    }

    /**
     * The services.
     *
     * @param hops of forward packets: 0..8, no service twice; {@code profiles} in YAML
     * @param reverse of reverse packets, in their order: 0..8, no service twice; empty: those of forward packets in opposite order
     * @param onFailure what happens when a hop has no working instance
     * @param strategy which paths are offered where several hosts have some
     * @param selection how one of the paths offered is chosen for a new flow
     * @param mode how packets get from hop to hop
     * @param afterLast where packets go behind the last service
     * @param svni virtual network of the service plane between hosts, 1..16777215; what the attachment says, once a {@link Configuration} has looked
     * @param attachment name of the ServiceAttachment that is the plane; empty: the plane is everywhere
     */
    public record Spec(
            List<Hop> hops,
            Optional<List<Hop>> reverse,
            FailureAction onFailure,
            Strategy strategy,
            Selection selection,
            Mode mode,
            AfterLast afterLast,
            int svni,
            Optional<String> attachment) {
        /** The service plane of chains that name none. */
        public static final int SVNI_DEFAULT = 4096;

        /** Most places of a path: services that both directions pass in an order that fits count once. */
        public static final int PLACES_MAX = 8;

        /** Largest virtual network identifier: 24 bits (RFC 8926 3.4). */
        public static final int SVNI_MAX = (1 << 24) - 1;

        /** Checks the count and copies the list. */
        public Spec {
            Checks.requireRange("svni", svni, 1, SVNI_MAX);
            hops = List.copyOf(hops);
            reverse = reverse.map(List::copyOf);
            Checks.requireRange(
                    "number of places", ChainPlaces.of(hops, reverse).size(), 1, PLACES_MAX);
        }

        /** The places of a path of the chain, in forward order: each direction takes those that it visits, reverse packets from the end. */
        public List<Place> places() {
            return ChainPlaces.of(hops, reverse);
        }

        Spec withHops(List<Hop> newHops, Optional<List<Hop>> newReverse) {
            return new Spec(newHops, newReverse, onFailure, strategy, selection, mode, afterLast, svni, attachment);
        }

        Spec on(ServiceAttachment.Spec plane) {
            return new Spec(hops, reverse, onFailure, strategy, selection, mode, afterLast, plane.svni(), attachment);
        }

        /** All services of the chain, each once: those of forward packets, then those that only reverse ones pass. */
        public List<String> services() {
            return Stream.concat(hops.stream(), reverse.stream().flatMap(List::stream))
                    .map(Hop::service)
                    .distinct()
                    .toList();
        }
    }

    /**
     * One service of a chain.
     *
     * @param service name of the Service; in a chain that was read for itself, without a {@link Configuration}, maybe that of a ServiceProfile
     * @param profile name of the ServiceProfile that the service was named by; empty: by itself
     * @param onFailure overrides the chain's failure action
     * @param action overrides the service's action
     */
    public record Hop(
            String service,
            Optional<String> profile,
            Optional<FailureAction> onFailure,
            Optional<ServiceAction> action) {
        /** As written, before it is known which kind of object the name is of. */
        static Hop named(String name, Optional<FailureAction> onFailure, Optional<ServiceAction> action) {
            return new Hop(name, Optional.empty(), onFailure, action);
        }

        /** With what the profile that it names says, which has a service. */
        Hop by(ServiceProfile named) {
            return new Hop(
                    named.spec().service().orElseThrow(),
                    Optional.of(named.name()),
                    onFailure.or(() -> named.spec().onFailure()),
                    action.or(() -> named.spec().action()));
        }
    }

    /**
     * A hop and who visits it.
     *
     * @param forward forward packets do
     * @param reverse reverse packets do
     */
    public record Place(Hop hop, boolean forward, boolean reverse) {}

    /** Which paths come first where instances are on several hosts; the others are their backups. On one host all come first. */
    public enum Strategy implements Word {
        /** All alike, chosen from as {@link Selection} says. */
        ROUND_ROBIN("round-robin"),

        /** All alike, in turn: whatever their weights, metrics and loads. */
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
        NEAREST("nearest"),

        /** In turn, by weight, instances with more load than others of their service less often. */
        LEAST_LOAD("least-load");

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
