package dev.sluice.agent.compile;

import dev.sluice.agent.compile.IdRegistry.Space;
import dev.sluice.datapath.rules.Group;
import dev.sluice.datapath.rules.Match;
import dev.sluice.datapath.rules.PortSides;
import dev.sluice.datapath.rules.Rule;
import dev.sluice.datapath.rules.Rule.Action;
import dev.sluice.datapath.rules.Rule.FailureAction;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.model.Configuration;
import dev.sluice.model.Configuration.Place;
import dev.sluice.model.Direction;
import dev.sluice.model.Port;
import dev.sluice.model.PortProfile;
import dev.sluice.model.Resource;
import dev.sluice.model.ServiceChain;
import dev.sluice.model.ServicePolicy;
import dev.sluice.model.ServicePolicy.AppliedTo;
import dev.sluice.model.ServicePolicy.Drop;
import dev.sluice.model.ServicePolicy.NoService;
import dev.sluice.model.ServicePolicy.Observe;
import dev.sluice.model.ServicePolicy.RuleAction;
import dev.sluice.model.ServicePolicy.ToChain;
import dev.sluice.model.ServicePolicy.ToPath;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Rules in the order they are asked, and the groups of port sides that share them. One writer: the compilation.
 *
 * <p>Order: policies by priority, equal ones as read; in a policy as {@link ServicePolicy.Spec#rulesInOrder} says; the implicit rules of port profiles
 * after all policies.
 */
final class RulePlan {
    /** Most observe-only rules of one port side. */
    static final int OBSERVERS_MAX = 256;

    private final Configuration configuration;
    private final PortPlan ports;
    private final PlanePlan plane;
    private final IdRegistry ids;
    private final CompileLog log;
    private final List<Rule> ordered = new ArrayList<>();
    private final Map<Integer, Rule> rules = new LinkedHashMap<>();
    private final Map<Integer, Group> groups = new LinkedHashMap<>();
    private final BitSet placesTold = new BitSet();
    private final Set<String> planesTold = new HashSet<>();

    private final @Nullable Snapshot before;

    /**
     * Compiles the rules.
     *
     * @param before the snapshot in force, whose precedences and classifiers are kept where they can be; null if there is none
     */
    RulePlan(
            Configuration configuration,
            PortPlan ports,
            PlanePlan plane,
            IdRegistry ids,
            CompileLog log,
            @Nullable Snapshot before) {
        this.plane = plane;
        this.before = before;
        this.configuration = configuration;
        this.ports = ports;
        this.ids = ids;
        this.log = log;
        configuration.policies().stream()
                .sorted(Comparator.comparingInt((ServicePolicy p) -> p.spec().priority())
                        .reversed())
                .forEach(this::addPolicy);
        configuration.all(PortProfile.class).forEach(this::addProfile);
        int[] precedences = Precedences.of(ordered.stream().map(Rule::id).toList(), before);
        for (int i = 0; i < precedences.length; i++) {
            Rule rule = withPrecedence(ordered.get(i), precedences[i]);
            rules.put(rule.id(), rule);
        }
        makeGroups();
    }

    private void addPolicy(ServicePolicy policy) {
        for (ServicePolicy.Rule rule : policy.spec().rulesInOrder()) {
            BitSet sides = sides(policy, rule);
            List<Match> matches = matches(policy, rule);
            if (!sides.isEmpty() && !matches.isEmpty()) {
                add(
                        policy,
                        policy.name() + "/" + rule.name(),
                        matches,
                        rule.action(),
                        failureAction(rule.onFailure()),
                        rule.bothDirections(),
                        sides,
                        rule.log());
            }
        }
    }

    private BitSet sides(ServicePolicy policy, ServicePolicy.Rule rule) {
        BitSet sides = new BitSet();
        for (AppliedTo at : policy.spec().appliedTo(rule)) {
            List<PortDraft> here = new ArrayList<>();
            for (Place place : configuration.resolve(at)) {
                PortDraft port = ports.at(place);
                if (port != null) {
                    here.add(port);
                }
            }
            if (here.isEmpty()) {
                tellOnce(policy, at);
            }
            here.forEach(port -> addSides(sides, port, policy.spec().direction(at)));
        }
        return sides;
    }

    private void tellOnce(ServicePolicy policy, AppliedTo at) {
        int told = (policy.name() + " " + at).hashCode() & 0xffff;
        if (!placesTold.get(told)) {
            placesTold.set(told);
            log.warning(
                    policy,
                    "spec.appliedTo",
                    "is no port in use on this node, so the rules do not apply there",
                    at.toString());
        }
    }

    /** Once for each object and chain, however many rules there are. */
    private void warnIfNotOn(ServiceChain chain, Resource owner) {
        if (!plane.isOn(chain) && planesTold.add(owner.title() + " " + chain.name())) {
            log.warning(
                    owner,
                    "spec",
                    "leads to a chain whose ServiceAttachment this node is not on, so its packets meet the failure action",
                    chain.name());
        }
    }

    private static void addSides(BitSet sides, PortDraft port, Direction direction) {
        if (direction != Direction.TO_PORT) {
            sides.set(PortSides.index(port.index, PortSides.FROM_PORT));
        }
        if (direction != Direction.FROM_PORT) {
            sides.set(PortSides.index(port.index, PortSides.TO_PORT));
        }
    }

    private List<Match> matches(ServicePolicy policy, ServicePolicy.Rule rule) {
        String field = "spec.rules." + rule.name() + ".match";
        long combinations = MatchCompiler.combinations(rule.match());
        if (combinations > MatchCompiler.MATCHES_MAX) {
            log.error(
                    policy,
                    field,
                    "prefixes, ports and VLANs make too many combinations; split the rule",
                    Long.toString(combinations),
                    "at most " + MatchCompiler.MATCHES_MAX);
            return List.of();
        }
        Optional<Match.Context> context = MatchCompiler.context(rule.match().context(), ids.attributes());
        if (context.isEmpty()) {
            log.error(
                    policy,
                    field,
                    "so many different values of application, group and user are in use that no number is left; name fewer, or restart the node",
                    "",
                    "at most " + AttributeValues.VALUES_MAX);
            return List.of();
        }
        List<Match> matches = MatchCompiler.compile(rule.match(), context.get());
        if (matches.isEmpty()) {
            log.warning(policy, field, "no packet can match: addresses of different IP versions are combined", "");
        }
        return matches;
    }

    private void addProfile(PortProfile profile) {
        Optional<String> chain = profile.spec().chain();
        BitSet sides = new BitSet();
        for (Port port : configuration.ports()) {
            PortDraft draft = ports.of(port);
            if (draft != null && port.spec().profile().equals(Optional.of(profile.name()))) {
                addSides(sides, draft, profile.spec().direction());
            }
        }
        if (chain.isPresent() && !sides.isEmpty()) {
            add(
                    profile,
                    "profile:" + profile.name(),
                    List.of(Match.ANY),
                    new ToChain(chain.get()),
                    failureAction(profile.spec().onFailure()),
                    true,
                    sides,
                    false);
        }
    }

    private void add(
            Resource owner,
            String name,
            List<Match> matches,
            RuleAction ruleAction,
            FailureAction onFailure,
            boolean bothDirections,
            BitSet sides,
            boolean logged) {
        Action action = switch (ruleAction) {
            case ToChain _, ToPath _ -> Action.SERVICE;
            case NoService _ -> Action.NONE;
            case Drop _ -> Action.DROP;
            case Observe _ -> Action.OBSERVE;
        };
        int target = -1;
        if (ruleAction instanceof ToChain(String chain)) {
            Optional<ServiceChain> known = configuration.chain(chain);
            if (known.isEmpty()) {
                log.error(owner, "spec", "there is no such ServiceChain", chain, "");
                return;
            }
            warnIfNotOn(known.get(), owner);
            target = ids.index(Space.TARGET, chain);
        }
        if (ruleAction instanceof ToPath to) {
            Optional<String> path =
                    to.chain().isPresent() ? Optional.of(to.path()) : plane.pathCalled(Integer.parseInt(to.path()));
            if (path.isEmpty()) {
                log.error(
                        owner,
                        "spec.rules." + name.substring(name.indexOf('/') + 1) + ".action.path",
                        "no path has this identifier; only paths whose instances all say on which Node with underlay they are have one",
                        to.path(),
                        "an identifier or a name that 'sluice paths' lists");
                return;
            }
            configuration
                    .chain(path.get().substring(0, path.get().indexOf('[')))
                    .ifPresent(chain -> warnIfNotOn(chain, owner));
            target = ids.index(Space.TARGET, path.get());
        }
        PortSides appliedTo = PortSides.of(sides);
        int id = ids.id(new RuleContent(name, matches, action, target, onFailure, bothDirections, appliedTo));
        ordered.add(new Rule(
                id,
                0,
                name,
                matches,
                action,
                target,
                onFailure,
                bothDirections,
                appliedTo,
                logged,
                ids.ruleCounters(id)));
    }

    /** What the id of a rule names: neither its place in the order nor whether it is logged. */
    private record RuleContent(
            String name,
            List<Match> matches,
            Action action,
            int target,
            FailureAction onFailure,
            boolean bothDirections,
            PortSides appliedTo) {}

    private static Rule withPrecedence(Rule rule, int precedence) {
        return new Rule(
                rule.id(),
                precedence,
                rule.name(),
                rule.matches(),
                rule.action(),
                rule.targetId(),
                rule.onFailure(),
                rule.bothDirections(),
                rule.appliedTo(),
                rule.log(),
                rule.counters());
    }

    private static FailureAction failureAction(Optional<dev.sluice.model.FailureAction> written) {
        return written.map(PathPlan::failureAction).orElse(FailureAction.INHERIT);
    }

    /**
     * What the id of a group names.
     *
     * @param rules ids of its rules
     */
    private record GroupContent(BitSet rules) {}

    private void makeGroups() {
        Map<Integer, PortDraft> byIndex = new HashMap<>();
        ports.all().forEach(port -> byIndex.put(port.index, port));
        for (Rule rule : rules.values()) {
            rule.appliedTo().toBitSet().stream().forEach(side -> {
                PortDraft port = byIndex.get(side >> 1);
                if (port != null && port.role != PortEntry.Role.SERVICE) {
                    port.rules[side & 1].set(rule.id());
                }
            });
        }
        GroupClassifiers classifiers = new GroupClassifiers(rules, before);
        for (PortDraft port : ports.all()) {
            for (int side = 0; side < 2; side++) {
                port.groups[side] = group(port.rules[side], classifiers, groupBefore(port.index, side));
            }
        }
    }

    private int groupBefore(int port, int side) {
        return before == null || port >= before.portCount()
                ? 0
                : before.port(port).group(side);
    }

    private int group(BitSet ruleIds, GroupClassifiers classifiers, int groupBefore) {
        if (ruleIds.isEmpty()) {
            return 0;
        }
        int id = ids.id(new GroupContent(ruleIds));
        groups.computeIfAbsent(id, _ -> newGroup(id, ruleIds, classifiers, groupBefore));
        return id;
    }

    private Group newGroup(int id, BitSet ruleIds, GroupClassifiers classifiers, int groupBefore) {
        BitSet deciding = new BitSet();
        List<Rule> observing = new ArrayList<>();
        ruleIds.stream().forEach(ruleId -> {
            Rule rule = Objects.requireNonNull(rules.get(ruleId));
            if (rule.action() == Action.OBSERVE) {
                observing.add(rule);
            } else {
                deciding.set(ruleId);
            }
        });
        if (observing.size() > OBSERVERS_MAX) {
            log.error(
                    "too many rules with action observe apply to one side of a port (each packet is compared with each of them); "
                            + observing.getFirst().name() + " is the first of them",
                    Integer.toString(observing.size()),
                    "at most " + OBSERVERS_MAX);
        }
        return new Group(id, classifiers.of(deciding, groupBefore), observing);
    }

    List<Rule> rules() {
        return List.copyOf(rules.values());
    }

    List<Group> groups() {
        return List.copyOf(groups.values());
    }
}
