package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.report.ForetellReport;
import dev.sluice.lab.LabInterface;
import dev.sluice.lab.Namespace;
import dev.sluice.lab.OpenVswitch;
import dev.sluice.lab.Waits;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;

/**
 * Open vSwitch as a service node that is aware of NSH (C5, C11; B2): it matches path and index, takes one from index and TTL, sends the packet back and looks at what is inside. With
 * VXLAN-GPE it has an address in the underlay, on Ethernet a MAC address at a port of the host. All that passes is read by tshark.
 */
@Tag("system")
class OpenVswitchNodeTest {
    private static final String NODE_MAC = "02:00:00:00:00:50";
    private static final String TAGGED = "nsh-ethernet behind a tag";
    private static final List<String> SERVERS = List.of("10.0.0.2", "fd00::2");
    private static final List<String> FIELDS = List.of(
            "eth.src",
            "eth.type",
            "vlan.id",
            "vlan.etype",
            "ip.src",
            "ipv6.src",
            "udp.dstport",
            "udp.checksum.status",
            "tcp.checksum.status",
            "ip.checksum.status",
            "vxlan.i_bit",
            "vxlan.p_bit",
            "vxlan.o_bit",
            "vxlan.ver",
            "vxlan.next_proto",
            "vxlan.vni",
            "nsh.version",
            "nsh.Obit",
            "nsh.ttl",
            "nsh.length",
            "nsh.mdtype",
            "nsh.nextproto",
            "nsh.spi",
            "nsh.si",
            "nsh.metadataclass",
            "nsh.metadatatype",
            "nsh.metadata",
            "nsh.contextheader",
            "_ws.malformed");

    /** What it looks at inside, by the cookies of its rules. */
    private static final String INSIDE = """
            cookie=0x1,table=1,tcp,actions=drop
            cookie=0x2,table=1,udp,actions=drop
            cookie=0x3,table=1,icmp,actions=drop
            cookie=0x4,table=1,tcp6,actions=drop
            cookie=0x5,table=1,udp6,actions=drop
            cookie=0x6,table=1,icmp6,actions=drop
            """;

    /** Takes the service header off and puts one of its own on, with the same path. */
    private static final String REBUILDING = "packet_type=(1,0x894f),nsh_si=255,actions="
            + "move:NXOXM_NSH_SPI[0..23]->NXM_NX_REG0[0..23],decap(),encap(nsh(md_type=2)),"
            + "move:NXM_NX_REG0[0..23]->NXOXM_NSH_SPI[0..23],set_field:254->nsh_si,in_port";

    /** Takes the service header off and puts one of its own on, of metadata type 1, with the same path and context. */
    private static final String REBUILDING_TYPE_1 = "move:NXOXM_NSH_SPI[0..23]->NXM_NX_REG0[0..23],"
            + "move:NXOXM_NSH_C1[]->NXM_NX_REG1[],move:NXOXM_NSH_C2[]->NXM_NX_REG2[],"
            + "move:NXOXM_NSH_C3[]->NXM_NX_REG3[],move:NXOXM_NSH_C4[]->NXM_NX_REG4[],"
            + "decap(),encap(nsh(md_type=1)),move:NXM_NX_REG0[0..23]->NXOXM_NSH_SPI[0..23],"
            + "move:NXM_NX_REG1[]->NXOXM_NSH_C1[],move:NXM_NX_REG2[]->NXOXM_NSH_C2[],"
            + "move:NXM_NX_REG3[]->NXOXM_NSH_C3[],move:NXM_NX_REG4[]->NXOXM_NSH_C4[],set_field:254->nsh_si,in_port";

    /** Rules that match metadata type 1 and tell the directions by the context; by their cookies. */
    private static String type1(String matches, String actions) {
        String match = matches + ",nsh_mdtype=1,nsh_si=255,nsh_c1=";
        return "cookie=0x11," + match + "0x01000000/0xff800000,actions=" + actions + "\n" + "cookie=0x12," + match
                + "0x01800000/0xff800000,actions=" + actions + "\n";
    }

    private static OpenVswitch overVxlanGpe(Network network, Namespace node, int ipVersion, String rules) {
        return inUnderlay(network, node, ipVersion, "type=vxlan", "options:dst_port=4790", "options:exts=gpe")
                .rules("nodes", rules);
    }

    /** With a bridge whose one port is the end of a tunnel, for packets of any type. */
    private static OpenVswitch inUnderlay(Network network, Namespace node, int ipVersion, String... tunnel) {
        String own = ipVersion == 4 ? "192.0.2.50/24" : "2001:db8::50/64";
        String sluice = ipVersion == 4 ? "192.0.2.1" : "2001:db8::1";
        List<String> options = new ArrayList<>(List.of(tunnel));
        options.add("options:remote_ip=" + (ipVersion == 4 ? sluice : "\"" + sluice + "\""));
        options.add("options:key=flow");
        options.add("options:packet_type=ptap");
        OpenVswitch vswitch = OpenVswitch.start(node)
                .bridge("underlay0")
                .port("underlay0", "eth0", "type=system")
                .rules("underlay0", "priority=0,actions=NORMAL")
                .bridge("nodes")
                .port("nodes", "tunnel", options.toArray(String[]::new));
        LabInterface local = new LabInterface(node, "underlay0").up();
        local.address(own);
        vswitch.daemon(
                "tnl/neigh/set",
                "underlay0",
                sluice,
                network.sluice.interfaceNamed("underlay").mac());
        return vswitch;
    }

    /** @param tagged with VLAN tag 30 in front of the service header, both ways */
    private static OpenVswitch onEthernet(Namespace node, boolean tagged, int mdType) {
        String matches = (tagged ? "dl_vlan=30," : "") + "dl_dst=" + NODE_MAC + ",dl_type=0x894f";
        String actions = "set_field:254->nsh_si,dec_nsh_ttl,move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[],set_field:"
                + NODE_MAC + "->eth_src,in_port," + (tagged ? "strip_vlan," : "") + "decap(),decap(),resubmit(,1)";
        return OpenVswitch.start(node)
                .bridge("nodes")
                .port("nodes", "eth1", "type=system")
                .rules(
                        "nodes",
                        INSIDE + (mdType == 1 ? type1(matches, actions) : matches + ",nsh_si=255,actions=" + actions));
    }

    private static String objects(String transport, int ipVersion) {
        boolean tagged = transport.equals(TAGGED);
        String written = tagged ? "nsh-ethernet" : transport;
        String objects = NodeEndpointTest.alone().replace("transport: nsh", "transport: " + written);
        if (written.equals("nsh-ethernet")) {
            objects = objects.replace(
                    "endpoint: 192.0.2.50",
                    "interfaces: {in: {interface: sf, mac: \"" + NODE_MAC + "\"}}"
                            + (tagged ? ", policies: [{chain: inspect, in: {vlan: 30}}]" : ""));
        }
        return ipVersion == 4 ? objects : overIpv6(objects);
    }

    /** The objects of {@link NodeEndpointTest#alone} with other addresses in the underlay. */
    static String overIpv6(String objects) {
        return objects.replace("192.0.2.1/24", "\"2001:db8::1/64\"")
                .replace("192.0.2.1", "\"2001:db8::1\"")
                .replace("192.0.2.50", "\"2001:db8::50\"");
    }

    @ParameterizedTest(name = "{0} over IPv{1}")
    @Cases(
            value = {"nsh-gpe, 6", TAGGED + ", 4"},
            more = {"nsh-gpe, 4", "nsh-ethernet, 4"})
    void connectionsPassTheNodeThatReadsTheirServiceHeader(String transport, int ipVersion)
            throws IOException, InterruptedException {
        boolean gpe = transport.equals("nsh-gpe");
        boolean tagged = transport.equals(TAGGED);
        try (Network network = Network.transparent()) {
            Namespace node = network.topology.namespace("node");
            node(network, node, "eth0", "underlay");
            node(network, node, "eth1", "sf");
            OpenVswitch vswitch =
                    gpe ? overVxlanGpe(network, node, ipVersion, INSIDE + """
                packet_type=(1,0x894f),nsh_si=255,actions=set_field:254->nsh_si,dec_nsh_ttl,in_port,decap(),resubmit(,1)
                """) : onEthernet(node, tagged, 2);
            try (EchoHost echo = EchoHost.start(network.server, 7);
                    SluiceNode sluice = SluiceNode.start(network.sluice, objects(transport, ipVersion));
                    Dissection capture = capture(node, gpe, tagged)) {
                exchange(network, vswitch);
                for (int cookie = 1; cookie <= 6; cookie++) {
                    int number = cookie;
                    long atLeast = cookie % 3 == 0 ? 2 : 100;
                    Waits.until(
                            "it looked into packets of each kind",
                            Duration.ofSeconds(5),
                            () -> vswitch.packets("nodes", number) >= atLeast,
                            () -> vswitch.openFlow("dump-flows", "nodes"));
                }
                assertNothingLost(sluice);
                List<Dissection.Packet> all = capture.read(FIELDS);
                assertThat(all).hasSizeGreaterThan(400);
                String own =
                        network.sluice.interfaceNamed(gpe ? "underlay" : "sf").mac();
                for (Dissection.Packet one : all) {
                    boolean ours = one.all("eth.src").getFirst().equals(own);
                    assertCarried(one, gpe, tagged, ipVersion);
                    assertPath(one, ours, ours ? 63 : 62);
                    assertMetadata(one);
                }
            }
        }
    }

    /** It tells directions by the fixed context; with VXLAN-GPE it builds the service header anew, and gives it the same context. */
    @ParameterizedTest(name = "{0} over IPv{1}")
    @Cases(
            value = {"nsh-gpe, 6"},
            more = {"nsh-gpe, 4", "nsh-ethernet, 4", TAGGED + ", 4"})
    void connectionsPassTheNodeThatKnowsMetadataType1Only(String transport, int ipVersion)
            throws IOException, InterruptedException {
        boolean gpe = transport.equals("nsh-gpe");
        boolean tagged = transport.equals(TAGGED);
        String written = tagged ? "nsh-ethernet" : transport;
        String objects = objects(transport, ipVersion)
                .replace("transport: " + written + "}", "transport: " + written + ", mdType: 1}");
        try (Network network = Network.transparent()) {
            Namespace node = network.topology.namespace("node");
            node(network, node, "eth0", "underlay");
            node(network, node, "eth1", "sf");
            OpenVswitch vswitch = gpe
                    ? overVxlanGpe(network, node, ipVersion, type1("packet_type=(1,0x894f)", REBUILDING_TYPE_1))
                    : onEthernet(node, tagged, 1);
            try (EchoHost echo = EchoHost.start(network.server, 7);
                    SluiceNode sluice = SluiceNode.start(network.sluice, objects);
                    Dissection capture = capture(node, gpe, tagged)) {
                exchange(network, vswitch);
                for (int cookie : new int[] {0x11, 0x12}) {
                    Waits.until(
                            "packets of each direction are told by their context",
                            Duration.ofSeconds(5),
                            () -> vswitch.packets("nodes", cookie) >= 200,
                            () -> vswitch.openFlow("dump-flows", "nodes"));
                }
                assertNothingLost(sluice);
                List<Dissection.Packet> all = capture.read(FIELDS);
                assertThat(all).hasSizeGreaterThan(400);
                String own =
                        network.sluice.interfaceNamed(gpe ? "underlay" : "sf").mac();
                for (Dissection.Packet one : all) {
                    boolean ours = one.all("eth.src").getFirst().equals(own);
                    assertCarried(one, gpe, tagged, ipVersion);
                    assertPath(one, ours, ours || gpe ? 63 : 62);
                    assertFixedContext(one);
                }
                ForetellReport foretold = sluice.say(admin ->
                        admin.foretell(Map.of("port", "left", "packet", "udp 10.0.0.1:4711 > 10.0.0.2:7 len=4")));
                assertThat(foretold.end() + " " + foretold.port()).isEqualTo("sent right");
            }
        }
    }

    private static Dissection capture(Namespace node, boolean gpe, boolean tagged) {
        return Dissection.start(
                node, gpe ? "eth0" : "eth1", gpe ? "udp port 4790" : tagged ? "vlan 30" : "ether proto 0x894f");
    }

    private static void exchange(Network network, OpenVswitch vswitch) {
        for (String server : SERVERS) {
            Waits.until(
                    "the server answers",
                    Duration.ofSeconds(10),
                    () -> network.client.pings(server),
                    () -> vswitch.openFlow("dump-flows", "nodes")
                            + vswitch.process().log());
            try (UdpFlow flow = UdpFlow.open(network.client, server, 7)) {
                assertThat(flow.exchange(50).lost()).isZero();
            }
            assertThat(TcpTransfer.echoes(network.client, server, 7, 500_000))
                    .as(vswitch.process().log())
                    .isTrue();
        }
    }

    private static void assertNothingLost(SluiceNode sluice) {
        assertThat(sluice.uninspected()).isZero();
        assertThat(sluice.dropReasonsOfTraffic()).isSubsetOf("NEIGHBOR_UNRESOLVED");
    }

    /** What it builds anew has no metadata, so nobody knows whose packet it was. */
    @Test
    void whatTheNodeBuildsAnewIsDroppedAndCounted() {
        try (Network network = Network.transparent()) {
            Namespace node = network.topology.namespace("node");
            node(network, node, "eth0", "underlay");
            OpenVswitch vswitch = inUnderlay(
                            network, node, 4, "type=vxlan", "options:dst_port=4790", "options:exts=gpe")
                    .rules("nodes", REBUILDING);
            try (SluiceNode sluice = SluiceNode.start(network.sluice, objects("nsh-gpe", 4))) {
                Waits.until(
                        "packets come back without metadata",
                        Duration.ofSeconds(10),
                        () -> {
                            network.client.pings("10.0.0.2");
                            return sluice.dropReasons().contains("NSH_CONTEXT_MISSING");
                        },
                        () -> sluice.dropReasons() + "\n" + vswitch.openFlow("dump-flows", "nodes")
                                + vswitch.process().log());
                assertThat(network.client.pings("10.0.0.2")).isFalse();
            }
        }
    }

    @Test
    void itsGenevePortDoesNotTakeServiceHeaders() {
        try (Network network = Network.transparent()) {
            Namespace node = network.topology.namespace("node");
            node(network, node, "eth0", "underlay");
            OpenVswitch vswitch =
                    inUnderlay(network, node, 4, "type=geneve").rules("nodes", "cookie=0x7,priority=0,actions=in_port");
            try (SluiceNode _ = SluiceNode.start(network.sluice, objects("nsh", 4))) {
                Waits.until(
                        "it says what it does not take",
                        Duration.ofSeconds(10),
                        () -> {
                            network.client.pings("10.0.0.2");
                            return vswitch.process().log().contains("unknown geneve encapsulated protocol: 0x894f");
                        },
                        () -> vswitch.process().log());
                assertThat(vswitch.packets("nodes", 7)).isZero();
                assertThat(network.client.pings("10.0.0.2")).isFalse();
            }
        }
    }

    private static void node(Network network, Namespace node, String interfaceName, String end) {
        network.host(node, interfaceName, end).quiet();
        for (LabInterface one : List.of(node.interfaceNamed(interfaceName), network.sluice.interfaceNamed(end))) {
            one.mtu(1700);
        }
    }

    private static void assertCarried(Dissection.Packet one, boolean gpe, boolean tagged, int ipVersion) {
        assertThat(one.get("_ws.malformed")).as(one.toString()).isEmpty();
        if (gpe) {
            assertThat(one.numbers("udp.dstport").getFirst()).isEqualTo(4790);
            assertThat(one.flag("vxlan.i_bit") && one.flag("vxlan.p_bit")).isTrue();
            assertThat(one.flag("vxlan.o_bit")).isFalse();
            assertThat(one.number("vxlan.next_proto")).isEqualTo(4);
            assertThat(one.number("vxlan.vni")).isEqualTo(4096);
            // 1: right, 3: there is none.
            assertThat(one.numbers("udp.checksum.status").getFirst()).isEqualTo(ipVersion == 4 ? 3 : 1);
        } else if (tagged) {
            assertThat(one.numbers("eth.type").getFirst()).isEqualTo(0x8100);
            assertThat(one.numbers("vlan.id")).containsExactly(30L);
            assertThat(one.numbers("vlan.etype")).containsExactly(0x894fL);
        } else {
            assertThat(one.numbers("eth.type").getFirst()).isEqualTo(0x894f);
        }
        assertThat(one.numbers("tcp.checksum.status")).allMatch(status -> status == 1);
        assertThat(one.numbers("ip.checksum.status")).allMatch(status -> status == 1);
    }

    /** @param ours sent by Sluice, else by the node */
    private static void assertPath(Dissection.Packet one, boolean ours, int ttl) {
        assertThat(one.number("nsh.version")).isZero();
        assertThat(one.flag("nsh.Obit")).isFalse();
        assertThat(one.number("nsh.si")).isEqualTo(ours ? 255 : 254);
        assertThat(one.number("nsh.ttl")).isEqualTo(ttl);
        assertThat(one.number("nsh.nextproto")).isEqualTo(3);
    }

    private static boolean isFromServer(Dissection.Packet one) {
        return (one.get("ip.src") + " " + one.get("ipv6.src")).matches(".*(10\\.0\\.0\\.2|fd00::2)\\b.*");
    }

    private static void assertFixedContext(Dissection.Packet one) {
        assertThat(one.number("nsh.length")).isEqualTo(6);
        assertThat(one.number("nsh.mdtype")).isEqualTo(1);
        assertThat(one.all("nsh.contextheader"))
                .as("of " + one)
                .hasSize(4)
                .first()
                .isEqualTo(isFromServer(one) ? "01840000" : "01040000");
    }

    private static void assertMetadata(Dissection.Packet one) {
        assertThat(one.number("nsh.length")).isEqualTo(15);
        assertThat(one.number("nsh.mdtype")).isEqualTo(2);
        assertThat(one.numbers("nsh.metadatatype"))
                .as("metadata, carried on by the node")
                .containsExactly(5L, 6L, 8L, 1L);
        assertThat(one.numbers("nsh.metadataclass")).containsExactly(0L, 0L, 0L, 0xfff6L);
        boolean reverse = (Integer.parseInt(one.all("nsh.metadata").get(3).substring(2, 4), 16) & 0x80) != 0;
        assertThat(reverse).as("flag R of " + one).isEqualTo(isFromServer(one));
    }
}
