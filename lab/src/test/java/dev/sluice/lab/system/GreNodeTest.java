package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.lab.Namespace;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A bridge between two GRE tunnels as a service node, a program of a raw socket (C5). */
@Tag("system")
class GreNodeTest {
    @Test
    void connectionsPassTheBridge() {
        String objects = NodeEndpointTest.alone()
                .replace("transport: nsh", "transport: gre")
                .replace("endpoint: 192.0.2.50", "endpoint: 192.0.2.50, greKey: 100");
        try (Network network = Network.transparent()) {
            Namespace node = NodeEndpointTest.nodeAt(network, 1700);
            try (PythonNode program = PythonNode.start(node, "gre_node", "192.0.2.50");
                    EchoHost echo = EchoHost.start(network.server, 7);
                    SluiceNode sluice = SluiceNode.start(network.sluice, objects)) {
                for (String server : new String[] {"10.0.0.2", "fd00::2"}) {
                    assertThat(network.client.pings(server)).isTrue();
                    assertThat(TcpTransfer.echoes(network.client, server, 7, 2_000_000))
                            .as(program.log())
                            .isTrue();
                }
                assertThat(sluice.uninspected()).isZero();
                assertThat(program.log()).doesNotContain("Error");
            }
        }
    }
}
