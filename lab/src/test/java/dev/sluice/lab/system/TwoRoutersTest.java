package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.DropReason;
import dev.sluice.lab.LabInterface;
import dev.sluice.lab.Namespace;
import dev.sluice.lab.Topology;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Two tenants with the same addresses and ports, each behind a router of its own, share one service node (C6, V1: the router is part of the key). */
@Tag("system")
class TwoRoutersTest {
    /** What belongs to one of the tenants. */
    private record Tenant(Namespace client, EchoHost echo) {}

    private static Topology topology;
    private static Namespace edge;
    private static final List<Tenant> TENANTS = new ArrayList<>();
    private static LabInterface nodeIn;
    private static ProgramNode node;
    private static Witness atNode;
    private static SluiceNode sluice;

    @BeforeAll
    static void build() {
        topology = Topology.create();
        edge = topology.namespace("sluice");
        for (String tenant : List.of("red", "blue")) {
            Namespace client = host(tenant + "-c", "10.1.0");
            Namespace server = host(tenant + "-s", "10.2.0");
            TENANTS.add(new Tenant(client, EchoHost.start(server, 7)));
        }
        Namespace shared = topology.namespace("node");
        nodeIn = topology.wire(edge, "n-in", shared, "in").b();
        LabInterface nodeOut = topology.wire(edge, "n-out", shared, "out").b();
        edge.interfaceNamed("n-in").quiet();
        edge.interfaceNamed("n-out").quiet();
        node = ProgramNode.cable(nodeIn, nodeOut);
        atNode = Witness.start(nodeIn);
        sluice = SluiceNode.start(edge, tagged());
    }

    private static Namespace host(String name, String net) {
        Namespace host = topology.namespace(name);
        LabInterface eth = topology.wire(host, "eth0", edge, name).a().address(net + ".2/24");
        edge.interfaceNamed(name).quiet();
        host.route("default", net + ".1");
        return eth.namespace();
    }

    @AfterAll
    static void remove() {
        atNode.close();
        node.close();
        try (Topology t = topology;
                SluiceNode s = sluice) {
            TENANTS.forEach(tenant -> tenant.echo().close());
        }
    }

    private static String router(String tenant) {
        return """
                apiVersion: sluice.dev/v1
                kind: Port
                metadata: {name: %1$s-c}
                spec: {node: edge, interface: %1$s-c}
                ---
                apiVersion: sluice.dev/v1
                kind: Port
                metadata: {name: %1$s-s}
                spec: {node: edge, interface: %1$s-s}
                ---
                apiVersion: sluice.dev/v1
                kind: LogicalRouter
                metadata: {name: %1$s}
                spec:
                  node: edge
                  interfaces:
                  - {port: %1$s-c, addresses: [10.1.0.1/24]}
                  - {port: %1$s-s, addresses: [10.2.0.1/24]}
                """.formatted(tenant);
    }

    private static String tagged() {
        return Yaml.of(
                router("red"),
                router("blue"),
                Yaml.object("Service", "shared", "{transport: vlan}"),
                Yaml.object("ServiceChain", "red", "{profiles: [shared]}"),
                Yaml.object("ServiceChain", "blue", "{profiles: [shared]}"),
                Yaml.object("ServiceInstance", "shared", """

                          service: shared
                          node: edge
                          interfaces: {in: n-in, out: n-out}
                          policies:
                          - {chain: red, in: {vlan: 11}}
                          - {chain: blue, in: {vlan: 12}}\
                        """),
                Yaml.policy("red", "red/red-c", "{name: all, action: {chain: red}}"),
                Yaml.policy("blue", "blue/blue-c", "{name: all, action: {chain: blue}}"));
    }

    private static String untagged() {
        return Yaml.of(
                router("red"),
                router("blue"),
                Yaml.chainOfOne("shared", "{transport: raw}", "{in: n-in, out: n-out}"),
                Yaml.policy("both", "red/red-c, blue/blue-c", "{name: all, action: {chain: shared}}"));
    }

    @Test
    void identicalFlowsOfTwoRoutersShareANodeByTagsButNoRecord() {
        sluice.configure(tagged());
        List<UdpFlow> flows = new ArrayList<>();
        try {
            TENANTS.forEach(t -> flows.add(UdpFlow.open(t.client(), "10.2.0.2", 7, 4_000)));
            for (int round = 0; round < 10; round++) {
                for (int i = 0; i < 2; i++) {
                    UdpFlow.Account account = flows.get(i).exchange(5 + i);
                    assertThat(account.lost()).isZero();
                    assertThat(account.foreign()).isZero();
                    assertThat(TENANTS.get(i).echo().ids()).containsAll(account.sent());
                    assertThat(TENANTS.get(1 - i).echo().ids()).doesNotContainAnyElementsOf(account.sent());
                    String tag = "8100:" + (11 + i);
                    assertThat(atNode.in(f -> account.sent().contains(f.id())))
                            .hasSize(5 + i)
                            .allMatch(f -> f.vlans().equals(List.of(tag)));
                }
            }
            SluiceNode.counted(() -> assertThat(sluice.flowsOfPort(4_000).flows())
                    .extracting(f -> f.router() + " " + f.path() + " " + f.packets())
                    .containsExactlyInAnyOrder("red red[shared] [50, 50]", "blue blue[shared] [60, 60]"));
        } finally {
            flows.forEach(UdpFlow::close);
        }
    }

    @Test
    void tcpConnectionsOfBothTenantsWorkAtTheSameTime() {
        sluice.configure(tagged());
        try (TcpTransfer red = TcpTransfer.open(TENANTS.get(0).client(), "10.2.0.2", 7);
                TcpTransfer blue = TcpTransfer.open(TENANTS.get(1).client(), "10.2.0.2", 7)) {
            for (int i = 0; i < 5; i++) {
                assertThat(red.echo(300_000)).isTrue();
                assertThat(blue.echo(300_000)).isTrue();
            }
        }
    }

    @Test
    void identicalFlowsThroughANodeWithoutTagsAreDroppedAsAmbiguousAndNeverMixedUp() {
        sluice.configure(untagged());
        try (UdpFlow red = UdpFlow.open(TENANTS.get(0).client(), "10.2.0.2", 7, 4_001);
                UdpFlow blue = UdpFlow.open(TENANTS.get(1).client(), "10.2.0.2", 7, 4_001)) {
            UdpFlow.Account first = red.exchange(5);
            assertThat(first.lost()).isZero();
            long before = sluice.dropped(DropReason.RETURN_AMBIGUOUS);
            UdpFlow.Account second = blue.exchange(5, 100);
            assertThat(second.answered()).isEmpty();
            assertThat(sluice.dropped(DropReason.RETURN_AMBIGUOUS) - before).isEqualTo(5);
            assertThat(TENANTS.get(0).echo().ids()).doesNotContainAnyElementsOf(second.sent());
            assertThat(TENANTS.get(1).echo().ids()).doesNotContainAnyElementsOf(second.sent());
        }
    }
}
