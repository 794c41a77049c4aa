package dev.sluice.agent.compile;

import dev.sluice.model.Configuration;
import dev.sluice.model.PlaneNumbers;
import dev.sluice.model.ServiceAttachment;
import dev.sluice.model.ServiceChain;
import dev.sluice.model.ServiceChain.Hop;
import dev.sluice.model.ServiceInstance;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * The numbers by which all nodes know the paths whose instances have a place: on a node with an underlay. Computed from the objects of all nodes, so each node has
 * the same ones; whether an instance is up or drained makes no difference. Immutable. Specification: {@code docs/reference/service-plane-ids.md}.
 */
final class PathIdentifiers {
    /** No path has a number. */
    static final PathIdentifiers NONE = new PathIdentifiers(Map.of(), Map.of());

    private final Map<String, Integer> byName;
    private final Map<String, List<List<ServiceInstance>>> cuts;

    private PathIdentifiers(Map<String, Integer> byName, Map<String, List<List<ServiceInstance>>> cuts) {
        this.byName = byName;
        this.cuts = cuts;
    }

    /** The numbers of a whole configuration. */
    static PathIdentifiers of(Configuration whole) {
        Set<String> nodes = new HashSet<>();
        whole.nodesWithUnderlay().forEach(node -> nodes.add(node.name()));
        Map<String, List<ServiceInstance>> placed = new HashMap<>();
        whole.instances().stream()
                .filter(instance ->
                        instance.spec().node().filter(nodes::contains).isPresent())
                .sorted(Comparator.comparing(ServiceInstance::name))
                .forEach(instance -> placed.computeIfAbsent(instance.spec().service(), _ -> new ArrayList<>())
                        .add(instance));
        List<String> names = new ArrayList<>();
        Map<String, List<List<ServiceInstance>>> cuts = new HashMap<>();
        whole.chains().stream()
                .sorted(Comparator.comparing(ServiceChain::name))
                .forEach(
                        chain -> paths(chain, whole, placed, cuts).forEach(path -> names.add(placedName(chain, path))));
        return ofPaths(names, cuts);
    }

    /** The numbers of paths that are given in the order in which they may choose. */
    static PathIdentifiers ofPaths(List<String> names) {
        return ofPaths(names, Map.of());
    }

    private static PathIdentifiers ofPaths(List<String> names, Map<String, List<List<ServiceInstance>>> cuts) {
        Map<String, Integer> byName = new HashMap<>();
        Set<Integer> taken = new HashSet<>();
        for (String name : names) {
            int number = PlaneNumbers.path(name);
            while (!taken.add(number)) {
                number = number == PlaneNumbers.PATH_MAX ? 1 : number + 1;
            }
            byName.put(name, number);
        }
        return new PathIdentifiers(byName, cuts);
    }

    /** The combinations of placed instances, in the order of their names: all, or if there are more than a chain may have, a cut of those on its plane. */
    private static List<List<ServiceInstance>> paths(
            ServiceChain chain,
            Configuration whole,
            Map<String, List<ServiceInstance>> placed,
            Map<String, List<List<ServiceInstance>>> cuts) {
        List<List<ServiceInstance>> serving = candidates(chain, placed, instance -> serves(instance, chain.name()));
        if (hasRoom(serving)) {
            return PathCut.all(serving);
        }
        List<List<ServiceInstance>> reached = candidates(
                chain,
                placed,
                instance -> serves(instance, chain.name())
                        && whole.reaches(chain, instance.spec().node().orElse("")));
        List<List<ServiceInstance>> cut =
                hasRoom(reached) ? PathCut.all(reached) : PathCut.of(chain, reached, PathPlan.PATHS_MAX);
        cuts.put(chain.name(), cut);
        return cut;
    }

    private static List<List<ServiceInstance>> candidates(
            ServiceChain chain, Map<String, List<ServiceInstance>> placed, Predicate<ServiceInstance> wanted) {
        return chain.spec().services().stream()
                .map(service -> placed.getOrDefault(service, List.of()).stream()
                        .filter(wanted)
                        .toList())
                .toList();
    }

    private static boolean hasRoom(List<List<ServiceInstance>> candidates) {
        return PathCut.count(candidates).compareTo(BigInteger.valueOf(PathPlan.PATHS_MAX)) <= 0;
    }

    /** The paths of a chain that has more than it may have, on all hosts the same; empty if it has not. */
    Optional<List<List<ServiceInstance>>> cut(ServiceChain chain) {
        return Optional.ofNullable(cuts.get(chain.name()));
    }

    /** Whether an instance takes packets of a chain at all: it has tags for the chain, or none for any. */
    private static boolean serves(ServiceInstance instance, String chain) {
        return !(instance.spec().attachment() instanceof ServiceInstance.Identifier)
                && (instance.spec().policies().isEmpty()
                        || instance.spec().policies().stream()
                                .anyMatch(tags -> tags.chain().equals(chain)));
    }

    /**
     * {@code chain[fw-1,ips-2]}; with a list of its own for the reverse direction {@code chain[fw-1,ips-2;fw-1]}.
     *
     * @param instances one of each service of the chain
     */
    static String name(ServiceChain chain, List<String> instances) {
        ServiceChain.Spec spec = chain.spec();
        String forward = names(spec.hops(), spec.services(), instances);
        String reverse = spec.reverse()
                .map(hops -> ";" + names(hops, spec.services(), instances))
                .orElse("");
        return chain.name() + "[" + forward + reverse + "]";
    }

    private static String names(List<Hop> hops, List<String> services, List<String> instances) {
        return hops.stream()
                .map(hop -> instances.get(services.indexOf(hop.service())))
                .collect(Collectors.joining(","));
    }

    private static String placedName(ServiceChain chain, List<ServiceInstance> instances) {
        return name(chain, instances.stream().map(PathIdentifiers::placed).toList());
    }

    /** {@code fw-1@b}; without a place its name alone, which no path that has a number contains. */
    static String placed(ServiceInstance instance) {
        return instance.spec()
                .node()
                .map(node -> PlaneNumbers.place(instance.name(), node))
                .orElse(instance.name());
    }

    /** Who is on the chain's plane, if not everybody, and where its routers are: a host that is new there may not serve it yet. */
    private static String scope(ServiceChain chain, Configuration whole) {
        return whole.attachment(chain)
                .map(ServiceAttachment::spec)
                .filter(plane -> !plane.isForAll())
                .map(plane -> " " + joined(plane.nodes()) + ";" + joined(placed(plane.routers(), whole)))
                .orElse("");
    }

    private static List<String> placed(List<String> routers, Configuration whole) {
        return routers.stream()
                .map(name -> name
                        + whole.router(name)
                                .map(router -> "@" + router.spec().node().orElse("*"))
                                .orElse(""))
                .toList();
    }

    private static String joined(List<String> names) {
        return names.stream().sorted().collect(Collectors.joining(","));
    }

    /**
     * What hosts with the same objects tell each other: a digest of all paths with their numbers and how packets travel on them; never 0.
     *
     * @param whole the configuration that the numbers were made of
     */
    long digest(Configuration whole) {
        StringBuilder text = new StringBuilder();
        byName.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .forEach(path -> text.append(path.getKey())
                        .append('=')
                        .append(path.getValue())
                        .append('\n'));
        whole.chains().stream()
                .sorted(Comparator.comparing(ServiceChain::name))
                .forEach(chain -> text.append(chain.name())
                        .append(' ')
                        .append(chain.spec().svni())
                        .append(' ')
                        .append(chain.spec().mode())
                        .append(scope(chain, whole))
                        .append('\n'));
        whole.instances().stream()
                .sorted(Comparator.comparing(ServiceInstance::name))
                .forEach(instance -> text.append(instance.name())
                        .append(' ')
                        .append(instance.spec().node().orElse(""))
                        .append('\n'));
        return PlaneNumbers.digest(text.toString());
    }

    /** Names of all paths that have a number. */
    Set<String> names() {
        return Set.copyOf(byName.keySet());
    }

    /** The path that packets of a direction call by an identifier. */
    Optional<String> called(int spi) {
        return byName.entrySet().stream()
                .filter(path -> path.getValue() == spi >>> 1)
                .map(Map.Entry::getKey)
                .findFirst();
    }

    /** The number of a path, 1..{@link PlaneNumbers#PATH_MAX}; 0 if it has none. */
    int of(String name) {
        return byName.getOrDefault(name, 0);
    }
}
