package dev.sluice.agent.compile;

import static dev.sluice.agent.Hosts.host;
import static dev.sluice.agent.Hosts.pair;
import static dev.sluice.agent.Yaml.object;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.Yaml;
import dev.sluice.agent.report.InstanceEntry;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.OverlayPeer;
import dev.sluice.datapath.snapshot.Path;
import dev.sluice.datapath.snapshot.Path.Visits;
import dev.sluice.datapath.snapshot.PlanePath;
import dev.sluice.datapath.snapshot.Selection;
import dev.sluice.datapath.snapshot.ServicePlane;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.model.Configuration;
import dev.sluice.model.PlaneNumbers;
import dev.sluice.model.Problem;
import dev.sluice.wire.IpAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** One directory for all nodes, compiled as each of them sees it (C1, V8, V18). */
class SeveralHostsTest {
    private static final String SERVICES =
            object("Service", "firewall", "{transport: raw}") + "---\n" + object("Service", "ips", "{transport: wire}");
    private static final String CHAIN = object("ServiceChain", "inspect", "{profiles: [firewall, ips]}");
    private static final String RULES = object(
            "ServicePolicy",
            "web",
            "{appliedTo: [a/left, a/right], rules: [{name: all, match: {}, action: {chain: inspect}}]}");

    private final Map<String, SnapshotCompiler> compilers = new HashMap<>();
    private int mtu = 1610;

    private static String instance(String name, String service, String more) {
        return object(
                "ServiceInstance",
                name,
                "{service: " + service + ", interfaces: {in: " + name + "-i, out: " + name + "-o}" + more + "}");
    }

    private static String on(String name, String service, String host) {
        return instance(name, service, ", node: " + host);
    }

    private static String hosts() {
        return Yaml.text(host("c", 3), host("a", 1), host("b", 2), pair("a"), SERVICES, RULES);
    }

    private static String threeHosts() {
        return Yaml.text(hosts(), on("fw-1", "firewall", "b"), on("ips-1", "ips", "c"), CHAIN);
    }

    private CompileResult result(String node, Configuration objects) {
        return compilers
                .computeIfAbsent(node, name -> new SnapshotCompiler(name, new IdRegistry()))
                .compile(objects, name -> new InterfaceFacts(name.hashCode() & 0xff, name.equals("eth0") ? mtu : 1500));
    }

    private CompiledNode compiled(String node, String... documents) {
        CompileResult result = result(node, Yaml.parse(documents));
        return result.node().orElseThrow(() -> new AssertionError(result.problems()));
    }

    private Snapshot compile(String node, String... documents) {
        return compiled(node, documents).snapshot();
    }

    private static Attachment attachment(Snapshot snapshot, String name) {
        return snapshot.attachments().stream()
                .filter(each -> each.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    /** What packets call the paths of a node, by the paths' names. */
    private static Map<String, List<Object>> shared(Snapshot snapshot) {
        Map<String, List<Object>> shared = new HashMap<>();
        for (PlanePath path : snapshot.plane().paths()) {
            String name = Objects.requireNonNull(snapshot.path(path.path())).name();
            assertThat(shared.put(name, List.of(path.svni(), path.forwardSpi(), path.reverseSpi(), path.hub())))
                    .isNull();
        }
        return shared;
    }

    private static List<String> offered(Snapshot snapshot) {
        return snapshot.target(0).paths().stream()
                .map(path -> path.name() + "=" + path.metric())
                .toList();
    }

    @Test
    void listOfTheReverseDirectionIsTheSameOnAllNodesAndPartOfTheName() {
        String chain = object(
                "ServiceChain", "inspect", "{profiles: [firewall, ips], reverse: [firewall], afterLast: destination}");
        String objects = Yaml.text(hosts(), on("fw-1", "firewall", "b"), on("ips-1", "ips", "c"), chain);
        Snapshot a = compile("a", objects);
        Path path = a.paths().getFirst();
        assertThat(path.name()).isEqualTo("inspect[fw-1,ips-1;fw-1]");
        assertThat(path.hops()).extracting(Path.Hop::visits).containsExactly(Visits.BOTH, Visits.FORWARD);
        assertThat(a.plane().paths()).extracting(PlanePath::straight).containsExactly(true);
        assertThat(shared(compile("b", objects))).isEqualTo(shared(a));
        assertThat(shared(compile("c", objects))).isEqualTo(shared(a));
        // Another list is another path, also for what is under way.
        String both = objects.replace(", reverse: [firewall]", "");
        assertThat(compile("a", both).plane().paths().getFirst().forwardSpi())
                .isNotEqualTo(a.plane().paths().getFirst().forwardSpi());
    }

    @Test
    void orderThatDoesNotFitMakesTwoPlacesOfAService() {
        String chain = object("ServiceChain", "inspect", "{profiles: [firewall, ips], reverse: [firewall, ips]}");
        Path path = compile("a", hosts(), on("fw-1", "firewall", "b"), on("ips-1", "ips", "c"), chain)
                .paths()
                .getFirst();
        assertThat(path.hops())
                .extracting(hop -> hop.attachment().name() + " " + hop.visits())
                .containsExactly("fw-1 FORWARD", "ips-1 BOTH", "fw-1 REVERSE");
        assertThat(path.name()).isEqualTo("inspect[fw-1,ips-1;fw-1,ips-1]");
    }

    @Test
    void ruleMayNameOnePathByItsNameOrIdentifier() {
        String nodes =
                Yaml.text(hosts(), on("fw-1", "firewall", "b"), on("fw-2", "firewall", "c"), on("ips-1", "ips", "c"));
        Snapshot all = compile("a", nodes, CHAIN);
        int spi = all.plane().paths().stream()
                .filter(path ->
                        Objects.requireNonNull(all.path(path.path())).name().equals("inspect[fw-2,ips-1]"))
                .map(PlanePath::reverseSpi)
                .findFirst()
                .orElseThrow();
        for (String path : List.of("\"inspect[fw-2,ips-1]\"", Integer.toString(spi))) {
            Snapshot one = compile("a", nodes.replace("{chain: inspect}", "{path: " + path + "}"), CHAIN);
            int target = one.rules().getFirst().targetId();
            assertThat(one.target(target).paths()).extracting(Path::name).containsExactly("inspect[fw-2,ips-1]");
        }
        String gone = nodes.replace("{chain: inspect}", "{path: 3}");
        assertThat(result("a", Yaml.parse(gone, CHAIN)).problems())
                .extracting(Problem::toString)
                .anyMatch(text ->
                        text.contains("spec.rules.all.action.path") && text.contains("no path has this identifier"));
    }

    @Test
    void pathThatARuleNamesTakesNoNewFlowsWhileANodeIsDrained() {
        String drained = Yaml.text(
                hosts().replace("{chain: inspect}", "{path: \"inspect[fw-1,ips-1]\"}"),
                instance("fw-1", "firewall", ", node: b, adminState: drain"),
                on("ips-1", "ips", "c"),
                CHAIN);
        Snapshot one = compile("a", drained);
        assertThat(one.target(one.rules().getFirst().targetId()).paths()).isEmpty();
    }

    @Test
    void serviceOfTheReverseDirectionOnlyIsPartOfThePath() {
        String chain = object("ServiceChain", "inspect", "{profiles: [], reverse: [ips]}");
        Path path =
                compile("a", hosts(), on("ips-1", "ips", "c"), chain).paths().getFirst();
        assertThat(path.hops())
                .extracting(hop -> hop.attachment().name() + " " + hop.visits())
                .containsExactly("ips-1 REVERSE");
        assertThat(path.name()).isEqualTo("inspect[;ips-1]");
    }

    @Test
    void eachNodeHasTheOthersAsPeersInTheOrderOfTheirNames() {
        ServicePlane plane = compile("b", threeHosts()).plane();
        assertThat(plane.peers())
                .containsExactly(
                        new OverlayPeer(
                                0,
                                "a",
                                PlaneNumbers.node("a"),
                                IpAddress.parse("10.0.0.1").orElseThrow()),
                        new OverlayPeer(
                                1,
                                "c",
                                PlaneNumbers.node("c"),
                                IpAddress.parse("10.0.0.3").orElseThrow()));
        assertThat(plane.node()).isEqualTo(PlaneNumbers.node("b"));
        assertThat(plane.endpoint()).hasToString("10.0.0.2");
        Snapshot atA = compile("a", threeHosts());
        assertThat(atA.router(atA.plane().router()).name()).isEqualTo("underlay-a");
        assertThat(atA.plane().tenants())
                .hasSize(2)
                .contains(PlaneNumbers.router("underlay-a"), PlaneNumbers.pair("a", "left", "right"));
    }

    @Test
    void nodesOfOtherHostsHaveNoPortAndAreKnownByTheirHost() {
        CompiledNode a = compiled("a", threeHosts());
        Attachment remote = attachment(a.snapshot(), "fw-1");
        assertThat(remote.peer()).isZero();
        assertThat(remote.in()).isEqualTo(remote.out()).isEqualTo(AttachmentDraft.ELSEWHERE);
        assertThat(attachment(a.snapshot(), "ips-1").kind()).isEqualTo(Attachment.Kind.WIRE);
        assertThat(attachment(a.snapshot(), "ips-1").peer()).isEqualTo(1);
        assertThat(a.bindings())
                .extracting(PortBinding::interfaceName)
                .containsExactlyInAnyOrder("eth0", "eth1", "eth2");
        assertThat(a.instances()).extracting(InstanceEntry::host).containsExactly("b", "c");
        assertThat(a.instances()).allMatch(each -> each.ports().isEmpty());
        Snapshot b = compile("b", threeHosts());
        assertThat(attachment(b, "fw-1").peer()).isEqualTo(Attachment.LOCAL);
        assertThat(b.port(attachment(b, "fw-1").in().port()).name()).isEqualTo("fw-1-i");
        assertThat(attachment(b, "ips-1").isRemote()).isTrue();
    }

    @Test
    void allNodesCallThePathTheSame() {
        int h = PlaneNumbers.path("inspect[fw-1@b,ips-1@c]");
        for (String node : List.of("a", "b", "c")) {
            assertThat(shared(compile(node, threeHosts())))
                    .isEqualTo(Map.of("inspect[fw-1,ips-1]", List.of(4096, 2 * h, 2 * h + 1, false)));
        }
    }

    @Test
    void hubAndVirtualNetworkAreThoseOfTheChain() {
        String chain = object("ServiceChain", "inspect", "{profiles: [firewall, ips], mode: hub, svni: 77}");
        Snapshot a = compile("a", hosts(), on("fw-1", "firewall", "b"), on("ips-1", "ips", "c"), chain);
        assertThat(a.plane().paths()).singleElement().matches(path -> path.hub() && path.svni() == 77);
    }

    /** V20: each plane is a virtual network of its own; a node is reached over all of them, and each host knows them alike. */
    @Test
    void severalPlanesShareNodesAndKeepTheirNumbersApart() {
        String one = object("ServiceChain", "inspect", "{profiles: [firewall], svni: 77}");
        String two = object("ServiceChain", "two", "{profiles: [firewall], svni: 78}");
        List<List<String>> seen = new ArrayList<>();
        for (String node : List.of("a", "b", "c")) {
            Snapshot snapshot = compile(node, hosts(), on("fw-1", "firewall", "b"), one, two);
            List<PlanePath> paths = snapshot.plane().paths();
            assertThat(paths).extracting(PlanePath::svni).containsExactlyInAnyOrder(77, 78);
            assertThat(paths).extracting(PlanePath::forwardSpi).doesNotHaveDuplicates();
            seen.add(paths.stream()
                    .map(path -> path.svni() + " " + path.forwardSpi() + " " + path.reverseSpi())
                    .sorted()
                    .toList());
        }
        assertThat(seen.get(1)).isEqualTo(seen.get(0));
        assertThat(seen.get(2)).isEqualTo(seen.get(0));
    }

    @Test
    void instanceWithoutNodeIsLocalEverywhereAndItsPathsAreNotShared() {
        for (String node : List.of("a", "b", "c")) {
            Snapshot snapshot =
                    compile(node, hosts(), instance("fw-1", "firewall", ""), on("ips-1", "ips", "c"), CHAIN);
            assertThat(attachment(snapshot, "fw-1").isRemote()).isFalse();
            assertThat(offered(snapshot)).hasSize(1);
            assertThat(snapshot.plane().paths()).isEmpty();
        }
    }

    @Test
    void nodeWithoutUnderlayIsAloneAsEver() {
        String alone = object("Node", "d", "{}");
        Snapshot d = compile("d", threeHosts(), alone, on("fw-d", "firewall", "d"), on("ips-d", "ips", "d"));
        assertThat(d.plane()).isSameAs(ServicePlane.NONE);
        assertThat(d.attachments()).extracting(Attachment::name).containsExactlyInAnyOrder("fw-d", "ips-d");
        assertThat(offered(d)).containsExactly("inspect[fw-d,ips-d]=0");
        Snapshot a = compile("a", threeHosts(), alone, on("fw-d", "firewall", "d"), on("ips-d", "ips", "d"));
        assertThat(shared(a)).containsOnlyKeys("inspect[fw-1,ips-1]");
        assertThat(a.attachments()).extracting(Attachment::name).containsExactlyInAnyOrder("fw-1", "ips-1");
    }

    @Test
    void onlyNodeWithAnUnderlayEndsTunnelsAndNamesPathsToItsNodes() {
        Snapshot a = compile(
                "a",
                host("a", 1),
                pair("a"),
                SERVICES,
                RULES,
                CHAIN,
                on("fw-1", "firewall", "a"),
                on("ips-1", "ips", "a"));
        assertThat(a.plane().router()).isNotNegative();
        assertThat(a.plane().peers()).isEmpty();
        assertThat(shared(a)).containsOnlyKeys("inspect[fw-1,ips-1]");
        assertThat(offered(a)).hasSize(1);
    }

    @Test
    void pathOverADrainedInstanceIsNotOfferedButStillServedAndNumbersStay() {
        String[] objects = {hosts(), on("fw-2", "firewall", "b"), on("ips-1", "ips", "c"), CHAIN};
        List<String> all = new ArrayList<>(Arrays.asList(objects));
        all.add(on("fw-1", "firewall", "b, adminState: drain"));
        Map<String, List<Object>> up = shared(compile(
                "b",
                hosts(),
                on("fw-2", "firewall", "b"),
                on("ips-1", "ips", "c"),
                CHAIN,
                on("fw-1", "firewall", "b")));
        for (String node : List.of("a", "b", "c")) {
            compilers.clear();
            Snapshot drained = compile(node, all.toArray(new String[0]));
            assertThat(offered(drained)).containsExactly("inspect[fw-2,ips-1]=0");
            assertThat(shared(drained)).isEqualTo(up).hasSize(2);
        }
    }

    @Test
    void capIsCountedByTheHostOfTheInstanceAlone() {
        String capped = on("fw-1", "firewall", "b, packetsPerSecondMax: 1000");
        assertThat(compile("a", hosts(), capped, on("ips-1", "ips", "c"), CHAIN).caps())
                .isEmpty();
        assertThat(compile("b", hosts(), capped, on("ips-1", "ips", "c"), CHAIN).caps())
                .hasSize(1);
    }

    @Test
    void instanceThatMovesToAnotherHostUnderItsNameIsAnotherOneAndItsPathAnotherPath() {
        Snapshot before = compile("a", threeHosts());
        PlanePath old = before.plane().paths().getFirst();
        for (String host : List.of("c", "a")) {
            Snapshot after = compile("a", hosts(), on("fw-1", "firewall", host), on("ips-1", "ips", "c"), CHAIN);
            assertThat(after.attachments())
                    .filteredOn(each -> each.name().equals("fw-1"))
                    .extracting(Attachment::instance)
                    .doesNotHaveDuplicates()
                    .hasSizeGreaterThan(1);
            assertThat(after.plane().paths()).contains(old);
            assertThat(after.plane().paths().stream().map(PlanePath::forwardSpi))
                    .contains(2 * PlaneNumbers.path("inspect[fw-1@" + host + ",ips-1@c]"))
                    .doesNotHaveDuplicates();
        }
    }

    @Test
    void pathOfAChainThatIsGoneKeepsItsNameForItsFlows() {
        Snapshot before = compile("b", threeHosts());
        Snapshot after = compile(
                "b",
                threeHosts()
                        .replace("metadata: {name: inspect}", "metadata: {name: renamed}")
                        .replace("chain: inspect", "chain: renamed"));
        assertThat(shared(after)).hasSize(2).containsAllEntriesOf(shared(before));
        Path kept = Objects.requireNonNull(
                after.path(before.plane().paths().getFirst().path()));
        assertThat(kept.name()).isEqualTo("inspect[fw-1,ips-1]");
    }

    @Test
    void pathToAnotherHostThatNothingIsCalledByEndsWithItsHost() {
        compile("a", threeHosts());
        Snapshot after = compile(
                "a",
                host("a", 1),
                pair("a"),
                SERVICES,
                RULES,
                CHAIN,
                on("fw-1", "firewall", "b"),
                on("ips-1", "ips", "c"));
        assertThat(after.paths()).isEmpty();
        assertThat(after.attachments()).isEmpty();
        assertThat(after.plane().paths()).isEmpty();
    }

    private Snapshot spread(String node, String chain) {
        compilers.clear();
        return compile(
                node,
                hosts(),
                on("fw-a", "firewall", "a"),
                on("fw-b", "firewall", "b"),
                on("ips-a", "ips", "a"),
                instance("ips-b", "ips", ", node: b, metric: 7"),
                object("ServiceChain", "inspect", "{profiles: [firewall, ips]" + chain + "}"));
    }

    private static final int RANK = 1 << 20;

    @Test
    void roundRobinAndAnyOfferAllPathsAlike() {
        for (String strategy : List.of("", ", strategy: any")) {
            Snapshot a = spread("a", strategy);
            assertThat(offered(a))
                    .containsExactly(
                            "inspect[fw-a,ips-a]=0",
                            "inspect[fw-a,ips-b]=7",
                            "inspect[fw-b,ips-a]=0",
                            "inspect[fw-b,ips-b]=7");
            assertThat(a.target(0).selection()).isEqualTo(strategy.isEmpty() ? Selection.ROUND_ROBIN : Selection.ANY);
        }
    }

    @Test
    void anyLooksAtNoSelectionAndSaysSo() {
        assertThat(spread("a", ", strategy: any, selection: nearest").target(0).selection())
                .isEqualTo(Selection.ANY);
        String chain = object("ServiceChain", "inspect", "{profiles: [firewall], strategy: any, selection: nearest}");
        assertThat(result("a", Yaml.parse(hosts(), on("fw-a", "firewall", "a"), chain))
                        .problems())
                .anyMatch(problem ->
                        !problem.isError() && problem.toString().contains("with strategy any all paths come in turn"));
    }

    @Test
    void localPrefersThePathsWithMostInstancesHereAndKeepsTheOthersAsBackups() {
        assertThat(offered(spread("a", ", strategy: local")))
                .containsExactly(
                        "inspect[fw-a,ips-a]=0",
                        "inspect[fw-a,ips-b]=" + RANK,
                        "inspect[fw-b,ips-a]=" + RANK,
                        "inspect[fw-b,ips-b]=" + 2 * RANK);
        Snapshot b = spread("b", ", strategy: local");
        assertThat(offered(b)).contains("inspect[fw-b,ips-b]=0", "inspect[fw-a,ips-a]=" + 2 * RANK);
        assertThat(b.target(0).selection()).isEqualTo(Selection.NEAREST);
        assertThat(offered(spread("c", ", strategy: local")))
                .allMatch(path -> path.endsWith("=0") || path.endsWith("=7"));
    }

    @Test
    void clusterPrefersThePathsOnOneHostWhicheverAndByDistanceIfAskedFor() {
        assertThat(offered(spread("c", ", strategy: cluster, selection: nearest")))
                .containsExactly(
                        "inspect[fw-a,ips-a]=0",
                        "inspect[fw-a,ips-b]=" + (RANK + 7),
                        "inspect[fw-b,ips-a]=" + RANK,
                        "inspect[fw-b,ips-b]=7");
    }

    @Test
    void leastFlowsHasNoBackupsButOtherNodesMayStillChooseThem() {
        Snapshot a = spread("a", ", strategy: local, selection: least-flows");
        assertThat(offered(a)).containsExactly("inspect[fw-a,ips-a]=0");
        assertThat(a.target(0).selection()).isEqualTo(Selection.LEAST_FLOWS);
        assertThat(shared(a)).hasSize(4).isEqualTo(shared(spread("b", ", strategy: local, selection: least-flows")));
    }

    @Test
    void leastLoadKeepsTheOrderOfTheStrategyAndLooksAtNoDistance() {
        assertThat(offered(spread("c", ", selection: least-load"))).hasSize(4).allMatch(path -> path.endsWith("=0"));
        Snapshot b = spread("b", ", strategy: local, selection: least-load");
        assertThat(offered(b))
                .contains("inspect[fw-b,ips-b]=0", "inspect[fw-a,ips-b]=" + RANK, "inspect[fw-a,ips-a]=" + 2 * RANK);
        assertThat(b.target(0).selection()).isEqualTo(Selection.LEAST_LOAD);
    }

    @Test
    void clusterWarnsIfNoHostHasAllServices() {
        CompileResult result = result(
                "a",
                Yaml.parse(
                        hosts(),
                        on("fw-1", "firewall", "b"),
                        on("ips-1", "ips", "c"),
                        object("ServiceChain", "inspect", "{profiles: [firewall, ips], strategy: cluster}")));
        assertThat(result.node()).isPresent();
        assertThat(result.problems())
                .extracting(Problem::toString)
                .anyMatch(
                        text -> text.contains("no host has an instance of every service") && text.contains("2 hosts"));
    }

    @Test
    void warnsIfTheUnderlayTakesNoFullPackets() {
        mtu = 1600;
        assertThat(result("a", Yaml.parse(threeHosts())).problems())
                .extracting(Problem::toString)
                .singleElement()
                .asString()
                .contains(
                        "Node/a spec.underlay",
                        "has MTU 1600 and needs 1610",
                        "ip link set dev eth0 mtu 1610",
                        "MTU of 1490");
        assertThat(result("b", Yaml.parse(threeHosts())).problems())
                .as("no classified port")
                .noneMatch(problem -> problem.message().contains("MTU"));
        mtu = 1610;
        assertThat(result("a", Yaml.parse(threeHosts())).problems()).isEmpty();
    }

    @Test
    void tagsPerChainAreThoseOfTheOtherHostAndDecideWhichChainsAreServed() {
        String tagged = instance("fw-1", "firewall", ", node: b, policies: [{chain: inspect, in: {vlan: 7}}]");
        String other = object("ServiceChain", "other", "{profiles: [firewall]}");
        Snapshot a = compile("a", hosts(), tagged, on("ips-1", "ips", "c"), CHAIN, other);
        assertThat(attachment(a, "fw-1/inspect").in()).isEqualTo(AttachmentDraft.ELSEWHERE);
        assertThat(shared(a)).containsOnlyKeys("inspect[fw-1,ips-1]");
        assertThat(shared(compile("b", hosts(), tagged, on("ips-1", "ips", "c"), CHAIN, other)))
                .isEqualTo(shared(a));
    }

    private static String random(Random random, List<String> names) {
        return names.get(random.nextInt(names.size()));
    }

    /** Objects of 2 to 5 hosts with underlays and one without, in any order. */
    private static List<String> randomObjects(Random random, List<String> hosts) {
        List<String> objects = new ArrayList<>(List.of(SERVICES));
        for (int i = 0; i < hosts.size(); i++) {
            objects.add(host(hosts.get(i), i + 1));
        }
        List<String> places = new ArrayList<>(hosts);
        places.add("alone");
        int instances = 2 + random.nextInt(8);
        for (int i = 0; i < instances; i++) {
            String place = random.nextInt(6) == 0 ? "" : ", node: " + random(random, places);
            String state = random.nextInt(4) == 0 ? ", adminState: " + random(random, List.of("drain", "down")) : "";
            objects.add(instance("n" + i, random(random, List.of("firewall", "ips")), place + state));
        }
        for (int i = 0; i < 4; i++) {
            objects.add(randomChain(random, "chain-" + i));
        }
        return objects;
    }

    private static String randomChain(Random random, String name) {
        return object(
                "ServiceChain",
                name,
                "{profiles: " + random(random, List.of("[firewall]", "[firewall, ips]", "[ips, firewall]"))
                        + ", strategy: " + random(random, List.of("any", "local", "cluster")) + ", selection: "
                        + random(random, List.of("round-robin", "least-flows", "nearest")) + "}");
    }

    private Map<String, List<Object>> sharedByAll(Random random, List<String> hosts, List<String> objects) {
        List<String> order = new ArrayList<>(objects);
        Map<String, List<Object>> first = null;
        for (String host : hosts) {
            Collections.shuffle(order, random);
            Map<String, List<Object>> shared = shared(compile(host, order.toArray(new String[0])));
            first = first == null ? shared : first;
            assertThat(shared).isEqualTo(first);
        }
        return Objects.requireNonNull(first);
    }

    @Test
    void everyNodeOfARandomConfigurationComputesTheSameNumbersAndANewChainChangesNone() {
        long seed = Long.getLong("sluice.seed", new Random().nextLong());
        Random random = new Random(seed);
        int paths = 0;
        for (int round = 0; round < 40; round++) {
            compilers.clear();
            List<String> hosts = List.of("e", "b", "d", "a", "c").subList(0, 2 + random.nextInt(4));
            List<String> objects = randomObjects(random, hosts);
            try {
                Map<String, List<Object>> before = sharedByAll(random, hosts, objects);
                paths += before.size();
                objects.add(randomChain(random, random.nextBoolean() ? "a-first" : "z-last"));
                Map<String, List<Object>> after = sharedByAll(random, hosts, objects);
                Set<String> names = PathIdentifiers.of(Yaml.parse(objects.toArray(new String[0])))
                        .names();
                boolean meet = names.stream().map(PlaneNumbers::path).distinct().count() < names.size();
                assertThat(meet ? before : after).containsAllEntriesOf(before);
            } catch (AssertionError e) {
                throw new AssertionError("seed " + seed + ", round " + round + ", objects " + objects, e);
            }
        }
        assertThat(paths).as("seed " + seed).isGreaterThan(40);
    }
}
