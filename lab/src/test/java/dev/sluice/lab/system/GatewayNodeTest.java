package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.lab.Waits;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An appliance made for gateway load balancers of clouds, a program of plain sockets, on a host that is alone and on one of three (X5). */
@Tag("system")
class GatewayNodeTest {
    private static void awaitPackets(PythonNode node) {
        Waits.until("the appliance has had packets", Duration.ofSeconds(10), () -> node.packets() > 20, node::log);
    }

    @Test
    void connectionsPassTheApplianceOfAHostThatIsAlone() {
        try (Network network = Network.transparent()) {
            try (PythonNode node =
                            PythonNode.start(NodeEndpointTest.nodeAt(network, 1700), "gateway_node", "192.0.2.50");
                    EchoHost echo = EchoHost.start(network.server, 7);
                    SluiceNode sluice = SluiceNode.start(
                            network.sluice, NodeEndpointTest.alone().replace("transport: nsh", "transport: gwlb"))) {
                for (String server : new String[] {"10.0.0.2", "fd00::2"}) {
                    assertThat(network.client.pings(server)).isTrue();
                    assertThat(TcpTransfer.echoes(network.client, server, 7, 2_000_000))
                            .as(node.log())
                            .isTrue();
                }
                awaitPackets(node);
                assertThat(sluice.uninspected()).isZero();
                assertThat(node.log()).doesNotContain("Error");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"direct", "hub"})
    void connectionsPassTheApplianceOfAnotherHost(String mode) {
        String objects = HostsNetwork.objects(mode, 4)
                .replace("interfaces: {in: fw-in, out: fw-out}", "endpoint: 192.0.2.50")
                .replace(
                        Yaml.object("Service", "fw", "{transport: raw}"),
                        Yaml.object("Service", "fw", "{transport: gwlb}"));
        try (HostsNetwork network = new HostsNetwork()) {
            network.attach(network.fw, "eth0").address("192.0.2.50/24");
            try (PythonNode node = PythonNode.start(network.fw, "gateway_node", "192.0.2.50");
                    ProgramNode ips =
                            ProgramNode.cable(network.ips.interfaceNamed("in"), network.ips.interfaceNamed("out"));
                    EchoHost echo = EchoHost.start(network.server, 7);
                    SluiceNode a = network.start(0, objects);
                    SluiceNode b = network.start(1, objects);
                    SluiceNode c = network.start(2, objects)) {
                assertThat(TcpTransfer.echoes(network.client, "10.0.0.2", 7, 1_000_000))
                        .as(node.log())
                        .isTrue();
                awaitPackets(node);
                assertThat(ips.receivedCount()).isPositive();
                assertThat(a.uninspected() + b.uninspected() + c.uninspected()).isZero();
                assertThat(node.log()).doesNotContain("Error");
            }
        }
    }
}
