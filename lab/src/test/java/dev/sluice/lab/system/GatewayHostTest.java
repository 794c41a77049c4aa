package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.lab.BridgeFirewall;
import dev.sluice.lab.Namespace;
import dev.sluice.lab.OpenVswitch;
import dev.sluice.lab.PacketFilter;
import dev.sluice.lab.Topology;
import dev.sluice.lab.Wire;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A gateway host serves machines on which no Sluice runs (C16): two hosts and a firewall behind the VLANs of a switch, which is Open vSwitch.
 *
 * <pre>
 *  vm eth0 -- vm [ host-a ] -- [ fabric ] -- [ host-b ]
 *                                     lan10 |    | lan20     | svc
 *                                  access 10|    |access 20  |trunk 300, 301
 *                                         [        switch          ]
 *                             access 10 |  | access 20  | 300    | 301
 *                            eth0 [ nas ]  [ pc ]    in [  firewall  ] out
 * </pre>
 */
@Tag("system")
class GatewayHostTest {
    private static final String SWITCH = "switch0";
    private static final int PACKETS = 50;

    private static String objects() {
        return Fabric.objects(4)
                + Yaml.object("LogicalSwitch", "office", "{vni: 5001}")
                + "---\n"
                + port("vm", "host-a")
                + port("lan10", "host-b")
                + port("lan20", "host-b")
                + Yaml.object("Service", "fw", "{transport: vlan}")
                + "---\n"
                + Yaml.object(
                        "ServiceInstance",
                        "fw",
                        "{service: fw, node: host-b, interfaces: {in: {interface: svc, vlan: 300}, out: {interface: svc, vlan: 301}}}")
                + "---\n"
                + Yaml.object("ServiceChain", "inspect", "{profiles: [fw]}")
                + "---\n"
                + Yaml.policy("nas", "host-b/lan10", "{name: all, action: {chain: inspect}}");
    }

    private static String port(String interfaceName, String node) {
        return Yaml.object(
                        "Port", interfaceName, "{node: " + node + ", interface: " + interfaceName + ", switch: office}")
                + "---\n";
    }

    private static Namespace host(Topology topology, String name, Namespace other, String otherEnd, int number) {
        Namespace host = topology.namespace(name);
        Wire wire = topology.wire(host, "eth0", other, otherEnd);
        wire.b().quiet();
        // Open vSwitch takes frames as they are on a real wire.
        wire.a().offloads(false).address("10.0.0." + number + "/24").address("fd00::" + number + "/64");
        return host;
    }

    private static void access(OpenVswitch vswitch, String port, int vlan) {
        vswitch.port(SWITCH, port, "type=system").configure("set", "port", port, "tag=" + vlan);
    }

    private static void checkServed(PacketFilter filter, Namespace from) {
        for (String nas : List.of("10.0.0.2", "fd00::2")) {
            assertThat(from.pings(nas)).isTrue();
            long forward = filter.forward().packets();
            long reverse = filter.reverse().packets();
            try (UdpFlow flow = UdpFlow.open(from, nas, 7)) {
                assertThat(flow.exchange(PACKETS).lost()).isZero();
            }
            assertThat(filter.forward().packets() - forward).isGreaterThanOrEqualTo(PACKETS);
            assertThat(filter.reverse().packets() - reverse).isGreaterThanOrEqualTo(PACKETS);
            assertThat(TcpTransfer.echoes(from, nas, 7, 500_000)).isTrue();
        }
    }

    @Test
    void hostsAndNodesBehindVlansOfASwitchAreServedByTheHostThatTheyAreWiredTo() {
        try (Topology topology = Topology.create()) {
            Fabric fabric = new Fabric(topology, Fabric.MTU);
            Namespace gateway = fabric.hosts.get(1);
            Namespace switching = topology.namespace("switch");
            Namespace vm = host(topology, "vm", fabric.hosts.get(0), "vm", 1);
            Namespace nas = host(topology, "nas", switching, "nas", 2);
            Namespace pc = host(topology, "pc", switching, "pc", 3);
            Namespace node = topology.namespace("firewall");
            for (String side : List.of("in", "out")) {
                topology.wire(node, side, switching, "fw-" + side).b().quiet();
            }
            for (String cable : List.of("lan10", "lan20", "svc")) {
                Wire wire = topology.wire(gateway, cable, switching, cable);
                // The tags come on top of what the hosts send.
                wire.a().quiet().mtu(1_508);
                wire.b().quiet().mtu(1_508);
            }
            BridgeFirewall firewall = BridgeFirewall.create(node.interfaceNamed("in"), node.interfaceNamed("out"));
            OpenVswitch vswitch =
                    OpenVswitch.start(switching).bridge(SWITCH).rules(SWITCH, "priority=0,actions=NORMAL");
            access(vswitch, "nas", 10);
            access(vswitch, "lan10", 10);
            access(vswitch, "pc", 20);
            access(vswitch, "lan20", 20);
            access(vswitch, "fw-in", 300);
            access(vswitch, "fw-out", 301);
            vswitch.port(SWITCH, "svc", "type=system").configure("set", "port", "svc", "trunks=300,301");
            try (EchoHost echo = EchoHost.start(nas, 7);
                    SluiceNode a = fabric.start(0, objects());
                    SluiceNode b = fabric.start(1, objects())) {
                a.awaitTold("fw");
                checkServed(firewall.filter(), vm);
                checkServed(firewall.filter(), pc);
                firewall.kill();
                for (Namespace from : List.of(vm, pc)) {
                    try (UdpFlow flow = UdpFlow.open(from, "10.0.0.2", 7)) {
                        assertThat(flow.exchange(3, 300).answered()).isEmpty();
                    }
                }
                firewall.restore();
                checkServed(firewall.filter(), vm);
                assertThat(echo.datagramCount()).isPositive();
                assertThat(a.uninspected() + b.uninspected()).isZero();
            }
        }
    }
}
