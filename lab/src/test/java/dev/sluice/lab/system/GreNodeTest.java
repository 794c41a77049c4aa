package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.lab.Namespace;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A bridge between two GRE tunnels as a service node, a program of a raw socket (C5). */
@Tag("system")
class GreNodeTest {
    private static final List<String> FIELDS = List.of(
            "ip.src",
            "ipv6.src",
            "ip.ttl",
            "gre.flags_and_version",
            "gre.proto",
            "gre.key",
            "ip.checksum.status",
            "tcp.checksum.status",
            "_ws.malformed");

    @Test
    void connectionsPassTheBridge() throws IOException, InterruptedException {
        String objects = NodeEndpointTest.alone()
                .replace("transport: nsh", "transport: gre")
                .replace("endpoint: 192.0.2.50", "endpoint: 192.0.2.50, greKey: 100");
        try (Network network = Network.transparent()) {
            Namespace node = NodeEndpointTest.nodeAt(network, 1700);
            try (PythonNode program = PythonNode.start(node, "gre_node", "192.0.2.50");
                    EchoHost echo = EchoHost.start(network.server, 7);
                    SluiceNode sluice = SluiceNode.start(network.sluice, objects);
                    Dissection capture = Dissection.start(node, "eth0", "ip proto 47 and src host 192.0.2.1")) {
                for (String server : new String[] {"10.0.0.2", "fd00::2"}) {
                    assertThat(network.client.pings(server)).isTrue();
                    assertThat(TcpTransfer.echoes(network.client, server, 7, 2_000_000))
                            .as(program.log())
                            .isTrue();
                }
                assertThat(sluice.uninspected()).isZero();
                assertThat(program.log()).doesNotContain("Error");
                List<Dissection.Packet> all = capture.read(FIELDS);
                assertThat(all).hasSizeGreaterThan(1000);
                all.forEach(GreNodeTest::assertSound);
            }
        }
    }

    private static void assertSound(Dissection.Packet one) {
        assertThat(one.get("_ws.malformed")).as(one.toString()).isEmpty();
        assertThat(one.numbers("ip.ttl").getFirst()).isEqualTo(64);
        assertThat(one.number("gre.flags_and_version"))
                .as("a key and nothing else")
                .isEqualTo(0x2000);
        assertThat(one.number("gre.proto")).as("a frame").isEqualTo(0x6558);
        boolean fromServer =
                one.all("ip.src").contains("10.0.0.2") || one.get("ipv6.src").equals("fd00::2");
        assertThat(one.number("gre.key")).isEqualTo(fromServer ? 101 : 100);
        assertThat(one.numbers("ip.checksum.status")).allMatch(status -> status == 1);
        assertThat(one.numbers("tcp.checksum.status")).allMatch(status -> status == 1);
    }
}
