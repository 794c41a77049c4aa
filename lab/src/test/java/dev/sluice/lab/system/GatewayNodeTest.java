package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.lab.Namespace;
import dev.sluice.lab.Waits;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;

/** An appliance made for gateway load balancers of clouds, a program of plain sockets, on a host that is alone and on one of three (X5). */
@Tag("system")
class GatewayNodeTest {
    private static final List<String> FIELDS = List.of(
            "ip.src",
            "ipv6.src",
            "udp.dstport",
            "geneve.version",
            "geneve.flags.oam",
            "geneve.flags.critical",
            "geneve.proto_type",
            "geneve.vni",
            "geneve.option.class",
            "geneve.option.type",
            "ip.checksum.status",
            "tcp.checksum.status",
            "tcp.srcport",
            "tcp.flags.str",
            "tcp.seq",
            "tcp.ack",
            "tcp.len",
            "_ws.malformed");

    private static void assertSound(Dissection.Packet one) {
        assertThat(one.get("_ws.malformed")).as(one.toString()).isEmpty();
        assertThat(one.numbers("udp.dstport").getFirst()).isEqualTo(6081);
        assertThat(one.number("geneve.version")).isZero();
        assertThat(one.flag("geneve.flags.oam") || one.flag("geneve.flags.critical"))
                .isFalse();
        assertThat(one.number("geneve.proto_type"))
                .isEqualTo(one.get("ipv6.src").isEmpty() ? 0x0800 : 0x86dd);
        assertThat(one.number("geneve.vni")).isZero();
        assertThat(one.numbers("geneve.option.class")).containsExactly(0x108L, 0x108L, 0x108L);
        assertThat(one.numbers("geneve.option.type")).containsExactly(1L, 2L, 3L);
        assertThat(one.numbers("ip.checksum.status")).as(one.toString()).allMatch(status -> status == 1);
        assertThat(one.numbers("tcp.checksum.status")).as(one.toString()).allMatch(status -> status == 1);
    }

    private static void awaitPackets(PythonNode node) {
        Waits.until("the appliance has had packets", Duration.ofSeconds(10), () -> node.packets() > 20, node::log);
    }

    @Test
    void connectionsPassTheApplianceOfAHostThatIsAlone() throws IOException, InterruptedException {
        try (Network network = Network.transparent()) {
            Namespace place = NodeEndpointTest.nodeAt(network, 1700);
            try (PythonNode node = PythonNode.start(place, "gateway_node", "192.0.2.50");
                    EchoHost echo = EchoHost.start(network.server, 7);
                    SluiceNode sluice = SluiceNode.start(
                            network.sluice, NodeEndpointTest.alone().replace("transport: nsh", "transport: gwlb"));
                    Dissection capture = Dissection.start(place, "eth0", "udp port 6081 and src host 192.0.2.1")) {
                for (String server : new String[] {"10.0.0.2", "fd00::2"}) {
                    assertThat(network.client.pings(server)).isTrue();
                    assertThat(TcpTransfer.echoes(network.client, server, 7, 2_000_000))
                            .as(node.log())
                            .isTrue();
                }
                awaitPackets(node);
                assertThat(sluice.uninspected()).isZero();
                assertThat(node.log()).doesNotContain("Error");
                List<Dissection.Packet> all = capture.read(FIELDS);
                assertThat(all).hasSizeGreaterThan(1000);
                all.forEach(GatewayNodeTest::assertSound);
            }
        }
    }

    @ParameterizedTest
    @Cases(value = "direct", more = "hub")
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
