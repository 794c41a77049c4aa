package dev.sluice.agent.compile;

import dev.sluice.model.ServiceChain;
import dev.sluice.model.ServiceChain.Selection;
import dev.sluice.model.ServiceChain.Strategy;
import dev.sluice.model.ServiceInstance;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/**
 * Which paths a chain has if its instances make more than it may have. Computed from names, nodes and metrics only, so each host finds the same, and without looking at all of them: there may be 512 to the power of 8. Used by one thread, once. Specification: {@code docs/reference/service-plane-ids.md}.
 *
 * <p>First each instance gets a path, near ones where the strategy asks for near ones. Then come the paths that strategy and selection prefer, and then any, so that each instance is in about as many as the others of its service, and with many different ones.
 */
final class PathCut {
    /** 2^64 over the golden ratio: multiples of it are far apart. */
    private static final long GOLDEN = 0x9e37_79b9_7f4a_7c15L;

    private final List<List<ServiceInstance>> hops;
    private final int pathsMax;

    /** By the names of their instances. */
    private final Map<List<String>, List<ServiceInstance>> chosen = new LinkedHashMap<>();

    private PathCut(List<List<ServiceInstance>> hops, int pathsMax) {
        this.hops = hops;
        this.pathsMax = pathsMax;
    }

    /**
     * The paths, in the order of the names of their instances, service after service.
     *
     * @param candidates instances of each service of the chain, at least one
     * @param pathsMax how many at most
     */
    static List<List<ServiceInstance>> of(ServiceChain chain, List<List<ServiceInstance>> candidates, int pathsMax) {
        List<List<ServiceInstance>> sorted = candidates.stream()
                .map(hop -> hop.stream()
                        .sorted(Comparator.comparing(ServiceInstance::name))
                        .toList())
                .toList();
        PathCut cut = new PathCut(sorted, pathsMax);
        cut.choose(chain.spec().strategy(), chain.spec().selection());
        Map<List<String>, List<ServiceInstance>> ordered = new TreeMap<>(PathCut::compare);
        ordered.putAll(cut.chosen);
        return List.copyOf(ordered.values());
    }

    /** How many combinations there are. */
    static BigInteger count(List<? extends List<?>> candidates) {
        return candidates.stream()
                .map(hop -> BigInteger.valueOf(hop.size()))
                .reduce(BigInteger.ONE, BigInteger::multiply);
    }

    /** All combinations, those of the first service in order, with those of the next one each. */
    static <T> List<List<T>> all(List<List<T>> candidates) {
        List<List<T>> begun = List.of(List.of());
        for (List<T> hop : candidates) {
            List<List<T>> longer = new ArrayList<>();
            for (List<T> start : begun) {
                for (T next : hop) {
                    List<T> more = new ArrayList<>(start);
                    more.add(next);
                    longer.add(more);
                }
            }
            begun = longer;
        }
        return begun;
    }

    private static int compare(List<String> one, List<String> other) {
        for (int i = 0; i < one.size(); i++) {
            int order = one.get(i).compareTo(other.get(i));
            if (order != 0) {
                return order;
            }
        }
        return 0;
    }

    private void choose(Strategy strategy, Selection selection) {
        List<List<Combinations>> preferences = new ArrayList<>();
        if (strategy == Strategy.LOCAL || strategy == Strategy.CLUSTER) {
            preferences.addAll(byHost());
        } else if (strategy == Strategy.ROUND_ROBIN && selection == Selection.NEAREST) {
            byMetric().forEach(near -> preferences.add(List.of(near)));
        }
        preferences.add(List.of(new Combinations(hops)));
        SortedSet<String> uncovered = new TreeSet<>();
        hops.forEach(hop -> hop.forEach(instance -> uncovered.add(instance.name())));
        preferences.forEach(equals -> equals.forEach(each -> cover(each, uncovered)));
        preferences.forEach(this::fill);
    }

    /** Those of one host, or with as many of its instances as there are; hosts that have all services first. */
    private List<List<Combinations>> byHost() {
        SortedSet<String> hosts = new TreeSet<>();
        hops.forEach(hop -> hop.forEach(instance -> hosts.add(host(instance))));
        List<Combinations> whole = new ArrayList<>();
        List<Combinations> partly = new ArrayList<>();
        for (String host : hosts) {
            List<List<ServiceInstance>> near = only(instance -> host(instance).equals(host));
            boolean complete = IntStream.range(0, hops.size())
                    .allMatch(hop -> near.get(hop).stream()
                            .allMatch(instance -> host(instance).equals(host)));
            (complete ? whole : partly).add(new Combinations(near));
        }
        return List.of(whole, partly);
    }

    private static String host(ServiceInstance instance) {
        return instance.spec().node().orElse("");
    }

    /** The nearest, then with those that are a step further away, and so on. */
    private List<Combinations> byMetric() {
        SortedSet<Integer> metrics = new TreeSet<>();
        hops.forEach(hop -> hop.forEach(instance -> metrics.add(instance.spec().metric())));
        return metrics.stream()
                .map(metric -> new Combinations(hops.stream()
                        .map(hop -> {
                            int least = hop.stream()
                                    .mapToInt(each -> each.spec().metric())
                                    .min()
                                    .orElseThrow();
                            return hop.stream()
                                    .filter(each -> each.spec().metric() <= Math.max(metric, least))
                                    .toList();
                        })
                        .toList()))
                .toList();
    }

    /** Of each service the instances that are so; all of it where none is. */
    private List<List<ServiceInstance>> only(Predicate<ServiceInstance> wanted) {
        return hops.stream()
                .map(hop -> {
                    List<ServiceInstance> those = hop.stream().filter(wanted).toList();
                    return those.isEmpty() ? hop : those;
                })
                .toList();
    }

    /** Gives each instance a path that has none. */
    private void cover(Combinations from, SortedSet<String> uncovered) {
        for (long at = 0; at < from.longest() && !uncovered.isEmpty(); at++) {
            List<ServiceInstance> path = from.at(at);
            if (path.stream().anyMatch(instance -> uncovered.contains(instance.name())) && add(path)) {
                path.forEach(instance -> uncovered.remove(instance.name()));
            }
        }
    }

    /** Takes one from each in turn until there are enough, or no more. */
    private void fill(List<Combinations> equals) {
        long[] next = new long[equals.size()];
        boolean more = true;
        while (more && chosen.size() < pathsMax) {
            more = false;
            for (int i = 0; i < next.length; i++) {
                Combinations from = equals.get(i);
                boolean added = false;
                while (!added && next[i] < from.count() && chosen.size() < pathsMax) {
                    added = add(from.at(next[i]++));
                }
                more |= added;
            }
        }
    }

    private boolean add(List<ServiceInstance> path) {
        return chosen.size() < pathsMax
                && chosen.putIfAbsent(path.stream().map(ServiceInstance::name).toList(), path) == null;
    }

    /**
     * All combinations of some instances, in an order in which the first ones have each instance, and each pair of instances comes early. Immutable.
     *
     * @param hops instances of each service, at least one
     */
    private record Combinations(List<List<ServiceInstance>> hops) {
        Combinations {
            hops = List.copyOf(hops);
        }

        /** Instances of the service that has most. */
        int longest() {
            return hops.stream().mapToInt(List::size).max().orElse(0);
        }

        /** At most {@link Integer#MAX_VALUE} is said. */
        long count() {
            long count = 1;
            for (List<ServiceInstance> hop : hops) {
                count = Math.min(count * hop.size(), Integer.MAX_VALUE);
            }
            return count;
        }

        /**
         * One of them; each place another one. The digits of the place, that of the service with most instances first, say which: the first digit moves all services on together, each further one its own, and those behind it by a jump.
         *
         * @param place 0.. less than {@link #count}
         */
        List<ServiceInstance> at(long place) {
            int[] order = IntStream.range(0, hops.size())
                    .boxed()
                    .sorted(Comparator.comparingInt(
                                    (Integer hop) -> hops.get(hop).size())
                            .reversed())
                    .mapToInt(hop -> hop)
                    .toArray();
            ServiceInstance[] path = new ServiceInstance[order.length];
            long rest = place;
            long first = 0;
            long lower = 0;
            for (int i = 0; i < order.length; i++) {
                List<ServiceInstance> hop = hops.get(order[i]);
                long digit = rest % hop.size();
                rest /= hop.size();
                long jump = (lower * (2L * i + 1) * GOLDEN) >>> 33;
                path[order[i]] = hop.get((int) ((first + digit + jump) % hop.size()));
                if (i == 0) {
                    first = digit;
                } else {
                    lower = lower * 31 + digit;
                }
            }
            return List.of(path);
        }
    }
}
