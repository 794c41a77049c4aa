package dev.sluice.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.model.Configuration.PortPlace;
import dev.sluice.model.Configuration.RouterPlace;
import dev.sluice.model.ServiceInstance.Interfaces;
import dev.sluice.model.ServicePolicy.AppliedTo;
import dev.sluice.model.ServicePolicy.Rule;
import dev.sluice.model.ServicePolicy.ToChain;
import dev.sluice.wire.IpPrefix;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigurationTest {
    @Test
    void exampleOfTheArchitectureIsValidAsItStands() {
        Configuration all = Samples.sound(Samples.smallNetwork());
        assertThat(all)
                .hasToString("[Service/firewall, ServiceInstance/fw-1, ServiceChain/inspect, ServicePolicy/web]");
        assertThat(all.nodes()).containsExactly("edge-1", "host-b");
        Rule rule = all.policies().getFirst().spec().rules().getFirst();
        assertThat(rule.action()).isEqualTo(new ToChain("inspect"));
        assertThat(rule.bothDirections()).isTrue();
        assertThat(rule.match().protocol()).hasValue(6);
        assertThat(rule.match().destination().prefixes())
                .containsExactly(IpPrefix.parse("10.1.0.0/16").orElseThrow());
        assertThat(rule.match().destination().ports()).containsExactly(new IntRange(80, 80), new IntRange(443, 443));
        assertThat(all.instances().getFirst().spec().attachment())
                .isEqualTo(new Interfaces(
                        ServiceInstance.ServicePort.ofInterface("fw1-in"),
                        Optional.of(ServiceInstance.ServicePort.ofInterface("fw1-out"))));
    }

    @Test
    void exampleOfTheArchitectureMakesAPairOfTheTwoInterfacesOnItsEdge() {
        Configuration edge = Samples.sound(Samples.smallNetwork()).forNode("edge-1");
        assertThat(edge.instances()).isEmpty();
        assertThat(edge.ports().stream().map(port -> port.spec().interfaceName()))
                .containsExactly("uplink0", "uplink1");
        Port uplink0 = edge.port("uplink0").orElseThrow();
        assertThat(edge.peerOf(uplink0)).isEqualTo(edge.port("uplink1"));
        Configuration host = Samples.sound(Samples.smallNetwork()).forNode("host-b");
        assertThat(host.ports()).isEmpty();
        assertThat(host.policies()).isEmpty();
        assertThat(host.instances()).hasSize(1);
    }

    @Test
    void nodesWithAnUnderlayHaveEachOthersInstancesAndAllNodeObjects() {
        Configuration all = Samples.sound(Samples.twoHosts());
        assertThat(names(all.forNode("a"))).containsExactly("fw-a", "fw-b", "fw-any");
        assertThat(names(all.forNode("b"))).containsExactly("fw-a", "fw-b", "fw-any");
        assertThat(all.forNode("a").nodes()).containsExactly("a", "b", "c");
        assertThat(all.forNode("a").routers()).extracting(LogicalRouter::name).containsExactly("ra");
        assertThat(all.forNode("c").all(Node.class)).hasSize(3);
        assertThat(names(all.forNode("c"))).containsExactly("fw-any");
        assertThat(all.underlay("b"))
                .map(Node.Underlay::address)
                .map(Object::toString)
                .contains("10.0.0.2");
        assertThat(all.underlay("c")).isEmpty();
        assertThat(all.chain("inspect").orElseThrow().spec().svni()).isEqualTo(4096);
        assertThat(all.nodesWithUnderlay()).extracting(Node::name).containsExactly("a", "b");
    }

    private static List<String> names(Configuration part) {
        return part.instances().stream().map(ServiceInstance::name).toList();
    }

    @Test
    void implicitPortsHaveDistinctValidNamesWhateverTheInterfacesAreCalled() {
        Configuration all = Samples.sound(
                "{apiVersion: sluice.dev/v1, kind: ServicePolicy, metadata: {name: p}, spec: {appliedTo: [Eth_0, eth-0],"
                        + " rules: [{name: a, action: {drop: true}}]}}");
        assertThat(all.forNode("any").ports().stream().map(Resource::title))
                .containsExactly("Port/eth-0", "Port/eth-0-2");
    }

    @Test
    void everyKindIsReadWithEveryFieldInItsUnit() {
        Configuration all = Samples.sound(Samples.everyKind());
        Node.Spec node = all.nodeSpec("edge");
        assertThat(node.tracker().connectionsMax()).isEqualTo(2048);
        assertThat(node.tracker().timeouts().udpNs()).isEqualTo(300_000_000_000L);
        assertThat(node.tracker().timeouts().icmpNs()).isEqualTo(1_500_000_000L);
        assertThat(node.tracker().timeouts().otherNs()).isEqualTo(60_000_000_000L);
        assertThat(node.fastPath()).isEqualTo(new Node.FastPath(Optional.of(8192), 3));
        assertThat(all.nodeSpec("another")).isEqualTo(Node.Spec.DEFAULT);
        Match match = all.policies().getFirst().spec().rules().getFirst().match();
        assertThat(match.etherType()).hasValue(0x0800);
        assertThat(match.vlan()).containsExactly(new IntRange(7, 7), new IntRange(10, 20));
        assertThat(match.innerVlan()).containsExactly(new IntRange(9, 9));
        assertThat(match.hash().orElseThrow().in()).containsExactly(new IntRange(0, 0), new IntRange(3, 5));
        assertThat(all.chain("both").orElseThrow().spec().hops().get(1).action())
                .contains(ServiceAction.COPY);
        assertThat(all.port("up0").orElseThrow().spec().zeroCopy()).isEqualTo(Port.ZeroCopy.OFF);
    }

    @Test
    void peerIsFoundFromBothSidesAndRouterFromItsPort() {
        Configuration all = Samples.sound(Samples.everyKind());
        Port left = all.port("left").orElseThrow();
        Port right = all.port("right").orElseThrow();
        assertThat(all.peerOf(left)).contains(right);
        assertThat(all.peerOf(right)).contains(left);
        assertThat(all.routerOf(left)).isEmpty();
        assertThat(all.routerOf(all.port("up1").orElseThrow())
                        .orElseThrow()
                        .at()
                        .name())
                .isEqualTo("uplink");
    }

    @Test
    void appliedToMeansARouterInterfaceOrAPortOrALinuxInterface() {
        Configuration all = Samples.sound(Samples.everyKind());
        assertThat(all.resolve(place("t0", "to-t1"))).hasSize(1).first().isInstanceOf(RouterPlace.class);
        Port up0 = all.port("up0").orElseThrow();
        assertThat(all.resolve(place("edge", "up0"))).containsExactly(new PortPlace(up0));
        assertThat(all.resolve(place("edge", "eth0"))).containsExactly(new PortPlace(up0));
        assertThat(all.resolve(place("elsewhere", "eth0"))).isEmpty();
        assertThat(all.resolve(place(null, "eth3"))).hasSize(1);
    }

    private static AppliedTo place(@Nullable String scope, String name) {
        return new AppliedTo(Optional.ofNullable(scope), name, Optional.empty());
    }

    @Test
    void ruleWhosePlacesAreAllElsewhereDoesNotFallBackToThePolicysPlaces() {
        Configuration all = Samples.sound(
                "{apiVersion: sluice.dev/v1, kind: ServicePolicy, metadata: {name: p}, spec: {appliedTo: [n/e0, n/e1], rules:"
                        + " [{name: a, action: {drop: true}, appliedTo: [m/e0, m/e1]}, {name: b, action: {noService: true}}]}}");
        assertThat(rules(all.forNode("n"))).containsExactly("b");
        assertThat(rules(all.forNode("m"))).containsExactly("a");
        assertThat(all.forNode("x").policies()).isEmpty();
    }

    private static List<String> rules(Configuration all) {
        return all.policies().getFirst().spec().rules().stream().map(Rule::name).toList();
    }

    @Test
    void rulesAreAskedByPriorityThenAsListed() {
        ServicePolicy.Spec spec = new ServicePolicy.Spec(
                0,
                List.of(),
                Direction.BOTH,
                List.of(rule("a", -1), rule("b", 5), rule("c", -1), rule("d", 9), rule("e", 5), rule("f", 0)));
        assertThat(spec.rulesInOrder().stream().map(Rule::name)).containsExactly("d", "b", "e", "f", "a", "c");
    }

    private static Rule rule(String name, int priority) {
        return new Rule(
                name,
                priority < 0 ? OptionalInt.empty() : OptionalInt.of(priority),
                Match.ANY,
                new ServicePolicy.Drop(),
                Optional.empty(),
                true,
                List.of(),
                false);
    }

    @Test
    void directoryIsReadInTheOrderOfNamesWithoutHiddenAndOtherFiles(@TempDir Path directory) throws IOException {
        Files.writeString(directory.resolve("b.yml"), node("second"));
        Files.writeString(directory.resolve("a.yaml"), node("first"));
        Files.writeString(directory.resolve(".hidden.yaml"), "]");
        Files.writeString(directory.resolve("notes.txt"), "]");
        Files.createDirectory(directory.resolve("c.yaml"));
        LoadResult result = ConfigurationLoader.load(directory);
        assertThat(result.problems()).isEmpty();
        assertThat(result.configuration().orElseThrow()).hasToString("[Node/first, Node/second]");
        Files.writeString(directory.resolve("c.yml"), node("first"));
        assertThat(ConfigurationLoader.load(directory).problems().getFirst().message())
                .isEqualTo("duplicate name; the first Node of it is at " + directory.resolve("a.yaml") + ":1");
    }

    private static String node(String name) {
        return "{apiVersion: sluice.dev/v1, kind: Node, metadata: {name: " + name + "}}\n";
    }

    @Test
    void valuesThatCannotBeLegalCannotBeBuilt() {
        assertThatThrownBy(() -> new Node.Tracker(1, Node.Timeouts.DEFAULT))
                .hasMessage("connectionsMax 1 is outside 1024..33554432");
        assertThatThrownBy(() -> new Node.FastPath(Optional.of(1 << 25), 1))
                .hasMessage("journeysMax 33554432 is outside 64..16777216");
        assertThatThrownBy(() -> new Node.FastPath(Optional.empty(), 256))
                .hasMessage("afterPackets 256 is outside 1..255");
        assertThatThrownBy(() -> new VlanTags(OptionalInt.empty(), OptionalInt.of(4)))
                .hasMessage("innerVlan without vlan");
        assertThatThrownBy(() -> Metadata.named("A")).hasMessage("metadata.name 'A' is not a name");
        assertThatThrownBy(() -> new IntRange(2, 1)).hasMessage("range 2-1 is upside down");
    }

    @Test
    void profileMeansAllPortsThatHaveItOnTheNode() {
        Configuration all =
                ConfigurationLoader.parse("test", """
                {apiVersion: sluice.dev/v1, kind: Service, metadata: {name: s}, spec: {transport: raw}}
                ---
                {apiVersion: sluice.dev/v1, kind: ServiceChain, metadata: {name: c}, spec: {profiles: [s]}}
                ---
                {apiVersion: sluice.dev/v1, kind: PortProfile, metadata: {name: web}, spec: {chain: c}}
                ---
                {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: a0}, spec: {node: a, interface: e0, profile: web}}
                ---
                {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: a1}, spec: {node: a, interface: e1}}
                ---
                {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: b0}, spec: {node: b, interface: e0}}
                ---
                {apiVersion: sluice.dev/v1, kind: ServicePolicy, metadata: {name: p}, spec: {appliedTo: [{profile: web}], rules: [{name: r, action: {drop: true}}]}}
                """).configuration().orElseThrow();
        AppliedTo web = AppliedTo.ofProfile("web", Optional.empty());
        assertThat(all.resolve(web))
                .containsExactly(new Configuration.PortPlace(all.port("a0").orElseThrow()));
        assertThat(all.forNode("a").policies()).hasSize(1);
        assertThat(all.forNode("b").policies()).isEmpty();
    }
}
