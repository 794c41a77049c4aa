package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.DropReason;
import dev.sluice.lab.LabInterface;
import dev.sluice.lab.RoutingFirewall;
import dev.sluice.lab.Waits;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A firewall that routes at host B, for a router at host A (C8): what it sends of no flow is routed by A, errors that it makes go back as the flow came; with a second router that sends to it
 * the tag is ambiguous.
 */
@Tag("system")
class TagReturnOverHostsTest {
    private static String objects() {
        String sides = "{in: {interface: fw-in, addresses: [10.100.0.1/24], nextHop: [10.100.0.2]}, "
                + "out: {interface: fw-out, addresses: [10.101.0.1/24], nextHop: [10.101.0.2]}}";
        return HostsNetwork.objects("direct", 4)
                        .replace("interface: left, peer: right}", "interface: left}")
                        .replace("{in: fw-in, out: fw-out}", sides)
                        .replace(
                                Yaml.object("Service", "fw", "{transport: raw}"),
                                Yaml.object(
                                        "Service", "fw", "{transport: raw, forwarding: route, unmatchedReturn: route}"))
                        .replace("profiles: [fw, ips]", "profiles: [fw]")
                + "---\n" + router("tenant", "host-a", "left, addresses: [10.1.0.1/24]}, {port: right");
    }

    private static String router(String name, String host, String first) {
        return Yaml.object(
                "LogicalRouter",
                name,
                "{node: " + host + ", interfaces: [{port: " + first + ", addresses: [10.2.0.1/24]}]}");
    }

    /** Host C sends packets to the firewall as well. */
    private static String withSecondRouter() {
        return objects().replace("appliedTo: [host-a/left]", "appliedTo: [host-a/left, host-c/other]") + "---\n"
                + Yaml.object("Port", "other", "{node: host-c, interface: other}") + "---\n"
                + router("second", "host-c", "other");
    }

    private static RoutingFirewall firewall(HostsNetwork network) {
        network.client.interfaceNamed("eth0").address("10.1.0.2/24");
        network.client.route("default", "10.1.0.1");
        network.server.interfaceNamed("eth0").address("10.2.0.2/24");
        network.server.route("default", "10.2.0.1");
        LabInterface in = network.fw.interfaceNamed("in").address("10.100.0.2/24");
        LabInterface out = network.fw.interfaceNamed("out").address("10.101.0.2/24");
        RoutingFirewall firewall = RoutingFirewall.create(in, out);
        network.fw.route("10.1.0.0/24", "10.100.0.1").route("10.2.0.0/24", "10.101.0.1");
        return firewall;
    }

    @Test
    void whatARoutingNodeSendsOfNoFlowIsRoutedByTheHostThatUsesItsTag() {
        try (HostsNetwork network = new HostsNetwork();
                EchoHost echo = EchoHost.start(network.server, 7);
                SluiceNode a = network.start(0, objects());
                SluiceNode b = network.start(1, objects())) {
            RoutingFirewall firewall = firewall(network);
            a.awaitTold("fw");
            assertThat(network.client.pings("10.2.0.2")).isTrue();
            try (UdpFlow flow = UdpFlow.open(network.client, "10.2.0.2", 7)) {
                assertThat(flow.exchange(50).lost()).isZero();
            }
            assertThat(TcpTransfer.echoes(network.client, "10.2.0.2", 7, 500_000))
                    .isTrue();

            // Of its own: nobody sent it anything of this flow.
            int before = echo.datagramCount();
            try (UdpFlow own = UdpFlow.open(network.fw, "10.2.0.2", 7)) {
                own.exchange(3, 50);
            }
            Waits.until(
                    "the firewall's own datagrams", Duration.ofSeconds(5), () -> echo.datagramCount() == before + 3);
            // About a packet of a flow: the last that may pass no router.
            String said = network.client.exec("sh", "-c", "ping -n -c 1 -W 2 -t 1 10.2.0.2 || true");
            assertThat(said).containsIgnoringCase("from 10.100.0.2").containsIgnoringCase("time to live exceeded");
            assertThat(b.dropped(DropReason.RETURN_NO_FLOW)).isZero();
            assertThat(b.dropped(DropReason.RETURN_AMBIGUOUS)).isZero();

            b.configure(withSecondRouter());
            try (UdpFlow own = UdpFlow.open(network.fw, "10.2.0.2", 7)) {
                own.exchange(3, 50);
            }
            assertThat(b.dropped(DropReason.RETURN_AMBIGUOUS)).isEqualTo(3);
            assertThat(network.client.pings("10.2.0.2"))
                    .as("flows are told by themselves")
                    .isTrue();
            assertThat(firewall.filter().dropped().packets()).isZero();
        }
    }
}
