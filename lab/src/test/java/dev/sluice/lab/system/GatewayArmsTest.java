package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.lab.LabInterface;
import dev.sluice.lab.Namespace;
import dev.sluice.lab.Waits;
import dev.sluice.lab.Wire;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;

/**
 * An appliance for gateway load balancers of clouds that Scapy makes after their public description, one of three hosts' nodes: with one arm it sends back what it got, with two it sends on
 * what is inside and brings the answers (X5). It looks at header and options of each packet itself, and that both directions of a flow have one cookie.
 */
@Tag("system")
class GatewayArmsTest {
    private static final String OWN = "192.0.2.50";
    private static final int PACKETS = 20;

    private static String objects(String mode, boolean twoArms) {
        String objects = HostsNetwork.objects(mode, 4)
                .replace("interfaces: {in: fw-in, out: fw-out}", "endpoint: " + OWN)
                .replace(
                        Yaml.object("Service", "fw", "{transport: raw}"),
                        Yaml.object("Service", "fw", "{transport: gwlb}"));
        // Behind the appliance with two arms there is nothing more: packets leave from it.
        return !twoArms
                ? objects
                : objects.replace("interface: left, peer: right}", "interface: left}")
                                .replace("profiles: [fw, ips]", "profiles: [ips, fw]")
                        + "---\n"
                        + Yaml.object(
                                "LogicalRouter",
                                "tenant",
                                "{node: host-a, interfaces: [{port: left, addresses: [10.1.0.1/24, \"fd01::1/64\"]},"
                                        + " {port: right, addresses: [10.2.0.1/24]}]}");
    }

    /** The kernel sends what is to leave this interface in pieces that fit, with their checksums, since the appliance takes them as they are. */
    private static Namespace outside(HostsNetwork network) {
        Namespace outside = network.topology.namespace("outside");
        Wire wire = network.topology.wire(outside, "eth0", network.fw, "eth1");
        wire.a().address("203.0.113.2/24").address("fd03::2/64").offloads(false);
        wire.b().address("203.0.113.1/24").address("fd03::1/64");
        outside.route("default", "203.0.113.1").route("default", "fd03::1");
        LabInterface client = network.client.interfaceNamed("eth0").address("10.1.0.2/24");
        client.address("fd01::2/64");
        network.client.route("default", "10.1.0.1").route("default", "fd01::1");
        return outside;
    }

    @ParameterizedTest(name = "{0}, arms: {1}")
    @Cases(
            value = {"hub, unknown", "direct, two"},
            more = {"direct, one", "hub, two"})
    void flowsComeBackRight(String mode, String arms) {
        boolean twoArms = arms.equals("two");
        String objects = objects(mode, twoArms);
        try (HostsNetwork network = new HostsNetwork()) {
            network.attach(network.fw, "eth0").address(OWN + "/24");
            Namespace target = twoArms ? outside(network) : network.server;
            List<String> servers = twoArms ? List.of("203.0.113.2", "fd03::2") : List.of("10.0.0.2", "fd00::2");
            String[] arguments = twoArms
                    ? new String[] {OWN, arms, target.interfaceNamed("eth0").mac()}
                    : new String[] {OWN, arms};
            try (PythonNode node = PythonNode.start(network.fw, "gateway_arms", arguments);
                    ProgramNode ips =
                            ProgramNode.cable(network.ips.interfaceNamed("in"), network.ips.interfaceNamed("out"));
                    EchoHost echo = EchoHost.start(target, 7);
                    SluiceNode a = network.start(0, objects);
                    SluiceNode b = network.start(1, objects);
                    SluiceNode c = network.start(2, objects)) {
                a.awaitTold("fw");
                a.awaitTold("ips");
                b.awaitTold("ips");
                c.awaitTold("fw");
                for (String server : servers) {
                    Waits.until(
                            "the server answers",
                            Duration.ofSeconds(10),
                            () -> network.client.pings(server),
                            () -> node.log() + a.dropReasons() + b.dropReasons() + c.dropReasons());
                    exchange(network, server);
                    assertThat(TcpTransfer.echoes(network.client, server, 7, 50_000))
                            .as(node.log())
                            .isTrue();
                }
                assertThat(echo.datagramCount()).isEqualTo(2 * 2 * PACKETS);
                long least = (twoArms ? 1L : 2L) * 2 * 2 * PACKETS;
                Waits.until(
                        "the appliance has had the datagrams",
                        Duration.ofSeconds(10),
                        () -> node.packets() >= least,
                        node::log);
                // Of each family pings, two flows of datagrams and a connection.
                assertThat(node.said("flows")).isGreaterThanOrEqualTo(8);
                assertThat(node.said("answers") > 0).isEqualTo(twoArms);
                assertThat(node.log()).doesNotContain("Error");
                assertThat(ips.datagramCount()).isGreaterThanOrEqualTo(2 * 2 * PACKETS);
                assertThat(a.uninspected() + b.uninspected() + c.uninspected()).isZero();
                assertThat(b.dropReasons())
                        .doesNotContain("NODE_COOKIE_UNKNOWN", "NODE_FLOW_FORGED", "OVERLAY_HEADER_INVALID");
            }
        }
    }

    /** Two flows that take turns: what comes back is each one's own. */
    private static void exchange(HostsNetwork network, String server) {
        try (UdpFlow one = UdpFlow.open(network.client, server, 7);
                UdpFlow other = UdpFlow.open(network.client, server, 7)) {
            for (int i = 0; i < PACKETS; i++) {
                for (UdpFlow flow : List.of(one, other)) {
                    UdpFlow.Account account = flow.exchange(1);
                    assertThat(account.lost()).isZero();
                    assertThat(account.foreign()).isZero();
                }
            }
        }
    }
}
