package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.DropReason;
import dev.sluice.lab.LabInterface;
import dev.sluice.lab.Namespace;
import dev.sluice.lab.OpenVswitch;
import dev.sluice.lab.Topology;
import dev.sluice.lab.Waits;
import dev.sluice.lab.Wire;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;

/**
 * Open vSwitch as the other end of Geneve tunnels, in both roles (C1; B2): two segments reach over from Sluice's host to its, with tenants that have the same addresses. It
 * takes frames by virtual network, tells those with Sluice's serviced mark from others, and sends frames with options of its own. tshark reads all that passes.
 *
 * <pre>
 *  red-1, blue-1 -- [ sluice ] -- 192.0.2.1 ------ 192.0.2.50 -- [ Open vSwitch ] -- red-2, blue-2
 *                      |  |
 *                      [fw]
 * </pre>
 */
@Tag("system")
class OpenVswitchPeerTest {
    private static final List<String> FIELDS = List.of(
            "eth.src",
            "udp.srcport",
            "udp.dstport",
            "udp.checksum.status",
            "tcp.checksum.status",
            "ip.checksum.status",
            "ip.src",
            "ipv6.src",
            "tcp.len",
            "tcp.flags",
            "frame.number",
            "geneve.version",
            "geneve.flags.oam",
            "geneve.flags.critical",
            "geneve.proto_type",
            "geneve.vni",
            "geneve.option.class",
            "geneve.option.type",
            "geneve.option.unknown.data",
            "arp.opcode",
            "_ws.malformed");

    /** An option that nobody at the other end knows: class 0x0102, not critical; and one that is. */
    private static final String OPTIONS = "{class=0xff53,type=0x01,len=4}->tun_metadata0,"
            + "{class=0xff53,type=0x02,len=4}->tun_metadata1,"
            + "{class=0x0102,type=0x05,len=8}->tun_metadata2,"
            + "{class=0x0102,type=0x85,len=4}->tun_metadata3";

    private static final int MARKED = 1;
    private static final int RED = 2;
    private static final int BLUE = 3;

    private static final String RULES = """
            cookie=0x1,priority=30,in_port=geneve,tun_id=5001,tun_metadata0,actions=output:red-2
            cookie=0x1,priority=30,in_port=geneve,tun_id=5001,tun_metadata1,actions=output:red-2
            cookie=0x2,priority=20,in_port=geneve,tun_id=5001,actions=output:red-2
            cookie=0x3,priority=20,in_port=geneve,tun_id=5002,actions=output:blue-2
            priority=30,in_port=red-2,udp,tp_dst=9,actions=set_field:5001->tun_id,set_field:0x1->tun_metadata3,output:geneve
            priority=30,in_port=red-2,udp,tp_dst=10,actions=set_field:5003->tun_id,output:geneve
            priority=20,in_port=red-2,actions=set_field:5001->tun_id,set_field:0x1122334455667788->tun_metadata2,output:geneve
            priority=20,in_port=blue-2,actions=set_field:5002->tun_id,output:geneve
            """;

    private static String endpoint(int ipVersion, int host) {
        return (ipVersion == 4 ? "192.0.2." : "2001:db8::") + host;
    }

    private static String node(String name, String extra, String interfaceName, String endpoint) {
        int bits = endpoint.contains(":") ? 64 : 24;
        return String.join(
                "---\n",
                Yaml.object("Node", name, "{" + extra + "underlay: {address: \"" + endpoint + "\"}}"),
                Yaml.object("Port", "underlay-" + name, "{node: " + name + ", interface: " + interfaceName + "}"),
                Yaml.object(
                        "LogicalRouter",
                        "underlay-" + name,
                        "{node: " + name + ", interfaces: [{port: underlay-" + name + ", addresses: [\"" + endpoint
                                + "/" + bits + "\"]}]}"));
    }

    private static String port(String name, String node, String segment) {
        return Yaml.object("Port", name, "{node: " + node + ", interface: " + name + ", switch: " + segment + "}");
    }

    /** The other end is a node of the objects, though nobody runs them there. */
    private static String objects(int ipVersion) {
        return String.join(
                "---\n",
                node("edge", "tracker: {connectionsMax: 16384}, ", "underlay", endpoint(ipVersion, 1)),
                node("foreign", "", "eth0", endpoint(ipVersion, 50)),
                Yaml.object("LogicalSwitch", "red", "{vni: 5001}"),
                Yaml.object("LogicalSwitch", "blue", "{vni: 5002}"),
                port("red-1", "edge", "red"),
                port("red-2", "foreign", "red"),
                port("blue-1", "edge", "blue"),
                port("blue-2", "foreign", "blue"),
                Yaml.object("Service", "fw", "{transport: raw}"),
                Yaml.object("ServiceInstance", "fw", "{service: fw, node: edge, interfaces: {in: fw-in, out: fw-out}}"),
                Yaml.object("ServiceChain", "inspect", "{profiles: [fw]}"),
                Yaml.policy("all", "edge/red-1", "{name: all, action: {chain: inspect}}"));
    }

    private static Namespace tenant(Topology topology, String name, Namespace host, int number) {
        Namespace tenant = topology.namespace(name);
        Wire wire = topology.wire(tenant, "eth0", host, name);
        wire.b().quiet();
        wire.a().down().mac("02:aa:00:00:00:0" + number).up();
        wire.a().address("10.0.0." + number + "/24").address("fd00::" + number + "/64");
        return tenant;
    }

    private static OpenVswitch vswitch(Namespace host, int ipVersion, String sluiceMac) {
        String sluice = endpoint(ipVersion, 1);
        OpenVswitch vswitch = OpenVswitch.start(host)
                .bridge("underlay0")
                .port("underlay0", "eth0", "type=system")
                .rules("underlay0", "priority=0,actions=NORMAL")
                .bridge("segments")
                .port(
                        "segments",
                        "geneve",
                        "type=geneve",
                        "options:remote_ip=" + (ipVersion == 4 ? sluice : "\"" + sluice + "\""),
                        "options:key=flow")
                .port("segments", "red-2", "type=system")
                .port("segments", "blue-2", "type=system");
        new LabInterface(host, "underlay0").up().address(endpoint(ipVersion, 50) + (ipVersion == 4 ? "/24" : "/64"));
        vswitch.daemon("tnl/neigh/set", "underlay0", sluice, sluiceMac);
        vswitch.openFlow("add-tlv-map", "segments", OPTIONS);
        return vswitch.rules("segments", RULES);
    }

    @ParameterizedTest(name = "over IPv{0}")
    @Cases(value = "4", more = "6")
    void segmentsReachOverToItInBothDirections(int ipVersion) throws IOException, InterruptedException {
        try (Topology topology = Topology.create()) {
            Namespace edge = topology.namespace("sluice");
            Namespace foreign = topology.namespace("foreign");
            Wire underlay = topology.wire(edge, "underlay", foreign, "eth0");
            underlay.a().quiet().mtu(1700);
            underlay.b().quiet().mtu(1700);
            final Namespace red1 = tenant(topology, "red-1", edge, 1);
            final Namespace blue1 = tenant(topology, "blue-1", edge, 1);
            final Namespace red2 = tenant(topology, "red-2", foreign, 2);
            final Namespace blue2 = tenant(topology, "blue-2", foreign, 2);
            Namespace fw = topology.namespace("fw");
            topology.wire(fw, "in", edge, "fw-in").b().quiet();
            topology.wire(fw, "out", edge, "fw-out").b().quiet();
            // It carries no partial checksums over tunnels.
            red2.interfaceNamed("eth0").offloads(false);
            blue2.interfaceNamed("eth0").offloads(false);
            String own = underlay.a().mac();
            OpenVswitch vswitch = vswitch(foreign, ipVersion, own);
            try (ProgramNode firewall = ProgramNode.cable(fw.interfaceNamed("in"), fw.interfaceNamed("out"));
                    EchoHost redEcho = EchoHost.start(red2, 7);
                    EchoHost blueEcho = EchoHost.start(blue2, 7);
                    EchoHost ownEcho = EchoHost.start(red1, 7);
                    SluiceNode sluice = SluiceNode.startAs(edge, "edge", objects(ipVersion));
                    Dissection capture = Dissection.start(foreign, "eth0", "udp port 6081")) {
                for (String server : List.of("10.0.0.2", "fd00::2")) {
                    talk(red1, server, vswitch);
                    talk(blue1, server, vswitch);
                    // Who opens the connection is on the other side.
                    talk(red2, server.replace('2', '1'), vswitch);
                }
                assertThat(firewall.receivedCount()).isGreaterThan(200);
                counts(vswitch, MARKED, 200);
                counts(vswitch, RED, 1);
                counts(vswitch, BLUE, 100);
                refused(red2, sluice, 9, DropReason.OVERLAY_OPTION_CRITICAL);
                refused(red2, sluice, 10, DropReason.SEGMENT_UNKNOWN);
                assertThat(sluice.uninspected()).isZero();
                List<Dissection.Packet> all = capture.read(FIELDS);
                assertThat(all).hasSizeGreaterThan(500);
                for (Dissection.Packet one : all) {
                    assertSound(one, one.all("eth.src").getFirst().equals(own), ipVersion);
                }
                assertThat(all)
                        .as("the mark was seen")
                        .anyMatch(one -> one.get("geneve.option.class").equals("0xff53"));
            }
        }
    }

    private static void talk(Namespace from, String server, OpenVswitch vswitch) throws IOException {
        Waits.until(
                server + " answers " + from.name(),
                Duration.ofSeconds(10),
                () -> from.pings(server),
                () -> vswitch.openFlow("dump-flows", "segments")
                        + vswitch.process().log());
        try (UdpFlow flow = UdpFlow.open(from, server, 7)) {
            assertThat(flow.exchange(50).lost()).isZero();
        }
        assertThat(TcpTransfer.echoes(from, server, 7, 300_000)).isTrue();
    }

    private static void counts(OpenVswitch vswitch, int cookie, long atLeast) {
        Waits.until(
                "rules with cookie " + cookie + " had " + atLeast + " packets",
                Duration.ofSeconds(5),
                () -> vswitch.packets("segments", cookie) >= atLeast,
                () -> vswitch.openFlow("dump-flows", "segments"));
    }

    private static void refused(Namespace from, SluiceNode sluice, int port, DropReason reason) {
        assertThat(sluice.dropped(reason)).isZero();
        Waits.until("it is dropped", Duration.ofSeconds(5), () -> {
            from.succeeds(
                    "python3",
                    "-c",
                    "import socket\nsocket.socket(socket.AF_INET,socket.SOCK_DGRAM).sendto(b'x',('10.0.0.1'," + port
                            + "))");
            return sluice.dropped(reason) > 0;
        });
    }

    /** @param ours sent by Sluice */
    private static void assertSound(Dissection.Packet one, boolean ours, int ipVersion) {
        assertThat(one.get("_ws.malformed")).as(one.toString()).isEmpty();
        assertThat(one.numbers("udp.dstport").getFirst()).isEqualTo(6081);
        assertThat(one.number("geneve.version")).isZero();
        assertThat(one.flag("geneve.flags.oam")).isFalse();
        assertThat(one.number("geneve.proto_type")).isEqualTo(0x6558);
        long vni = one.number("geneve.vni");
        if (!ours) {
            return;
        }
        assertThat(one.numbers("tcp.checksum.status")).as(one.toString()).allMatch(status -> status == 1);
        assertThat(one.numbers("ip.checksum.status")).allMatch(status -> status == 1);
        assertThat(vni).isIn(5001L, 5002L);
        assertThat(one.flag("geneve.flags.critical")).isFalse();
        assertThat(one.numbers("udp.srcport").getFirst()).isBetween(49_152L, 65_535L);
        // 3: there is none; 4: there is none, though it is IPv6 (RFC 6935).
        assertThat(one.numbers("udp.checksum.status").getFirst()).isIn(ipVersion == 4 ? 3L : 4L, 3L);
        boolean marked = !one.get("geneve.option.class").isEmpty();
        if (marked) {
            assertThat(vni).as("only what was served is marked").isEqualTo(5001);
            assertThat(one.number("geneve.option.class")).isEqualTo(0xff53);
            assertThat(one.number("geneve.option.type")).isIn(1L, 2L);
            assertThat(one.get("geneve.option.unknown.data")).hasSize(8);
        } else if (vni == 5001) {
            assertThat(one.get("tcp.checksum.status"))
                    .as("TCP of the tenant with a policy")
                    .isEmpty();
        }
    }
}
