package dev.sluice.model;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A rule set: which packets pass which chain.
 *
 * @param metadata the name is the one that traces and counters show
 * @param spec the rules
 */
public record ServicePolicy(Metadata metadata, Spec spec) implements Resource {
    @Override
    public Kind kind() {
        return Kind.SERVICE_POLICY;
    }

    /**
     * The rules.
     *
     * @param priority 0..65535; policies with a higher one are asked first, equal ones in the order they were read
     * @param appliedTo where the rules apply; empty only if every rule has its own
     * @param direction which packets are classified, where appliedTo does not say
     * @param rules 1..100000, names unique
     */
    public record Spec(int priority, List<AppliedTo> appliedTo, Direction direction, List<Rule> rules) {
        /** Checks priority and count, copies the lists. */
        public Spec {
            Checks.requireRange("priority", priority, 0, 65_535);
            Checks.requireRange("number of rules", rules.size(), 1, 100_000);
            appliedTo = List.copyOf(appliedTo);
            rules = List.copyOf(rules);
        }

        /** The rules in the order they are asked: by priority, highest first, then those without one; equal ones as listed. */
        public List<Rule> rulesInOrder() {
            return rules.stream()
                    .sorted(Comparator.comparingInt((Rule rule) -> rule.priority.orElse(-1))
                            .reversed())
                    .toList();
        }

        /** Where a rule of this policy applies: its own list, or the policy's. */
        public List<AppliedTo> appliedTo(Rule rule) {
            return rule.appliedTo.isEmpty() ? appliedTo : rule.appliedTo;
        }

        /** Which packets an entry means: its own direction, or the policy's. */
        public Direction direction(AppliedTo at) {
            return at.direction.orElse(direction);
        }
    }

    /**
     * A place where rules apply; {@link Configuration#resolve} tells what it means.
     *
     * @param scope name of a node or router; empty: any node
     * @param interfaceName name of a Port, else of a Linux interface; with a router as scope, of its interface
     * @param direction overrides the policy's direction
     * @param profile name of a PortProfile: all ports that have it are meant, and scope and interface are empty
     */
    public record AppliedTo(
            Optional<String> scope, String interfaceName, Optional<Direction> direction, Optional<String> profile) {
        /** A place with a name. */
        public AppliedTo(Optional<String> scope, String interfaceName, Optional<Direction> direction) {
            this(scope, interfaceName, direction, Optional.empty());
        }

        /** All ports with a profile. */
        static AppliedTo ofProfile(String profile, Optional<Direction> direction) {
            return new AppliedTo(Optional.empty(), "", direction, Optional.of(profile));
        }

        /** {@code scope/interface} or {@code interface}, as users write it. */
        @Override
        public String toString() {
            return profile.map(name -> "profile " + name)
                    .orElseGet(() -> scope.map(s -> s + "/").orElse("") + interfaceName);
        }
    }

    /**
     * One rule.
     *
     * @param name unique in the policy
     * @param priority 0..65535, higher first; rules without one keep the order of listing after all rules that have one
     * @param match which packets
     * @param action what happens to their flow
     * @param onFailure overrides the failure actions of chain and hops
     * @param bothDirections whether the reverse direction gets a record too
     * @param appliedTo overrides the policy's; empty: the policy's
     * @param log whether the first packet of each flow that the rule decides is logged
     */
    public record Rule(
            String name,
            OptionalInt priority,
            Match match,
            RuleAction action,
            Optional<FailureAction> onFailure,
            boolean bothDirections,
            List<AppliedTo> appliedTo,
            boolean log) {
        /** Checks name and priority, copies the list. */
        public Rule {
            Checks.requireName("rule name", name);
            Checks.requireRange("priority", priority.orElse(0), 0, 65_535);
            appliedTo = List.copyOf(appliedTo);
        }
    }

    /** What happens to the flow of a matching packet. */
    public sealed interface RuleAction {}

    /**
     * It passes a chain.
     *
     * @param chain name of the ServiceChain
     */
    public record ToChain(String chain) implements RuleAction {}

    /**
     * It takes one path, and no other (V32).
     *
     * @param path name of the path, {@code chain[fw-1,ips-2]}, or one of the identifiers that packets call it
     */
    public record ToPath(String path) implements RuleAction {
        /** Name of the chain; empty if the path is given by an identifier. */
        public Optional<String> chain() {
            int bracket = path.indexOf('[');
            return bracket < 0 ? Optional.empty() : Optional.of(path.substring(0, bracket));
        }
    }

    /** It goes on without service. */
    public record NoService() implements RuleAction {}

    /** It is dropped. */
    public record Drop() implements RuleAction {}

    /** Nothing: the rule counts, and the next one that matches decides. */
    public record Observe() implements RuleAction {}
}
