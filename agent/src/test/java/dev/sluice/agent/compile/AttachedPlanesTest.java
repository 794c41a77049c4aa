package dev.sluice.agent.compile;

import static dev.sluice.agent.Hosts.host;
import static dev.sluice.agent.Hosts.pair;
import static dev.sluice.agent.Yaml.object;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.Yaml;
import dev.sluice.datapath.snapshot.Path;
import dev.sluice.datapath.snapshot.PlanePath;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.model.PlaneNumbers;
import dev.sluice.model.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Service planes that some hosts are on and others are not (V16, V20). */
class AttachedPlanesTest {
    private static final String NETWORK = Yaml.text(
            host("a", 1),
            host("b", 2),
            host("c", 3),
            pair("a"),
            object("Service", "firewall", "{transport: raw}"),
            object("ServiceInstance", "fw-b", "{service: firewall, node: b, interfaces: {in: i, out: o}}"),
            object("ServiceInstance", "fw-c", "{service: firewall, node: c, interfaces: {in: i, out: o}}"),
            object(
                    "ServicePolicy",
                    "web",
                    "{appliedTo: [a/left], rules: [{name: all, match: {}, action: {chain: inspect}}]}"));

    private static String chain(String plane) {
        return object("ServiceChain", "inspect", "{profiles: [firewall]" + plane + "}");
    }

    private static String attachment(String appliedTo) {
        return object("ServiceAttachment", "production", "{svni: 5000, appliedTo: {" + appliedTo + "}}");
    }

    private static CompileResult result(String node, String... more) {
        return new SnapshotCompiler(node, new IdRegistry())
                .compile(Yaml.parse(NETWORK, Yaml.text(more)), AttachedPlanesTest::facts);
    }

    private static CompiledNode compiled(String node, String... more) {
        CompileResult result = result(node, more);
        return result.node().orElseThrow(() -> new AssertionError(result.problems()));
    }

    private static List<String> paths(String node, String... more) {
        return compiled(node, more).snapshot().paths().stream().map(Path::name).toList();
    }

    private static List<Integer> planes(String node, String... more) {
        return compiled(node, more).snapshot().plane().paths().stream()
                .map(PlanePath::svni)
                .distinct()
                .toList();
    }

    @Test
    void attachmentIsTheVirtualNetworkOfItsChains() {
        assertThat(planes("a", chain(""))).containsExactly(4096);
        assertThat(planes("a", chain(", svni: 5000"))).containsExactly(5000);
        for (String node : List.of("a", "b", "c")) {
            assertThat(planes(node, attachment(""), chain(", attachment: production")))
                    .containsExactly(5000);
        }
    }

    @Test
    void chainPassesOnlyInstancesOfHostsThatAreOnItsPlane() {
        String chain = chain(", attachment: production");
        assertThat(paths("a", attachment(""), chain)).containsExactlyInAnyOrder("inspect[fw-b]", "inspect[fw-c]");
        for (String scope : List.of("nodes: [a, b]", "nodes: a, routers: underlay-b")) {
            for (String node : List.of("a", "b")) {
                assertThat(paths(node, attachment(scope), chain))
                        .as(node + " " + scope)
                        .containsExactly("inspect[fw-b]");
            }
            assertThat(paths("c", attachment(scope), chain)).as(scope).isEmpty();
        }
        // Those who are left have the numbers that they had.
        assertThat(compiled("a", attachment("nodes: [a, b]"), chain)
                        .snapshot()
                        .plane()
                        .paths())
                .extracting(PlanePath::forwardSpi)
                .isSubsetOf(compiled("a", attachment(""), chain).snapshot().plane().paths().stream()
                        .map(PlanePath::forwardSpi)
                        .toList());
    }

    /** Whatever else a host has: what nodes with an agent are told of a chain comes from several hosts (V17). */
    @Test
    void chainHasTheNumberOfItsNameOnEachHost() {
        String other = object("ServiceChain", "another", "{profiles: [firewall]}");
        for (String node : List.of("a", "b", "c")) {
            assertThat(compiled(node, other, chain("")).snapshot().plane().paths())
                    .extracting(PlanePath::chain)
                    .containsOnly(PlaneNumbers.chain("another"), PlaneNumbers.chain("inspect"));
        }
    }

    @Test
    void flowsInProgressStayWhereAPlaneGotSmaller() {
        String chain = chain(", attachment: production");
        SnapshotCompiler compiler = new SnapshotCompiler("a", new IdRegistry());
        compile(compiler, attachment(""), chain);
        Snapshot after = compile(compiler, attachment("nodes: [a, b]"), chain);
        assertThat(after.target(0).paths()).extracting(Path::name).containsExactly("inspect[fw-b]");
        assertThat(after.paths()).extracting(Path::name).containsExactlyInAnyOrder("inspect[fw-b]", "inspect[fw-c]");
    }

    private static Snapshot compile(SnapshotCompiler compiler, String... more) {
        return compiler.compile(Yaml.parse(NETWORK, Yaml.text(more)), AttachedPlanesTest::facts)
                .node()
                .orElseThrow()
                .snapshot();
    }

    private static InterfaceFacts facts(String name) {
        return new InterfaceFacts(name.hashCode() & 0xff, name.equals("eth0") ? 1610 : 1500);
    }

    @Test
    void hostThatIsNotOnThePlaneHasNoPathForThoseWhomItsProfilesSendThere() {
        CompileResult result = result(
                "a",
                attachment("nodes: [b, c]"),
                chain(", attachment: production").replace("inspect", "watch"),
                object("ServiceChain", "inspect", "{profiles: [firewall]}"),
                object("PortProfile", "guarded", "{chain: watch}"),
                object("Port", "vm", "{node: a, interface: vm0, profile: guarded, switch: web}"),
                object("LogicalSwitch", "web", "{vni: 7}"));
        assertThat(result.problems())
                .filteredOn(problem -> problem.object().equals("PortProfile/guarded"))
                .extracting(Problem::message)
                .containsExactly(
                        "leads to a chain whose ServiceAttachment this node is not on, so its packets meet the failure action");
        assertThat(result.node().orElseThrow().snapshot().paths())
                .extracting(Path::name)
                .containsExactlyInAnyOrder("inspect[fw-b]", "inspect[fw-c]");
    }

    @Test
    void hostsTellEachOtherWhoIsOnAPlane() {
        String chain = chain(", attachment: production");
        long both = digest(attachment("nodes: [a, b]"), chain);
        assertThat(digest(attachment("nodes: [b, a]"), chain)).isEqualTo(both);
        assertThat(digest(attachment("nodes: [a, b, c]"), chain)).isNotEqualTo(both);
        assertThat(digest(attachment("nodes: [a], routers: [b]"), chain)).isNotEqualTo(both);
        assertThat(digest(attachment(""), chain)).isEqualTo(digest(chain(", svni: 5000")));
    }

    @Test
    void hostsTellEachOtherWhereTheRoutersOfAPlaneAre() {
        String chain = chain(", attachment: production");
        String plane = attachment("nodes: [a], routers: [t1]") + "---\n" + object("LogicalSwitch", "web", "{vni: 7}");
        long none = digest(plane, chain);
        long there = digest(plane, chain, router("b"));
        assertThat(there).isNotEqualTo(none);
        assertThat(digest(plane, chain, router("c"))).isNotEqualTo(there);
    }

    private static String router(String node) {
        return object(
                "LogicalRouter",
                "t1",
                "{node: " + node + ", interfaces: [{name: web, switch: web, addresses: [10.9.0.1/24]}]}");
    }

    /** 33 firewalls more and 33 others, every second one on b, the rest on c. */
    private static String[] many(String nodes) {
        List<String> objects = new ArrayList<>(List.of(
                attachment("nodes: " + nodes),
                object("Service", "ips", "{transport: raw}"),
                object("ServiceChain", "inspect", "{profiles: [firewall, ips], attachment: production}")));
        for (int i = 0; i < 33; i++) {
            String node = i % 2 == 0 ? "b" : "c";
            for (String service : List.of("firewall", "ips")) {
                String name = service + i;
                objects.add(object(
                        "ServiceInstance",
                        name,
                        "{service: " + service + ", node: " + node + ", interfaces: {in: " + name + "i, out: " + name
                                + "o}}"));
            }
        }
        return objects.toArray(String[]::new);
    }

    private static Set<String> paths(CompileResult result) {
        return result.node().orElseThrow().paths().stream()
                .filter(PathDraft::isWritten)
                .map(PathDraft::placedName)
                .collect(Collectors.toSet());
    }

    @Test
    void instancesThatAPlaneDoesNotReachTakeNoRoomForPaths() {
        for (String node : List.of("a", "b")) {
            CompileResult result = result(node, many("[a, b]"));
            assertThat(result.problems())
                    .as(node)
                    .noneMatch(problem -> problem.message().contains("more paths than a chain may have"));
            assertThat(paths(result)).as("18 firewalls of b, and 17 others").hasSize(306);
        }
        assertThat(paths(result("c", many("[a, b]")))).isEmpty();
    }

    /** Packets call a path by a number: whoever chooses it, those that serve it have to have it. */
    @Test
    void allHostsChooseTheSamePathsOfAChainThatHasTooMany() {
        Set<String> chosen = paths(result("a", many("[a, b, c]")));
        assertThat(chosen).hasSize(PathPlan.PATHS_MAX);
        for (String node : List.of("b", "c")) {
            CompileResult result = result(node, many("[a, b, c]"));
            assertThat(paths(result)).as(node).isEqualTo(chosen);
            assertThat(result.problems())
                    .anyMatch(problem -> problem.object().equals("ServiceChain/inspect")
                            && problem.message().contains("more paths than a chain may have")
                            && problem.found().equals("1155"));
        }
        var whole = Yaml.parse(NETWORK, Yaml.text(many("[a, b, c]")));
        assertThat(PathIdentifiers.of(whole).names()).as("each has a number").isEqualTo(chosen);
    }

    private static long digest(String... more) {
        var whole = Yaml.parse(NETWORK, Yaml.text(more));
        return PathIdentifiers.of(whole).digest(whole);
    }
}
