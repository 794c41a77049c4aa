package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.report.ForetellReport;
import dev.sluice.lab.BridgeFirewall;
import dev.sluice.lab.LabInterface;
import dev.sluice.lab.Namespace;
import dev.sluice.lab.Waits;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;

/** A bridge between two VXLAN interfaces of the kernel as a service node (C5; RFC 7348), over IPv4 and IPv6, with both inside. tshark reads all that passes, in both directions. */
@Tag("system")
class VxlanNodeTest {
    private static final List<String> FIELDS = List.of(
            "eth.src",
            "ip.src",
            "ipv6.src",
            "ip.ttl",
            "ipv6.hlim",
            "udp.dstport",
            "udp.checksum.status",
            "vxlan.flags",
            "vxlan.vni",
            "ip.checksum.status",
            "tcp.checksum.status",
            "_ws.malformed");

    /**
     * Two interfaces, virtual networks 100 and 101, in one bridge; no Sluice is there.
     *
     * @param own the node's address, which it has at eth0
     * @param sluice the tunnel endpoint
     */
    static void bridge(Namespace node, String own, String sluice) {
        // Frames that are put together inside of a tunnel could not be taken from a veth pair.
        node.exec("ethtool", "-K", "eth0", "tx-udp_tnl-segmentation", "off", "tx-udp_tnl-csum-segmentation", "off");
        BridgeFirewall.create(side(node, "vx-in", 100, own, sluice), side(node, "vx-out", 101, own, sluice));
    }

    private static LabInterface side(Namespace node, String name, int vni, String own, String sluice) {
        node.configure(
                "link",
                "add",
                name,
                "type",
                "vxlan",
                "id",
                Integer.toString(vni),
                "local",
                own,
                "remote",
                sluice,
                "dev",
                "eth0",
                "dstport",
                "4789");
        return node.interfaceNamed(name).mtu(1500).quiet().up();
    }

    private static String objects(int ipVersion) {
        String objects = NodeEndpointTest.alone()
                .replace("transport: nsh", "transport: vxlan")
                .replace("endpoint: 192.0.2.50", "endpoint: 192.0.2.50, vni: 100");
        return ipVersion == 4 ? objects : OpenVswitchNodeTest.overIpv6(objects);
    }

    @ParameterizedTest(name = "over IPv{0}")
    @Cases(value = "6", more = "4")
    void connectionsPassTheBridgeOfTheKernel(int ipVersion) throws IOException, InterruptedException {
        try (Network network = Network.transparent()) {
            Namespace node = NodeEndpointTest.nodeAt(network, 1700);
            node.interfaceNamed("eth0").address("2001:db8::50/64");
            bridge(node, ipVersion == 4 ? "192.0.2.50" : "2001:db8::50", ipVersion == 4 ? "192.0.2.1" : "2001:db8::1");
            try (EchoHost echo = EchoHost.start(network.server, 7);
                    SluiceNode sluice = SluiceNode.start(network.sluice, objects(ipVersion));
                    Dissection capture = Dissection.start(node, "eth0", "udp port 4789")) {
                for (String server : new String[] {"10.0.0.2", "fd00::2"}) {
                    Waits.until("the server answers", Duration.ofSeconds(10), () -> network.client.pings(server));
                    try (UdpFlow flow = UdpFlow.open(network.client, server, 7)) {
                        assertThat(flow.exchange(20).lost()).isZero();
                    }
                    assertThat(TcpTransfer.echoes(network.client, server, 7, 1_000_000))
                            .isTrue();
                }
                ForetellReport foretold = sluice.say(admin ->
                        admin.foretell(Map.of("port", "left", "packet", "udp 10.0.0.1:4711 > 10.0.0.2:7 len=4")));
                assertThat(foretold.end() + " " + foretold.port()).isEqualTo("sent right");
                assertThat(echo.peers()).as("an address of each family").hasSize(2);
                assertThat(sluice.uninspected()).isZero();
                assertThat(sluice.dropReasonsOfTraffic()).isSubsetOf("NEIGHBOR_UNRESOLVED");
                List<Dissection.Packet> all = capture.read(FIELDS);
                assertThat(all).hasSizeGreaterThan(400);
                String own = network.sluice.interfaceNamed("underlay").mac();
                for (Dissection.Packet one : all) {
                    assertSound(one, one.all("eth.src").getFirst().equals(own), ipVersion);
                }
            }
        }
    }

    /** @param ours sent by Sluice, else by the node */
    private static void assertSound(Dissection.Packet one, boolean ours, int ipVersion) {
        assertThat(one.get("_ws.malformed")).as(one.toString()).isEmpty();
        assertThat(one.numbers("udp.dstport").getFirst()).isEqualTo(4789);
        assertThat(one.number("vxlan.flags")).as("flag I and no other").isEqualTo(0x0800);
        boolean fromServer =
                one.all("ip.src").contains("10.0.0.2") || one.all("ipv6.src").contains("fd00::2");
        assertThat(one.number("vxlan.vni")).as("side of " + one).isEqualTo(fromServer == ours ? 101 : 100);
        if (ours) {
            assertThat(one.numbers(ipVersion == 4 ? "ip.ttl" : "ipv6.hlim").getFirst())
                    .isEqualTo(64);
            // 1: right, 3: there is none.
            assertThat(one.numbers("udp.checksum.status").getFirst()).isEqualTo(ipVersion == 4 ? 3 : 1);
            assertThat(one.numbers("ip.checksum.status")).allMatch(status -> status == 1);
            assertThat(one.numbers("tcp.checksum.status")).allMatch(status -> status == 1);
        }
    }
}
