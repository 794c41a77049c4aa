package dev.sluice.model;

import dev.sluice.model.ServiceInstance.PacketCap;
import java.util.List;
import java.util.Optional;

/**
 * So many instances of a service, made, placed and removed by the manager (C15, V28; the service deployment of V16).
 *
 * @param metadata instances are called after it: {@code fw-1}, {@code fw-2}
 * @param spec how many, where and by whom made
 */
public record ServiceDeployment(Metadata metadata, Spec spec) implements Resource {
    /** Most instances of one deployment. */
    public static final int REPLICAS_MAX = 256;

    /** The label of nodes that says which cluster they are in. */
    public static final String CLUSTER_LABEL = "cluster";

    @Override
    public Kind kind() {
        return Kind.SERVICE_DEPLOYMENT;
    }

    /**
     * How many, where and by whom made.
     *
     * @param service name of the Service
     * @param mode which of them have flows
     * @param replicas how many instances, if their number follows nothing
     * @param autoscale what their number follows; empty: nothing
     * @param placement on which hosts
     * @param template what each is like
     * @param drainDeadlineNs how long an instance that is to go keeps the flows that it has
     * @param replaceAfterNs how long an instance may be lost or not ready until another takes its place
     */
    public record Spec(
            String service,
            Mode mode,
            int replicas,
            Optional<Autoscale> autoscale,
            Placement placement,
            Template template,
            long drainDeadlineNs,
            long replaceAfterNs) {
        /** Checks the number. */
        public Spec {
            Checks.requireRange("replicas", replicas, 0, REPLICAS_MAX);
        }
    }

    /** Which of the instances have flows. */
    public enum Mode implements Word {
        /** There is one. */
        STANDALONE("standalone"),

        /** The one with the lowest number that is alive, in chains whose selection is nearest: the others are further away by their numbers. */
        ACTIVE_STANDBY("active-standby"),

        /** All that are alive. */
        ACTIVE_ACTIVE("active-active");

        private final String word;

        Mode(String word) {
            this.word = word;
        }

        @Override
        public String word() {
            return word;
        }
    }

    /**
     * On which hosts.
     *
     * @param hosts names of nodes; empty: any
     * @param cluster only nodes with this label; empty: any
     * @param spread whether two instances may share a host
     */
    public record Placement(List<String> hosts, Optional<String> cluster, Spread spread) {
        /** Anywhere. */
        public static final Placement ANYWHERE = new Placement(List.of(), Optional.empty(), Spread.PREFER_HOSTS);

        /** Copies the list. */
        public Placement {
            hosts = List.copyOf(hosts);
        }
    }

    /** Whether two instances may share a host. */
    public enum Spread implements Word {
        /** They do only if there are fewer hosts than instances, and as evenly as possible. */
        PREFER_HOSTS("prefer-hosts"),

        /** Never: what has no host of its own is not made. */
        HOSTS("hosts");

        private final String word;

        Spread(String word) {
            this.word = word;
        }

        @Override
        public String word() {
            return word;
        }
    }

    /**
     * What each instance is like.
     *
     * @param making how it is brought about
     * @param arms 1: one interface for both sides; 2: one for each
     * @param weight share of new flows, as in ServiceInstance
     * @param cap packets per second that each is sent at most
     */
    public record Template(Making making, int arms, int weight, Optional<PacketCap> cap) {}

    /** How an instance is brought about. */
    public sealed interface Making {}

    /** A process or a hook of the agent. */
    public record ByAgent(InstanceRuntime.Driver driver) implements Making {}

    /** Each takes one of these places, where nodes are running already. */
    public record OfPlaces(List<Place> places) implements Making {
        /** Copies the list. */
        public OfPlaces {
            places = List.copyOf(places);
        }
    }

    /**
     * Interfaces that lead to a node which is there already.
     *
     * @param node host
     * @param in interface of side in
     * @param out interface of side out; empty: the same
     */
    public record Place(String node, String in, Optional<String> out) {}
}
