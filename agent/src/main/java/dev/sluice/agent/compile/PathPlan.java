package dev.sluice.agent.compile;

import dev.sluice.agent.compile.IdRegistry.Space;
import dev.sluice.datapath.rules.Rule.FailureAction;
import dev.sluice.datapath.snapshot.Path.Visits;
import dev.sluice.model.Configuration;
import dev.sluice.model.ServiceAction;
import dev.sluice.model.ServiceChain;
import dev.sluice.model.ServiceChain.Hop;
import dev.sluice.model.ServiceChain.Place;
import dev.sluice.model.ServiceChain.Selection;
import dev.sluice.model.ServiceInstance;
import dev.sluice.model.ServiceInstance.AdminState;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The paths of each chain: every combination of the instances of its services, on this host and on others, or as many as a chain may have, in ranks by the chain's strategy. One writer: the compilation.
 *
 * <p>A combination that other nodes may choose, because they do not know yet that an instance is drained or because their strategy says otherwise, is a path here too; it just
 * gets no new flows.
 */
final class PathPlan {
    /** Most paths of one chain. */
    static final int PATHS_MAX = ServiceChain.PATHS_MAX;

    /** Most paths that are kept for the flows that have them already. */
    static final int RETIRED_MAX = 4096;

    /** Largest weight of a path; the sum over {@value #PATHS_MAX} paths stays an int. */
    private static final double WEIGHT_MAX = 1_000_000;

    private final Configuration configuration;
    private final InstancePlan instances;
    private final PlanePlan plane;
    private final IdRegistry ids;
    private final CompileLog log;
    private final Map<Integer, PathDraft> paths = new LinkedHashMap<>();

    /** Ids of the paths whose nodes all take new flows, also where the chain prefers others. */
    private final Set<Integer> free = new HashSet<>();

    PathPlan(Configuration configuration, InstancePlan instances, PlanePlan plane, IdRegistry ids, CompileLog log) {
        this.configuration = configuration;
        this.plane = plane;
        this.instances = instances;
        this.ids = ids;
        this.log = log;
        for (ServiceChain chain : configuration.chains()) {
            ids.index(Space.TARGET, chain.name());
            if (plane.isOn(chain)) {
                add(chain);
            }
        }
        paths.values().forEach(plane::share);
    }

    /** Whether a rule that names a path may give it to new flows: its nodes take some, and its hosts have all said that they serve it. */
    boolean isFree(PathDraft path) {
        return free.contains(path.id()) && path.use() != PathDraft.Use.AWAITED;
    }

    private record Choice(ServiceInstance instance, AttachmentDraft attachment) {
        boolean takesFlows() {
            return instance.spec().adminState() == AdminState.UP;
        }

        boolean isPlaced(PlanePlan plane) {
            return instance.spec().node().filter(plane::isPlace).isPresent();
        }
    }

    private boolean mayChoose(ServiceInstance instance) {
        return instance.spec().adminState() == AdminState.UP || plane.shares();
    }

    private void add(ServiceChain chain) {
        List<List<Choice>> choices = new ArrayList<>();
        chain.spec().services().forEach(service -> choices.add(choices(chain, service)));
        List<List<Choice>> combinations = combinations(chain, choices);
        List<List<Choice>> offered =
                combinations.stream().filter(PathPlan::takesFlows).toList();
        checkNames(chain, combinations);
        Ranks ranks = Ranks.of(chain, offered.stream().map(PathPlan::hosts).toList(), log);
        double heaviest = offered.stream().mapToDouble(PathPlan::weight).max().orElse(1);
        double scale = Math.min(1, WEIGHT_MAX / heaviest);
        for (List<Choice> combination : combinations) {
            boolean offers = takesFlows(combination);
            if (offers || plane.knows(placedName(chain, combination))) {
                int rank = offers ? ranks.rank(hosts(combination)) : 0;
                int weight = (int) Math.clamp(Math.round(weight(combination) * scale), 1, (long) WEIGHT_MAX);
                boolean retired = !offers || (rank > 0 && chain.spec().selection() == Selection.LEAST_FLOWS);
                int id = add(chain, combination, weight, rank, retired ? PathDraft.Use.RESTING : PathDraft.Use.OFFERED);
                if (offers) {
                    free.add(id);
                }
            }
        }
    }

    /** Aware nodes are told the number of a path, and only paths whose instances all have a place have one. */
    private void checkNames(ServiceChain chain, List<List<Choice>> combinations) {
        for (List<Choice> combination : combinations) {
            boolean aware = combination.stream()
                    .map(choice -> choice.attachment.content().tunnel())
                    .anyMatch(tunnel -> tunnel != null && tunnel.isAware());
            if (aware && !plane.knows(placedName(chain, combination))) {
                ServiceInstance placeless = combination.stream()
                        .map(Choice::instance)
                        .filter(instance -> instance.spec().node().isEmpty())
                        .findFirst()
                        .orElse(combination.getFirst().instance());
                log.error(
                        placeless,
                        "spec.node",
                        "chain " + chain.name()
                                + " has a node that gets NSH, which is told on which path a packet is; so all instances of the chain have to say on which node they are",
                        placeless.spec().node().orElse(""),
                        "a Node with underlay");
                return;
            }
        }
    }

    private static boolean takesFlows(List<Choice> combination) {
        return combination.stream().allMatch(Choice::takesFlows);
    }

    private static List<String> hosts(List<Choice> combination) {
        return combination.stream().map(choice -> choice.attachment.host()).toList();
    }

    private static String name(ServiceChain chain, List<Choice> combination) {
        return PathIdentifiers.name(
                chain,
                combination.stream().map(choice -> choice.instance.name()).toList());
    }

    private static String placedName(ServiceChain chain, List<Choice> combination) {
        return PathIdentifiers.name(
                chain,
                combination.stream()
                        .map(choice -> PathIdentifiers.placed(choice.instance))
                        .toList());
    }

    private List<Choice> choices(ServiceChain chain, String service) {
        List<Choice> choices = new ArrayList<>();
        for (ServiceInstance instance : configuration.instancesOf(service)) {
            AttachmentDraft attachment = instances.attachment(instance, chain.name());
            if (attachment != null && mayChoose(instance) && plane.isOn(chain, instance)) {
                choices.add(new Choice(instance, attachment));
            } else if (attachment == null && !instance.spec().policies().isEmpty()) {
                log.warning(
                        instance,
                        "spec.policies",
                        "has tags for other chains but not for this one, so it does not serve it",
                        chain.name());
            }
        }
        if (choices.stream().noneMatch(Choice::takesFlows)) {
            log.warning(
                    chain,
                    "spec.profiles",
                    "has no path on this node: no instance of this service that its plane reaches is up, so flows sent to the chain are dropped",
                    service);
        }
        return choices;
    }

    private List<List<Choice>> combinations(ServiceChain chain, List<List<Choice>> choices) {
        BigInteger count = PathCut.count(choices);
        if (count.compareTo(BigInteger.valueOf(PATHS_MAX)) <= 0) {
            return PathCut.all(choices);
        }
        boolean placed = choices.stream().flatMap(List::stream).allMatch(choice -> choice.isPlaced(plane));
        if (plane.shares() && !placed) {
            log.error(
                    chain,
                    "spec.profiles",
                    "the instances of its services make too many paths, and hosts cannot agree on some of them since not all instances say on which node with underlay they are; give each a node, or use fewer instances",
                    count.toString(),
                    "at most " + PATHS_MAX);
            return List.of();
        }
        List<List<ServiceInstance>> candidates = choices.stream()
                .map(hop -> hop.stream().map(Choice::instance).toList())
                .toList();
        List<List<ServiceInstance>> cut = (placed ? plane.cut(chain) : Optional.<List<List<ServiceInstance>>>empty())
                .orElseGet(() -> PathCut.of(chain, candidates, PATHS_MAX));
        log.warning(
                chain,
                "spec.profiles",
                "its instances make more paths than a chain may have, so " + PATHS_MAX
                        + " are chosen, which have each instance if that can be; flows get no other",
                count.toString());
        return chosen(cut, choices);
    }

    /** As choices of this host; without paths of which one is not to be chosen here. */
    private static List<List<Choice>> chosen(List<List<ServiceInstance>> paths, List<List<Choice>> choices) {
        Map<String, Choice> byName = new HashMap<>();
        choices.forEach(hop -> hop.forEach(choice -> byName.put(choice.instance.name(), choice)));
        List<List<Choice>> chosen = new ArrayList<>();
        for (List<ServiceInstance> path : paths) {
            List<Choice> known = path.stream()
                    .map(instance -> byName.get(instance.name()))
                    .filter(Objects::nonNull)
                    .toList();
            if (known.size() == path.size()) {
                chosen.add(known);
            }
        }
        return chosen;
    }

    private static double weight(List<Choice> combination) {
        double weight = 1;
        for (Choice choice : combination) {
            weight *= choice.instance.spec().weight();
        }
        return weight;
    }

    private int add(ServiceChain chain, List<Choice> combination, int weight, int rank, PathDraft.Use use) {
        List<PathDraft.Hop> hops = new ArrayList<>();
        List<FailureAction> onFailure = new ArrayList<>();
        int metric = 0;
        for (Choice choice : combination) {
            metric += choice.instance.spec().metric();
        }
        List<String> services = chain.spec().services();
        for (Place place : chain.spec().places()) {
            Hop hop = place.hop();
            Choice choice = combination.get(services.indexOf(hop.service()));
            hops.add(new PathDraft.Hop(hop.service(), choice.attachment.id(), isCopy(hop), visits(place)));
            onFailure.add(onFailure(chain, Optional.of(hop)));
        }
        PathDraft.Content content = new PathDraft.Content(chain.name(), hops);
        int id = ids.id(content);
        paths.put(
                id,
                new PathDraft(
                        id,
                        content,
                        name(chain, combination),
                        placedName(chain, combination),
                        weight,
                        metric,
                        rank,
                        onFailure,
                        use));
        return id;
    }

    private static Visits visits(Place place) {
        return !place.reverse() ? Visits.FORWARD : !place.forward() ? Visits.REVERSE : Visits.BOTH;
    }

    private boolean isCopy(Hop hop) {
        return configuration.action(hop) == ServiceAction.COPY;
    }

    private static FailureAction onFailure(ServiceChain chain, Optional<Hop> hop) {
        return failureAction(hop.flatMap(Hop::onFailure).orElse(chain.spec().onFailure()));
    }

    static FailureAction failureAction(dev.sluice.model.FailureAction written) {
        return switch (written) {
            case CLOSED -> FailureAction.CLOSED;
            case OPEN -> FailureAction.OPEN;
        };
    }

    /**
     * Keeps paths of earlier snapshots whose attachments all stand, for the flows that are pinned to them; the latest come first. One that leads to another host must have a
     * name there.
     */
    void retain(Iterable<PathDraft> earlier) {
        int retained = 0;
        for (PathDraft path : earlier) {
            boolean stands = path.content().hops().stream()
                    .allMatch(hop -> instances.attachments().containsKey(hop.attachment()));
            if (stands
                    && !paths.containsKey(path.id())
                    && retained < RETIRED_MAX
                    && (plane.keep(path) || !leavesHost(path))) {
                ids.id(path.content()); // still in use: the id must not be forgotten
                paths.put(path.id(), path.retire(onFailureNow(path)));
                retained++;
            }
        }
    }

    private boolean leavesHost(PathDraft path) {
        return path.content().hops().stream().anyMatch(hop -> {
            AttachmentDraft attachment = instances.attachments().get(hop.attachment());
            return attachment != null && attachment.remote();
        });
    }

    private List<FailureAction> onFailureNow(PathDraft path) {
        Optional<ServiceChain> chain = configuration.chain(path.content().chain());
        if (chain.isEmpty()) {
            return path.onFailure();
        }
        List<FailureAction> now = new ArrayList<>();
        for (PathDraft.Hop hop : path.content().hops()) {
            now.add(onFailure(
                    chain.get(),
                    chain.get().spec().places().stream()
                            .filter(place -> place.hop().service().equals(hop.service()))
                            .map(Place::hop)
                            .findFirst()));
        }
        return now;
    }

    /**
     * Lets new flows wait for paths that a change brings and that other hosts may not have yet (ADR 14): until they are served, new flows get the other paths of the chain, or if it has none, those that
     * they got before. After {@link #retain}.
     *
     * @param keeps whether a chain may give paths of before to all that the rules lead to it now
     * @return the paths that are awaited, by id, with the time at which that ends
     */
    Map<Integer, Long> await(
            List<PathDraft> before, Predicate<String> keeps, Transition change, Transition.Word word, long nowNs) {
        Map<Integer, PathDraft> earlier = new HashMap<>();
        before.forEach(path -> earlier.put(path.id(), path));
        Map<Integer, Long> awaited = new HashMap<>();
        for (ServiceChain chain : configuration.chains()) {
            List<PathDraft> offered = ofChain(chain.name(), PathDraft.Use.OFFERED);
            List<PathDraft> late = offered.stream()
                    .filter(path -> isNew(earlier.get(path.id()))
                            && leavesHost(path)
                            && change.untilNs(path.id(), nowNs) - nowNs > 0
                            && !change.missing(path, instances.attachments().values(), word)
                                    .isEmpty())
                    .toList();
            List<PathDraft> kept = late.isEmpty() || late.size() < offered.size() || !keeps.test(chain.name())
                    ? List.of()
                    : ofChain(chain.name(), PathDraft.Use.GONE).stream()
                            .filter(path -> gaveFlows(earlier.get(path.id())))
                            .toList();
            if (late.size() < offered.size() || !kept.isEmpty()) {
                kept.forEach(path -> paths.put(path.id(), path.as(PathDraft.Use.KEPT)));
                late.forEach(path -> paths.put(path.id(), path.as(PathDraft.Use.AWAITED)));
                late.forEach(path -> awaited.put(path.id(), change.untilNs(path.id(), nowNs)));
            }
        }
        return awaited;
    }

    private List<PathDraft> ofChain(String chain, PathDraft.Use use) {
        return paths.values().stream()
                .filter(path -> path.use() == use && path.content().chain().equals(chain))
                .toList();
    }

    /** Whether hosts may not have a path yet: it was not there before this change, or was awaited. */
    private static boolean isNew(@Nullable PathDraft before) {
        return before == null || before.use() == PathDraft.Use.AWAITED || before.use() == PathDraft.Use.GONE;
    }

    private static boolean gaveFlows(@Nullable PathDraft before) {
        return before != null && !before.retired();
    }

    /** Numbers of the instances that new flows may get. */
    Set<Integer> givenInstances() {
        return paths.values().stream()
                .filter(path -> !path.retired())
                .flatMap(path -> path.content().hops().stream())
                .map(hop -> instances.attachments().get(hop.attachment()))
                .filter(Objects::nonNull)
                .map(attachment -> attachment.content().instance())
                .collect(Collectors.toSet());
    }

    /** All paths, those that take new flows first. */
    Map<Integer, PathDraft> all() {
        return paths;
    }
}
