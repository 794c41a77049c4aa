package dev.sluice.agent.compile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.model.ReadObject;
import dev.sluice.model.ServiceChain;
import dev.sluice.model.ServiceInstance;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Which paths a chain has whose instances make too many (V17). */
class PathCutTest {
    private static final int MAX = PathPlan.PATHS_MAX;

    private static ServiceChain chain(String more) {
        String text = "{apiVersion: sluice.dev/v1, kind: ServiceChain, metadata: {name: inspect}, spec: {profiles: [s0]"
                + more + "}}";
        return (ServiceChain) ReadObject.read(text).orElseThrow().resource();
    }

    private static ServiceInstance instance(int service, int number, String node, int metric) {
        String name = "s%d-%03d".formatted(service, number);
        String text = ("{apiVersion: sluice.dev/v1, kind: ServiceInstance, metadata: {name: %s}, spec: {service: s%d,"
                        + " node: %s, metric: %d, interfaces: {in: i}}}")
                .formatted(name, service, node, metric);
        return (ServiceInstance) ReadObject.read(text).orElseThrow().resource();
    }

    /** So many services with so many instances each, in turn on some hosts. */
    private static List<List<ServiceInstance>> services(int services, int instances, int hosts) {
        List<List<ServiceInstance>> all = new ArrayList<>();
        for (int service = 0; service < services; service++) {
            List<ServiceInstance> hop = new ArrayList<>();
            for (int number = 0; number < instances; number++) {
                hop.add(instance(service, number, "h" + number % hosts, number % 3));
            }
            all.add(hop);
        }
        return all;
    }

    private static List<List<String>> names(List<List<ServiceInstance>> paths) {
        return paths.stream()
                .map(path -> path.stream().map(ServiceInstance::name).toList())
                .toList();
    }

    private static Map<String, Integer> uses(List<List<ServiceInstance>> paths) {
        Map<String, Integer> uses = new HashMap<>();
        paths.forEach(path -> path.forEach(instance -> uses.merge(instance.name(), 1, Integer::sum)));
        return uses;
    }

    private static boolean isOnOneHost(List<ServiceInstance> path) {
        return path.stream().map(instance -> instance.spec().node()).distinct().count() == 1;
    }

    private static <T> Set<T> distinct(List<T> values) {
        return new HashSet<>(values);
    }

    @Test
    void eachInstanceIsInAboutAsManyPathsAndWithEachOther() {
        List<List<ServiceInstance>> services = services(8, 10, 4);
        assertThat(PathCut.count(services)).isEqualTo(BigInteger.TEN.pow(8));
        List<List<ServiceInstance>> paths = PathCut.of(chain(""), services, MAX);
        assertThat(distinct(names(paths))).hasSize(MAX);
        assertThat(uses(paths))
                .hasSize(80)
                .allSatisfy((_, uses) -> assertThat(uses).isBetween(90, 115));
        Set<String> pairs = new HashSet<>();
        for (List<String> path : names(paths)) {
            for (int one = 0; one < path.size(); one++) {
                for (int other = 0; other < one; other++) {
                    pairs.add(path.get(other) + path.get(one));
                }
            }
        }
        assertThat(pairs).as("one that dies leaves paths to all others").hasSize(8 * 7 / 2 * 100);
    }

    @Test
    void thousandsOfInstancesAreNotTriedAll() {
        List<List<ServiceInstance>> paths = PathCut.of(chain(", strategy: local"), services(8, 512, 300), MAX);
        assertThat(distinct(names(paths))).hasSize(MAX);
        assertThat(uses(paths)).as("each instance has a path").hasSize(8 * 512);
        assertThat(distinct(names(PathCut.of(chain(""), services(1, 2_000, 1), MAX))))
                .hasSize(MAX);
    }

    @Test
    void thePathsOfEachHostComeFirstWhereTheStrategyAsksForThem() {
        List<List<ServiceInstance>> services = services(3, 20, 4);
        for (String strategy : List.of("local", "cluster")) {
            List<List<ServiceInstance>> paths = PathCut.of(chain(", strategy: " + strategy), services, MAX);
            assertThat(distinct(names(paths))).hasSize(MAX);
            assertThat(paths.stream().filter(PathCutTest::isOnOneHost))
                    .as("all that there are: 4 hosts with 5 of each")
                    .hasSize(4 * 125);
            assertThat(uses(paths)).hasSize(60);
        }
        assertThat(PathCut.of(chain(""), services, MAX).stream().filter(PathCutTest::isOnOneHost))
                .hasSizeLessThan(200);
    }

    /** A host that lacks a service has its instances in paths all the same, with as few others as there can be. */
    @Test
    void hostsWithSomeOfTheServicesAreNotLeftOut() {
        List<List<ServiceInstance>> services = services(3, 40, 2);
        services.get(0).add(instance(0, 100, "lonely", 0));
        services.get(1).add(instance(1, 100, "lonely", 0));
        List<List<ServiceInstance>> paths = PathCut.of(chain(", strategy: local"), services, MAX);
        assertThat(paths).hasSize(MAX);
        assertThat(names(paths))
                .anySatisfy(path -> assertThat(path).startsWith("s0-100", "s1-100"))
                .noneSatisfy(path -> assertThat(path)
                        .as("not one without the other")
                        .contains("s0-100")
                        .doesNotContain("s1-100"));
    }

    @Test
    void theNearestComeFirstWhereTheSelectionAsksForThem() {
        List<List<ServiceInstance>> services = services(3, 12, 1);
        List<List<ServiceInstance>> paths = PathCut.of(chain(", selection: nearest"), services, MAX);
        assertThat(paths).hasSize(MAX);
        assertThat(paths.stream()
                        .filter(path -> path.stream()
                                .allMatch(instance -> instance.spec().metric() == 0)))
                .hasSize(64);
        assertThat(paths.stream()
                        .filter(path -> path.stream()
                                .allMatch(instance -> instance.spec().metric() <= 1)))
                .as("then the next")
                .hasSize(512);
        assertThat(uses(paths)).hasSize(36);
    }

    @Test
    void theOrderOfTheObjectsMakesNoDifference() {
        for (String more : List.of("", ", strategy: local", ", strategy: cluster", ", selection: nearest")) {
            List<List<ServiceInstance>> services = services(3, 15, 4);
            List<List<String>> first = names(PathCut.of(chain(more), services, MAX));
            Random random = new Random(7);
            services.forEach(hop -> Collections.shuffle(hop, random));
            assertThat(names(PathCut.of(chain(more), services, MAX))).as(more).isEqualTo(first);
            assertThat(first)
                    .as("in order of names")
                    .isSortedAccordingTo((one, other) -> String.join(",", one).compareTo(String.join(",", other)));
        }
    }
}
