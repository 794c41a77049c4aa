package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.lab.BridgeFirewall;
import dev.sluice.lab.LabInterface;
import dev.sluice.lab.Namespace;
import dev.sluice.lab.Topology;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Claims 1 to 8 of document 002 (V3), one test each: records found at one uplink hold at another only if their rule is applied there.
 *
 * <pre>
 *                      +-- up0 --+
 *  client --- ext -----|         | sluice --- server
 *                      +-- up1 --+    |
 *                                   a, b  nodes
 * </pre>
 *
 * {@code ext} is the router of the external network: it spreads packets, or flows, over the two uplinks.
 */
@Tag("system")
class AppliedToClaimsTest {
    private static final String ROUTER = """
            apiVersion: sluice.dev/v1
            kind: Port
            metadata: {name: up0}
            spec: {node: edge, interface: up0}
            ---
            apiVersion: sluice.dev/v1
            kind: Port
            metadata: {name: up1}
            spec: {node: edge, interface: up1}
            ---
            apiVersion: sluice.dev/v1
            kind: Port
            metadata: {name: down}
            spec: {node: edge, interface: down}
            ---
            apiVersion: sluice.dev/v1
            kind: LogicalRouter
            metadata: {name: r}
            spec:
              node: edge
              interfaces:
              - {port: up0, addresses: [10.11.0.1/24]}
              - {port: up1, addresses: [10.12.0.1/24]}
              - {port: down, addresses: [10.2.0.1/24]}
              routes:
              - {prefix: 10.9.0.0/24, via: [10.11.0.2, 10.12.0.2]}
            """;
    private static final String BOTH_UPLINKS =
            Yaml.policy("web", "r/up0, r/up1", "{name: inspect, match: {protocol: udp}, action: {chain: a}}");

    private static Topology topology;
    private static Namespace client;
    private static Namespace external;
    private static LabInterface uplink0;
    private static LabInterface uplink1;
    private static BridgeFirewall nodeA;
    private static BridgeFirewall nodeB;
    private static Witness atUplink0;
    private static Witness atUplink1;
    private static Witness atNodeA;
    private static Witness atNodeB;
    private static EchoHost echo;
    private static SluiceNode sluice;

    @BeforeAll
    static void build() {
        topology = Topology.create();
        client = topology.namespace("client");
        external = topology.namespace("ext");
        Namespace edge = topology.namespace("sluice");
        Namespace server = topology.namespace("server");
        topology.wire(client, "eth0", external, "inside");
        client.interfaceNamed("eth0").address("10.9.0.1/24");
        external.interfaceNamed("inside").address("10.9.0.254/24");
        client.route("default", "10.9.0.254");
        uplink0 = topology.wire(external, "up0", edge, "up0").a().address("10.11.0.2/24");
        uplink1 = topology.wire(external, "up1", edge, "up1").a().address("10.12.0.2/24");
        topology.wire(edge, "down", server, "eth0");
        server.interfaceNamed("eth0").address("10.2.0.2/24");
        server.route("default", "10.2.0.1");
        external.forwarding(true);
        nodeA = node(edge, "a");
        nodeB = node(edge, "b");
        for (String port : List.of("up0", "up1", "down", "a-in", "a-out", "b-in", "b-out")) {
            edge.interfaceNamed(port).quiet();
        }
        perPacket();
        atUplink0 = Witness.start(uplink0);
        atUplink1 = Witness.start(uplink1);
        atNodeA = Witness.start(nodeA.in());
        atNodeB = Witness.start(nodeB.in());
        echo = EchoHost.start(server, 7);
        sluice = SluiceNode.start(edge, configuration(BOTH_UPLINKS));
    }

    private static BridgeFirewall node(Namespace edge, String name) {
        Namespace node = topology.namespace("node-" + name);
        LabInterface in = topology.wire(edge, name + "-in", node, "in").b();
        LabInterface out = topology.wire(edge, name + "-out", node, "out").b();
        return BridgeFirewall.create(in, out);
    }

    @AfterAll
    static void remove() {
        List.of(atUplink0, atUplink1, atNodeA, atNodeB).forEach(Witness::close);
        try (Topology t = topology;
                SluiceNode s = sluice;
                EchoHost e = echo) {
            // Closed in the reverse order.
        }
    }

    private static String configuration(String... policies) {
        return Yaml.of(ROUTER, Yaml.bridge("a"), Yaml.bridge("b"), String.join("---\n", policies));
    }

    /** The external router sends the packets of every flow by turns over its two uplinks. */
    private static void perPacket() {
        external.execWithInput(List.of("nft", "-f", "-"), """
                table ip spread {
                  chain pre {
                    type filter hook prerouting priority mangle; policy accept;
                    iifname "inside" meta mark set numgen inc mod 2
                  }
                }
                """);
        external.configure("rule", "add", "fwmark", "1", "lookup", "101");
        external.configure("route", "replace", "10.2.0.0/24", "via", "10.12.0.1", "table", "101");
        external.route("10.2.0.0/24", "10.11.0.1");
    }

    /** What one exchange did: packets, where they entered, what the nodes saw, how Sluice decided. */
    private record Outcome(
            UdpFlow.Account account,
            Set<Long> atUplink0,
            Set<Long> atUplink1,
            List<SeenFrame> nodeA,
            List<SeenFrame> nodeB,
            long lookups,
            long hits) {
        static Set<Long> ids(List<SeenFrame> frames) {
            Set<Long> ids = new HashSet<>();
            frames.forEach(f -> ids.add(f.id()));
            return ids;
        }
    }

    private static Outcome exchange(int count) {
        try (UdpFlow flow = UdpFlow.open(client, "10.2.0.2", 7)) {
            return exchange(flow, count);
        }
    }

    private static Outcome exchange(UdpFlow flow, int count) {
        long lookups = sluice.counter("ruleLookups");
        long hits = sluice.settled("recordHits");
        UdpFlow.Account account = flow.exchange(count);
        assertThat(account.lost()).isZero();
        return new Outcome(
                account,
                Outcome.ids(atUplink0.out(f -> account.sent().contains(f.id()))),
                Outcome.ids(atUplink1.out(f -> account.sent().contains(f.id()))),
                both(atNodeA, account),
                both(atNodeB, account),
                sluice.counter("ruleLookups") - lookups,
                sluice.settled("recordHits") - hits);
    }

    private static List<SeenFrame> both(Witness node, UdpFlow.Account account) {
        return node.all().stream()
                .map(Witness.Sighting::frame)
                .filter(f -> account.sent().contains(f.id()))
                .toList();
    }

    @Test
    void claim1RecordMadeAtOneUplinkServesTheFlowAtTheOtherWithoutASecondLookup() {
        sluice.configure(configuration(BOTH_UPLINKS));
        Outcome outcome = exchange(50);
        assertThat(outcome.atUplink0()).hasSize(25);
        assertThat(outcome.atUplink1()).hasSize(25);
        assertThat(Outcome.ids(outcome.nodeA())).isEqualTo(outcome.account().sent());
        assertThat(outcome.nodeA()).hasSize(100);
        assertThat(outcome.lookups()).isEqualTo(1);
        assertThat(outcome.hits()).isEqualTo(99);
    }

    @Test
    void claim2RuleNotAppliedAtTheOtherUplinkLeadsToAFreshClassificationThere() {
        sluice.configure(configuration(
                Yaml.policy("first", "r/up0", "{name: a, match: {protocol: udp}, action: {chain: a}}"),
                Yaml.policy("other", "r/up1", "{name: b, match: {protocol: udp}, action: {chain: b}}")));
        try (UdpFlow flow = UdpFlow.open(client, "10.2.0.2", 7)) {
            Outcome outcome = exchange(flow, 50);
            assertThat(forward(outcome.nodeA())).isEqualTo(outcome.atUplink0()).hasSize(25);
            assertThat(forward(outcome.nodeB())).isEqualTo(outcome.atUplink1()).hasSize(25);
            assertThat(outcome.lookups()).isEqualTo(2);
            // Both records live side by side.
            assertThat(sluice.flowsOfPort(flow.localPort()).flows())
                    .extracting(f -> f.rule() + " " + f.path())
                    .containsExactlyInAnyOrder("first/a a[a]", "other/b b[b]");
        }
    }

    private static Set<Long> forward(List<SeenFrame> frames) {
        return Outcome.ids(frames.stream().filter(f -> f.destinationPort() == 7).toList());
    }

    @Test
    void claim3NoRuleAndNoRecordAppliesAtInterfacesOfServiceNodes() {
        sluice.configure(configuration(BOTH_UPLINKS));
        sluice.write(
                "wrong.yaml",
                Yaml.policy("wrong", "edge/a-in", "{name: inspect, match: {protocol: udp}, action: {chain: b}}"));
        assertThat(sluice.reloadInVain()).contains("a-in", "allowed: down, up0, up1");
        sluice.remove("wrong.yaml");
        Outcome outcome = exchange(50);
        // Each packet comes in twice, from its host and from the node, and is classified once.
        assertThat(outcome.lookups() + outcome.hits()).isEqualTo(100);
        assertThat(outcome.nodeA()).hasSize(100);
    }

    @Test
    void claim4PacketThatComesBackFromItsNodeIsMarkedAndNotServedAgain() {
        sluice.configure(configuration(Yaml.policy(
                "web", "r/up0, r/up1, r/down", "{name: inspect, match: {protocol: udp}, action: {chain: a}}")));
        Outcome outcome = exchange(50);
        assertThat(Outcome.ids(outcome.nodeA())).hasSize(50);
        assertThat(outcome.nodeA()).hasSize(100);
        assertThat(outcome.lookups() + outcome.hits()).isEqualTo(100);
    }

    @Test
    void claim5RuleHoldsExactlyAtTheInterfacesItIsAppliedTo() {
        sluice.configure(configuration(
                Yaml.policy("web", "r/up0", "{name: inspect, match: {protocol: udp}, action: {chain: a}}")));
        Outcome outcome = exchange(50);
        assertThat(forward(outcome.nodeA())).isEqualTo(outcome.atUplink0()).hasSize(25);
        assertThat(outcome.atUplink1()).hasSize(25);
    }

    @Test
    void claim6ListOfInterfacesIsTheRulesSoThatChangingItOnceChangesAllFlows() {
        sluice.configure(configuration(BOTH_UPLINKS));
        List<UdpFlow> flows = new ArrayList<>();
        try {
            for (int i = 0; i < 20; i++) {
                UdpFlow flow = UdpFlow.open(client, "10.2.0.2", 7);
                flows.add(flow);
                assertThat(flow.exchange(2).lost()).isZero();
            }
            sluice.configure(configuration(
                    Yaml.policy("web", "r/up0", "{name: inspect, match: {protocol: udp}, action: {chain: a}}")));
            for (UdpFlow flow : flows) {
                Outcome outcome = exchange(flow, 4);
                assertThat(forward(outcome.nodeA()))
                        .isEqualTo(outcome.atUplink0())
                        .hasSize(2);
            }
        } finally {
            flows.forEach(UdpFlow::close);
        }
    }

    @Test
    void claim7LoadBalancingOfAnExternalRouterMayMoveEveryPacketOfAConnection() {
        sluice.configure(configuration(Yaml.policy("web", "r/up0, r/up1", "{name: inspect, action: {chain: a}}")));
        long forward = nodeA.filter().forward().bytes();
        long reverse = nodeA.filter().reverse().bytes();
        try (Witness up0 = Witness.start(uplink0);
                Witness up1 = Witness.start(uplink1)) {
            assertThat(TcpTransfer.echoes(client, "10.2.0.2", 7, 2_000_000)).isTrue();
            long at0 = bytes(up0.out(f -> f.destinationPort() == 7));
            long at1 = bytes(up1.out(f -> f.destinationPort() == 7));
            assertThat(at0).isGreaterThan(200_000);
            assertThat(at1).isGreaterThan(200_000);
            assertThat(nodeA.filter().forward().bytes() - forward).isGreaterThan(2_000_000);
            assertThat(nodeA.filter().reverse().bytes() - reverse).isGreaterThan(2_000_000);
        }
    }

    private static long bytes(List<SeenFrame> frames) {
        return frames.stream().mapToLong(f -> f.bytes().length).sum();
    }

    @Test
    void claim8FlowsSpreadByEcmpKeepTheirRecordsWhenTheEcmpRouterMovesThem() {
        sluice.configure(configuration(BOTH_UPLINKS));
        external.exec("nft", "flush", "table", "ip", "spread");
        external.sysctl("net.ipv4.fib_multipath_hash_policy", "1");
        external.configure(
                "route", "replace", "10.2.0.0/24", "nexthop", "via", "10.11.0.1", "nexthop", "via", "10.12.0.1");
        List<UdpFlow> flows = new ArrayList<>();
        try {
            int on0 = 0;
            for (int i = 0; i < 24; i++) {
                UdpFlow flow = UdpFlow.open(client, "10.2.0.2", 7);
                flows.add(flow);
                Outcome outcome = exchange(flow, 4);
                assertThat(outcome.atUplink0().size()).isIn(0, 4);
                assertThat(Outcome.ids(outcome.nodeA()))
                        .isEqualTo(outcome.account().sent());
                on0 += outcome.atUplink0().size() / 4;
            }
            assertThat(on0).isBetween(2, 22);
            external.configure("route", "replace", "10.2.0.0/24", "via", "10.12.0.1");
            for (UdpFlow flow : flows) {
                Outcome outcome = exchange(flow, 4);
                assertThat(outcome.atUplink1()).hasSize(4);
                assertThat(Outcome.ids(outcome.nodeA()))
                        .isEqualTo(outcome.account().sent());
                assertThat(outcome.lookups()).isZero();
            }
        } finally {
            flows.forEach(UdpFlow::close);
            external.configure("route", "del", "10.2.0.0/24");
            external.exec("nft", "delete", "table", "ip", "spread");
            external.configure("rule", "del", "fwmark", "1");
            perPacket();
        }
    }
}
