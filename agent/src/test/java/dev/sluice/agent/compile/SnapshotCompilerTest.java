package dev.sluice.agent.compile;

import static dev.sluice.agent.Yaml.chain;
import static dev.sluice.agent.Yaml.firewall;
import static dev.sluice.agent.Yaml.inspectAll;
import static dev.sluice.agent.Yaml.instance;
import static dev.sluice.agent.Yaml.object;
import static dev.sluice.agent.Yaml.policy;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.Yaml;
import dev.sluice.datapath.rules.PortSides;
import dev.sluice.datapath.rules.Rule;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.Path;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.model.Problem;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SnapshotCompilerTest {
    private final SnapshotCompiler compiler = new SnapshotCompiler("edge", new IdRegistry());

    private CompileResult result(String... documents) {
        return compiler.compile(Yaml.parse(documents), name -> new InterfaceFacts(name.hashCode() & 0xff, 1500));
    }

    private Snapshot compile(String... documents) {
        CompileResult result = result(documents);
        return result.node()
                .orElseThrow(() -> new AssertionError(result.problems()))
                .snapshot();
    }

    private static Path path(Snapshot snapshot, String name) {
        return snapshot.paths().stream()
                .filter(p -> p.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static PortEntry port(Snapshot snapshot, String name) {
        for (int i = 0; i < snapshot.portCount(); i++) {
            if (snapshot.port(i).name().equals(name)) {
                return snapshot.port(i);
            }
        }
        throw new AssertionError("no port " + name);
    }

    private static List<String> ruleNames(Snapshot snapshot) {
        List<Rule> rules = new ArrayList<>(snapshot.rules());
        rules.sort(Comparator.comparingInt(Rule::precedence).reversed());
        return rules.stream().map(Rule::name).toList();
    }

    @Test
    void compilesOneBridgeFirewallBetweenTwoPorts() {
        Snapshot snapshot = compile(firewall(), instance("fw-1", ""), chain("closed"), inspectAll());
        PortEntry left = port(snapshot, "left");
        PortEntry right = port(snapshot, "right");
        assertThat(left.role()).isEqualTo(PortEntry.Role.TRANSPARENT);
        assertThat(left.peer()).isEqualTo(right.index());
        assertThat(left.router()).isEqualTo(right.router()).isNotNegative();
        assertThat(left.fromGroup()).isPositive().isEqualTo(left.toGroup()).isEqualTo(right.fromGroup());
        Attachment attachment = snapshot.attachments().getFirst();
        assertThat(attachment.kind()).isEqualTo(Attachment.Kind.BRIDGE);
        assertThat(attachment.routers()).containsExactly(left.router());
        assertThat(attachment.in().mac() >>> 40).isEqualTo(2);
        assertThat(attachment.in().mac()).isNotEqualTo(attachment.out().mac());
        assertThat(snapshot.target(0).paths()).extracting(Path::name).containsExactly("inspect[fw-1]");
        assertThat(attachment.returnPaths())
                .containsExactly(snapshot.target(0).paths().getFirst().id());
    }

    @Test
    void sameContentKeepsIdsAndCounters() {
        Snapshot first = compile(firewall(), instance("fw-1", ""), chain("closed"), inspectAll());
        Snapshot second =
                compile(inspectAll(), chain("closed"), instance("fw-2", ""), instance("fw-1", ""), firewall());
        assertThat(second.generation()).isEqualTo(first.generation() + 1);
        assertThat(second.rules().getFirst().id())
                .isEqualTo(first.rules().getFirst().id());
        assertThat(port(second, "left")).isEqualTo(port(first, "left"));
        assertThat(path(second, "inspect[fw-1]").id())
                .isEqualTo(path(first, "inspect[fw-1]").id());
        assertThat(path(second, "inspect[fw-1]").counters())
                .isSameAs(path(first, "inspect[fw-1]").counters());
        assertThat(path(second, "inspect[fw-1]").hops().getFirst().attachment().counters())
                .isSameAs(path(first, "inspect[fw-1]")
                        .hops()
                        .getFirst()
                        .attachment()
                        .counters());
    }

    @Test
    void changedRuleGetsNewIdThatWasNeverUsed() {
        Snapshot first = compile(firewall(), instance("fw-1", ""), chain("closed"), inspectAll());
        Snapshot second = compile(
                firewall(),
                instance("fw-1", ""),
                chain("closed"),
                policy("{name: all, match: {protocol: tcp}, action: {chain: inspect}}"));
        int before = first.rules().getFirst().id();
        assertThat(second.rules().getFirst().id()).isGreaterThan(before);
        assertThat(second.rule(before)).isNull();
        assertThat(port(second, "left").fromGroup())
                .isNotEqualTo(port(first, "left").fromGroup());
    }

    @Test
    void failureActionAndWeightChangeWithoutNewPath() {
        Snapshot first = compile(firewall(), instance("fw-1", ""), chain("closed"), inspectAll());
        Snapshot second = compile(firewall(), instance("fw-1", ", weight: 7"), chain("open"), inspectAll());
        Path path =
                Objects.requireNonNull(second.path(path(first, "inspect[fw-1]").id()));
        assertThat(path.weight()).isEqualTo(7);
        assertThat(path.hops().getFirst().onFailure()).isEqualTo(Rule.FailureAction.OPEN);
        assertThat(second.target(0).onFailure()).isEqualTo(Rule.FailureAction.OPEN);
    }

    @Test
    void pathsAreTheProductOfInstancesWithTheProductOfWeights() {
        Snapshot snapshot = compile(
                firewall(),
                object("Service", "ips", "{transport: raw}"),
                instance("fw-1", ", weight: 2"),
                instance("fw-2", ""),
                object("ServiceInstance", "ips-1", "{service: ips, weight: 3, interfaces: {in: i1, out: i2}}"),
                object("ServiceInstance", "ips-2", "{service: ips, interfaces: {in: i3, out: i4}}"),
                object("ServiceChain", "inspect", "{profiles: [firewall, ips]}"),
                inspectAll());
        assertThat(snapshot.target(0).paths())
                .extracting(p -> p.name() + "=" + p.weight())
                .containsExactly(
                        "inspect[fw-1,ips-1]=6",
                        "inspect[fw-1,ips-2]=2",
                        "inspect[fw-2,ips-1]=3",
                        "inspect[fw-2,ips-2]=1");
    }

    private static String[] tooManyPaths() {
        List<String> documents = new ArrayList<>(List.of(firewall(), object("Service", "ips", "{transport: raw}")));
        for (int i = 0; i < 33; i++) {
            documents.add(instance("f" + i, ""));
            documents.add(object(
                    "ServiceInstance", "i" + i, "{service: ips, interfaces: {in: a" + i + ", out: b" + i + "}}"));
        }
        documents.add(object("ServiceChain", "inspect", "{profiles: [firewall, ips]}"));
        documents.add(inspectAll());
        return documents.toArray(new String[0]);
    }

    @Test
    void ofMoreThan1024PathsThatManyAreChosenWithAllInstances() {
        CompileResult result = result(tooManyPaths());
        assertThat(result.problems()).filteredOn(Problem::isError).isEmpty();
        assertThat(result.problems())
                .anySatisfy(problem -> assertThat(problem.toString())
                        .contains("ServiceChain/inspect spec.profiles", "so 1024 are chosen", "1089"));
        Snapshot snapshot = result.node().orElseThrow().snapshot();
        assertThat(snapshot.target(0).paths()).hasSize(1024);
        assertThat(snapshot.target(0).paths().stream().flatMapToInt(path -> Arrays.stream(path.instances())))
                .as("33 of each service")
                .hasSameElementsAs(IntStream.range(0, 66).boxed().toList());
    }

    @Test
    void instanceThatIsAdminDownDrainsItsPaths() {
        Snapshot first = compile(firewall(), instance("fw-1", ""), instance("fw-2", ""), chain("closed"), inspectAll());
        int drained = path(first, "inspect[fw-1]").id();
        Snapshot second = compile(
                firewall(),
                instance("fw-1", ", adminState: down"),
                instance("fw-2", ""),
                chain("closed"),
                inspectAll());
        assertThat(second.target(0).paths()).extracting(Path::name).containsExactly("inspect[fw-2]");
        assertThat(second.path(drained)).isNotNull();
        Snapshot third = compile(firewall(), instance("fw-2", ""), chain("closed"), inspectAll());
        assertThat(third.path(drained)).isNull();
        assertThat(third.attachments()).hasSize(1);
    }

    @Test
    void flowsOfAChainThatGrowsKeepTheirPathAndFollowItsFailureAction() {
        String ips = object("Service", "ips", "{transport: raw}");
        String ips1 = object("ServiceInstance", "ips-1", "{service: ips, interfaces: {in: i1, out: i2}}");
        Snapshot first = compile(firewall(), ips, ips1, instance("fw-1", ""), chain("closed"), inspectAll());
        Snapshot second = compile(
                firewall(),
                ips,
                ips1,
                instance("fw-1", ""),
                object("ServiceChain", "inspect", "{profiles: [firewall, ips], onFailure: open}"),
                inspectAll());
        Path old =
                Objects.requireNonNull(second.path(path(first, "inspect[fw-1]").id()));
        assertThat(old.hops().getFirst().onFailure()).isEqualTo(Rule.FailureAction.OPEN);
        assertThat(second.target(0).paths()).extracting(Path::name).containsExactly("inspect[fw-1,ips-1]");
    }

    @Test
    void tagsPerChainMakeOneAttachmentEach() {
        Snapshot snapshot = compile(
                object("Service", "firewall", "{transport: vlan}"),
                instance(
                        "fw-1",
                        ", policies: [{chain: inspect, in: {vlan: 10}, out: {vlan: 11}}, {chain: other, in: {vlan: 20}}]"),
                chain("closed"),
                object("ServiceChain", "other", "{profiles: [firewall]}"),
                inspectAll());
        assertThat(snapshot.attachments())
                .extracting(Attachment::name)
                .containsExactlyInAnyOrder("fw-1/inspect", "fw-1/other");
        PortEntry in = port(snapshot, "fw-1-in");
        Attachment ten = Objects.requireNonNull(snapshot.tags().lookup(in.index(), 10, -1));
        assertThat(ten.in().outerTag()).isEqualTo(0x8100 << 16 | 10);
        assertThat(ten.out().outerTag()).isEqualTo(0x8100 << 16 | 11);
        assertThat(ten.routers()).hasSize(1);
        assertThat(path(snapshot, "other[fw-1]").hops().getFirst().attachment().routers())
                .isEmpty();
    }

    @Test
    void asksPoliciesByPriorityThenRulesInTheirOrderThenProfiles() {
        String ports = object("Port", "left", "{interface: l, peer: right, profile: guarded}") + "---\n"
                + object("Port", "right", "{interface: r}");
        Snapshot snapshot = compile(
                firewall(),
                instance("fw-1", ""),
                chain("closed"),
                ports,
                object("PortProfile", "guarded", "{chain: inspect, onFailure: open}"),
                object(
                        "ServicePolicy",
                        "low",
                        "{priority: 1, appliedTo: [left], rules: [{name: a, match: {}, action: {noService: true}}]}"),
                object(
                        "ServicePolicy",
                        "high",
                        "{priority: 9, appliedTo: [left], rules: ["
                                + "{name: b, match: {}, action: {drop: true}}, {name: c, priority: 5, match: {}, action: {noService: true}}]}"));
        assertThat(ruleNames(snapshot)).containsExactly("high/c", "high/b", "low/a", "profile:guarded");
        assertThat(snapshot.rules().stream()
                        .mapToInt(Rule::precedence)
                        .distinct()
                        .count())
                .isEqualTo(4);
        assertThat(port(snapshot, "right").fromGroup()).isZero();
    }

    @Test
    void everyCombinationOfPrefixesAndPortsIsAMatchOfOneRule() {
        Snapshot snapshot = compile(
                firewall(),
                instance("fw-1", ""),
                chain("closed"),
                policy("{name: all, match: {protocol: tcp, source: {prefixes: [10.0.0.0/8, 'fd00::/8']},"
                        + " destination: {prefixes: [10.1.0.0/16, 'fd01::/16'], ports: [80, 443, 8000-8080]}},"
                        + " action: {chain: inspect}}"));
        assertThat(snapshot.rules())
                .singleElement()
                .satisfies(rule -> assertThat(rule.matches())
                        .hasSize(6)
                        .allMatch(match -> match.transport().protocolLow() == 6
                                && match.transport().protocolHigh() == 6));
    }

    @Test
    void ruleForOneDirectionIsAppliedToThatSideOnly() {
        Snapshot snapshot = compile(
                firewall(),
                instance("fw-1", ""),
                chain("closed"),
                object(
                        "ServicePolicy",
                        "web",
                        "{direction: fromPort, appliedTo: [edge/left, edge/right],"
                                + " rules: [{name: all, match: {}, action: {chain: inspect}}]}"));
        PortEntry left = port(snapshot, "left");
        assertThat(left.toGroup()).isZero();
        assertThat(left.fromGroup())
                .isPositive()
                .isEqualTo(port(snapshot, "right").fromGroup());
        assertThat(snapshot.rules().getFirst().appliedTo().contains(left.index(), PortSides.TO_PORT))
                .isFalse();
    }

    @Test
    void linkBetweenRoutersIsTwoPortsThatArePeers() {
        Snapshot snapshot = compile(
                object("Port", "up", "{interface: u}"),
                object("Port", "down", "{interface: d}"),
                object(
                        "LogicalRouter",
                        "t0",
                        "{interfaces: [{port: up, addresses: [192.0.2.1/24]},"
                                + " {name: to-t1, link: t1/to-t0, addresses: [100.64.0.1/31]}],"
                                + " routes: [{prefix: 10.1.0.0/16, via: [100.64.0.0]}, {prefix: 10.9.0.0/16, blackhole: true}]}"),
                object(
                        "LogicalRouter",
                        "t1",
                        "{interfaces: [{port: down, addresses: [10.1.0.1/24]},"
                                + " {name: to-t0, link: t0/to-t1, addresses: [100.64.0.0/31]}],"
                                + " routes: [{prefix: 0.0.0.0/0, via: [100.64.0.1]}]}"));
        PortEntry one = port(snapshot, "t0/to-t1");
        PortEntry other = port(snapshot, "t1/to-t0");
        assertThat(one.role()).isEqualTo(PortEntry.Role.LINK);
        assertThat(one.peer()).isEqualTo(other.index());
        assertThat(other.peer()).isEqualTo(one.index());
        assertThat(one.router()).isNotEqualTo(other.router());
        assertThat(snapshot.router(one.router()).routes().lookup(0, 0xffff_0a01_0005L))
                .isNotNegative();
        assertThat(snapshot.router(one.router()).routes().lookup(0, 0xffff_0808_0808L))
                .isNegative();
        assertThat(snapshot.router(other.router()).routes().lookup(0, 0xffff_0808_0808L))
                .isNotNegative();
    }

    @Test
    void missingInterfaceIsAWarningAndPortKeepsItsIndexWhenItGoes() {
        Snapshot first = compile(firewall(), instance("fw-1", ""), chain("closed"), inspectAll());
        int index = port(first, "fw-1-in").index();
        CompileResult result = compiler.compile(
                Yaml.parse(firewall(), instance("fw-1", ""), chain("closed"), inspectAll()), _ -> null);
        assertThat(result.node()).isPresent();
        assertThat(result.problems()).isNotEmpty().noneMatch(Problem::isError);
        Snapshot third = compile(firewall(), chain("closed"), inspectAll());
        assertThat(third.port(index).role()).isEqualTo(PortEntry.Role.SERVICE);
        assertThat(third.target(0).paths()).isEmpty();
    }

    @Test
    void configurationWithErrorsChangesNothing() {
        Snapshot first = compile(firewall(), instance("fw-1", ""), chain("closed"), inspectAll());
        CompileResult refused = result(
                firewall(),
                instance("fw-2", ""),
                chain("closed"),
                inspectAll(),
                object(
                        "ServicePolicy",
                        "nowhere",
                        "{appliedTo: [left], rules: [{name: one, action: {path: \"77\"}}]}"));
        assertThat(refused.problems()).anyMatch(Problem::isError);
        assertThat(refused.node()).isEmpty();
        Snapshot next = compile(firewall(), instance("fw-1", ""), chain("closed"), inspectAll());
        assertThat(next.generation()).isEqualTo(first.generation() + 1);
        assertThat(path(next, "inspect[fw-1]").id())
                .isEqualTo(path(first, "inspect[fw-1]").id());
    }
}
