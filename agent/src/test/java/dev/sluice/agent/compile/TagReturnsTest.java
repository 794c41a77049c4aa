package dev.sluice.agent.compile;

import static dev.sluice.agent.Hosts.host;
import static dev.sluice.agent.Hosts.pair;
import static dev.sluice.agent.Yaml.object;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.Yaml;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.snapshot.TagReturn;
import dev.sluice.model.Configuration;
import dev.sluice.model.PlaneNumbers;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Whose the packets are that come back with a tag and are of no flow, by the objects of all hosts (C8). */
class TagReturnsTest {
    private final Map<String, SnapshotCompiler> compilers = new HashMap<>();

    private CompileResult result(String node, Configuration objects) {
        return compilers
                .computeIfAbsent(node, name -> new SnapshotCompiler(name, new IdRegistry()))
                .compile(
                        objects, name -> new InterfaceFacts(name.hashCode() & 0xff, name.equals("eth0") ? 1610 : 1500));
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

    private static String routing(String more) {
        return object("Service", "firewall", "{transport: raw, forwarding: route, unmatchedReturn: route" + more + "}");
    }

    private static String router(String name, String host, String port) {
        return Yaml.text(
                object("Port", port, "{node: " + host + ", interface: " + port + "}"),
                object(
                        "LogicalRouter",
                        name,
                        "{node: " + host + ", interfaces: [{port: " + port + ", addresses: [10.9.0.1/24]}]}"));
    }

    private static String sending(String... places) {
        return object(
                "ServicePolicy",
                "web",
                "{appliedTo: [" + String.join(", ", places)
                        + "], rules: [{name: all, match: {}, action: {chain: inspect}}]}");
    }

    private static final String OF_ONE = object("ServiceChain", "inspect", "{profiles: [firewall]}");
    private static final String ROUTES_AT_B = object(
            "ServiceInstance",
            "fw-1",
            "{service: firewall, node: b, interfaces: {in: {interface: i, addresses: [10.8.0.1/24], nextHop: [10.8.0.2]}, out: {interface: o, addresses: [10.7.0.1/24], nextHop: [10.7.0.2]}}}");

    private @Nullable TagReturn tagReturn(String... documents) {
        return attachment(compile("b", Yaml.text(documents)), "fw-1").tagReturn();
    }

    @Test
    void whatIsOfNoFlowGoesToTheOnlyRouterThatSendsPacketsWithTheTag() {
        String base = Yaml.text(host("a", 1), host("b", 2), host("c", 3), OF_ONE, ROUTES_AT_B, router("red", "a", "r"));
        String one = sending("a/r");
        Snapshot b = compile("b", base, routing(""), one);
        int path = b.plane().paths().getFirst().path();
        assertThat(attachment(b, "fw-1").tagReturn())
                .isEqualTo(TagReturn.elsewhere(0, PlaneNumbers.router("red"), path));
        assertThat(b.plane().peers().getFirst().name()).isEqualTo("a");
        assertThat(attachment(compile("a", base, routing(""), one), "fw-1").routers())
                .as("there, by the same objects")
                .hasSize(1);
        // Two hosts, or two routers of one.
        String green = router("green", "c", "g");
        assertThat(tagReturn(base, green, routing(""), sending("a/r", "c/g"))).isEqualTo(TagReturn.AMBIGUOUS);
        String blue = router("blue", "a", "s").replace("10.9.", "10.10.");
        assertThat(tagReturn(base, blue, routing(""), sending("a/r", "a/s"))).isEqualTo(TagReturn.AMBIGUOUS);
        assertThat(tagReturn(base, pair("a"), routing(""), sending("a/r", "a/left")))
                .isEqualTo(TagReturn.AMBIGUOUS);
        // Only this host: as if it were alone.
        String own = router("own", "b", "z");
        assertThat(tagReturn(base, own, routing(""), sending("b/z"))).isNull();
    }

    @Test
    void routerOfThisHostCountsOnlyAsLongAsARuleOfItsOwnLeadsThere() {
        String base = Yaml.text(
                host("a", 1),
                host("b", 2),
                OF_ONE,
                ROUTES_AT_B,
                router("red", "a", "r"),
                router("own", "b", "z").replace("10.9.", "10.10."),
                routing(""));
        assertThat(tagReturn(base, sending("a/r", "b/z"))).isEqualTo(TagReturn.AMBIGUOUS);
        Snapshot after = compile("b", base, sending("a/r"));
        assertThat(attachment(after, "fw-1").routers())
                .as("packets of flows that are in the node still come back")
                .hasSize(1);
        TagReturn way = Objects.requireNonNull(attachment(after, "fw-1").tagReturn());
        assertThat(way.tenant()).isEqualTo(PlaneNumbers.router("red"));
        assertThat(way)
                .isEqualTo(TagReturn.elsewhere(
                        0, way.tenant(), after.plane().paths().getFirst().path()));
    }

    @Test
    void ambiguousTagIsRoutedByTheHostsOwnRouterIfSaidSo() {
        String base = Yaml.text(
                host("a", 1),
                host("b", 2),
                host("c", 3),
                OF_ONE,
                ROUTES_AT_B,
                router("red", "a", "r"),
                routing(", ambiguousReturn: local"));
        String green = router("green", "c", "g");
        CompiledNode without = compiled("b", base, green, sending("a/r", "c/g"));
        assertThat(attachment(without.snapshot(), "fw-1").tagReturn()).isEqualTo(TagReturn.AMBIGUOUS);
        assertThat(result("b", Yaml.parse(base, green, sending("a/r", "c/g"))).problems())
                .anyMatch(problem -> problem.toString().contains("has not exactly one LogicalRouter"));
        Snapshot idle = compile("b", base, green, router("own", "b", "z"), sending("a/r", "c/g"));
        assertThat(router(idle, attachment(idle, "fw-1").tagReturn())).isEqualTo("own");
        Snapshot sends = compile(
                "b",
                base,
                router("own", "b", "z"),
                router("other", "b", "y").replace("10.9.", "10.10."),
                sending("a/r", "b/z"));
        assertThat(router(sends, attachment(sends, "fw-1").tagReturn())).isEqualTo("own");
    }

    private static String router(Snapshot snapshot, @Nullable TagReturn tagReturn) {
        return snapshot.router(Objects.requireNonNull(tagReturn).router()).name();
    }

    @Test
    void tagsOfEachChainTellItsHost() {
        String instance = object(
                "ServiceInstance",
                "fw-1",
                "{service: firewall, node: b, interfaces: {in: {interface: i, addresses: [10.8.0.1/24], nextHop: [10.8.0.2]}, out: {interface: o, addresses: [10.7.0.1/24], nextHop: [10.7.0.2]}}, policies: [{chain: inspect, in: {vlan: 10}, out: {vlan: 11}}, {chain: second, in: {vlan: 20}, out: {vlan: 21}}]}");
        String policies = Yaml.text(
                sending("a/r"),
                object(
                        "ServicePolicy",
                        "other",
                        "{appliedTo: [c/g], rules: [{name: all, match: {}, action: {chain: second}}]}"));
        Snapshot b = compile(
                "b",
                Yaml.text(
                        host("a", 1),
                        host("b", 2),
                        host("c", 3),
                        OF_ONE,
                        object("ServiceChain", "second", "{profiles: [firewall]}"),
                        router("red", "a", "r"),
                        router("green", "c", "g"),
                        routing(""),
                        instance,
                        policies));
        TagReturn first = Objects.requireNonNull(attachment(b, "fw-1/inspect").tagReturn());
        TagReturn second = Objects.requireNonNull(attachment(b, "fw-1/second").tagReturn());
        assertThat(first.tenant()).isEqualTo(PlaneNumbers.router("red"));
        assertThat(second.tenant()).isEqualTo(PlaneNumbers.router("green"));
        assertThat(List.of(first.peer(), second.peer())).containsExactly(0, 1);
    }
}
