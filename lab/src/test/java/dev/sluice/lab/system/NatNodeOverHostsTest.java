package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.lab.LabInterface;
import dev.sluice.lab.Namespace;
import dev.sluice.lab.NatNode;
import dev.sluice.lab.Waits;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;

/**
 * A node that rewrites source addresses on host B, between two plain nodes on host C, for flows that host A classifies and routes (V7, V8): before it packets have the client's address, behind it the node's,
 * and answers find their way back through all three.
 */
@Tag("system")
class NatNodeOverHostsTest {
    private static final String NAT_4 = "10.101.0.2";
    private static final String NAT_6 = "fd65:0:0:0:0:0:0:2";
    private static final String CLIENT_4 = "10.1.0.2";
    private static final String CLIENT_6 = "fd01:0:0:0:0:0:0:2";
    private static final int PACKETS = 50;

    private static String objects(String mode) {
        return HostsNetwork.objects(mode, 4)
                        .replace("interface: left, peer: right}", "interface: left}")
                        .replace("{in: fw-in, out: fw-out}", RoutingNodeTest.SIDES)
                        .replace(
                                Yaml.object("Service", "fw", "{transport: raw}"),
                                Yaml.object(
                                        "Service", "fw", "{transport: raw, forwarding: route, translation: learned}"))
                        .replace("profiles: [fw, ips]", "profiles: [ips, fw, dlp]")
                        // At the server's port too: answers to the node's address have no other way than the record.
                        .replace("appliedTo: [host-a/left]", "appliedTo: [host-a/left, host-a/right]")
                + "---\n" + Yaml.object("Service", "dlp", "{transport: raw}")
                + "---\n"
                + Yaml.object(
                        "ServiceInstance",
                        "dlp",
                        "{service: dlp, node: host-c, interfaces: {in: dlp-in, out: dlp-out}}")
                + "---\n"
                + Yaml.object(
                        "LogicalRouter",
                        "tenant",
                        "{node: host-a, interfaces: [{port: left, addresses: [10.1.0.1/24, \"fd01::1/64\"]},"
                                + " {port: right, addresses: [10.2.0.1/24, \"fd02::1/64\"]}]}");
    }

    private static NatNode nat(HostsNetwork network) {
        network.client.interfaceNamed("eth0").address(CLIENT_4 + "/24").address("fd01::2/64");
        network.client.route("default", "10.1.0.1").route("default", "fd01::1");
        network.server.interfaceNamed("eth0").address("10.2.0.2/24").address("fd02::2/64");
        network.server.route("default", "10.2.0.1").route("default", "fd02::1");
        LabInterface in =
                network.fw.interfaceNamed("in").address("10.100.0.2/24").address("fd64::2/64");
        LabInterface out =
                network.fw.interfaceNamed("out").address(NAT_4 + "/24").address("fd65::2/64");
        NatNode nat = NatNode.create(in, out);
        network.fw.route("10.1.0.0/24", "10.100.0.1").route("fd01::/64", "fd64::1");
        network.fw.route("10.2.0.0/24", "10.101.0.1").route("fd02::/64", "fd65::1");
        return nat;
    }

    @ParameterizedTest
    @Cases(value = "direct", more = "hub")
    void serverAndNodeBehindItSeeTheNodesAddressAndAnswersReachTheClient(String mode) {
        try (HostsNetwork network = new HostsNetwork()) {
            NatNode nat = nat(network);
            Namespace behind = network.node("dlp", 2);
            try (ProgramNode _ =
                            ProgramNode.cable(network.ips.interfaceNamed("in"), network.ips.interfaceNamed("out"));
                    ProgramNode _ = ProgramNode.cable(behind.interfaceNamed("in"), behind.interfaceNamed("out"));
                    Witness beforeNat = Witness.start(network.ips.interfaceNamed("in"));
                    Witness behindNat = Witness.start(behind.interfaceNamed("in"));
                    EchoHost echo = EchoHost.start(network.server, 7);
                    SluiceNode a = network.start(0, objects(mode));
                    SluiceNode b = network.start(1, objects(mode));
                    SluiceNode c = network.start(2, objects(mode))) {
                for (String node : List.of("fw", "ips", "dlp")) {
                    a.awaitTold(node);
                }
                b.awaitTold("dlp");
                c.awaitTold("fw");
                for (String server : List.of("10.2.0.2", "fd02::2")) {
                    Waits.until(
                            "the server answers through the node that translates",
                            Duration.ofSeconds(10),
                            () -> network.client.pings(server),
                            () -> a.dropReasons() + "\n" + b.dropReasons() + "\n" + c.dropReasons());
                    try (UdpFlow flow = UdpFlow.open(network.client, server, 7)) {
                        UdpFlow.Account account = flow.exchange(PACKETS);
                        assertThat(account.lost()).isZero();
                        assertThat(account.foreign()).isZero();
                    }
                    assertThat(TcpTransfer.echoes(network.client, server, 7, 500_000))
                            .isTrue();
                }
                assertThat(echo.peers()).containsExactlyInAnyOrder(NAT_4, NAT_6);
                assertThat(nat.filter().forward().bytes()).isGreaterThan(1_000_000);
                assertThat(nat.filter().reverse().bytes()).isGreaterThan(1_000_000);
                assertThat(beforeNat.in(f -> f.id() != 0))
                        .hasSize(2 * PACKETS)
                        .allMatch(f -> List.of(CLIENT_4, CLIENT_6).contains(f.source()));
                assertThat(behindNat.in(f -> f.id() != 0))
                        .hasSize(2 * PACKETS)
                        .allMatch(f -> List.of(NAT_4, NAT_6).contains(f.source()));
                // What leaves at side in has come back from the node behind.
                assertThat(beforeNat.out(f -> f.id() != 0))
                        .hasSize(2 * PACKETS)
                        .allMatch(f -> List.of(CLIENT_4, CLIENT_6).contains(f.destination()));
                assertThat(behindNat.out(f -> f.id() != 0))
                        .hasSize(2 * PACKETS)
                        .allMatch(f -> List.of(NAT_4, NAT_6).contains(f.destination()));
                assertThat(a.uninspected() + b.uninspected() + c.uninspected()).isZero();
            }
        }
    }
}
