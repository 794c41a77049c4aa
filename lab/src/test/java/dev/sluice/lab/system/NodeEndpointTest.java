package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.DropReason;
import dev.sluice.lab.LabInterface;
import dev.sluice.lab.LabProcess;
import dev.sluice.lab.Namespace;
import dev.sluice.lab.Waits;
import dev.sluice.lab.Wire;
import dev.sluice.sdk.example.IntrusionPreventionMain;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Nodes with an agent, which the overlay goes into: a program of plain sockets, on a host that is alone and on one of three (C5, C11), and what it says of flows (V12).
 */
@Tag("system")
class NodeEndpointTest {
    private static final Duration START = Duration.ofSeconds(60);
    private static final Duration SOON = Duration.ofSeconds(10);

    /** A node in the underlay of the only host. */
    static Namespace nodeAt(Network network, int mtu) {
        Namespace node = network.topology.namespace("node");
        Wire wire = network.topology.wire(node, "eth0", network.sluice, "underlay");
        wire.b().quiet();
        wire.a().address("192.0.2.50/24");
        node.configure("link", "set", "dev", "eth0", "mtu", Integer.toString(mtu));
        network.sluice.configure("link", "set", "dev", "underlay", "mtu", Integer.toString(mtu));
        return node;
    }

    static String alone() {
        return String.join(
                "---\n",
                Yaml.object("Node", "edge", "{tracker: {connectionsMax: 16384}, underlay: {address: 192.0.2.1}}"),
                Yaml.PAIR,
                Yaml.object("Port", "underlay", "{node: edge, interface: underlay}"),
                Yaml.object(
                        "LogicalRouter",
                        "underlay",
                        "{node: edge, interfaces: [{port: underlay, addresses: [192.0.2.1/24]}]}"),
                Yaml.object("Service", "ips", "{transport: nsh}"),
                Yaml.object("ServiceInstance", "ips-1", "{service: ips, node: edge, endpoint: 192.0.2.50}"),
                Yaml.object("ServiceChain", "inspect", "{profiles: [ips]}"),
                Yaml.policy("all", "edge/left", "{name: all, action: {chain: inspect}}"));
    }

    private static void awaitPackets(PythonNode node, long atLeast) {
        Waits.until("the node has had " + atLeast + " packets", SOON, () -> node.packets() >= atLeast, node::log);
    }

    @Test
    void acceptedFlowGoesOnWithoutTheNodeOfAHostThatIsAlone() {
        try (Network network = Network.transparent()) {
            Namespace namespace = nodeAt(network, 1700);
            try (PythonNode node = PythonNode.start(namespace, "aware_node", "192.0.2.50", "40");
                    EchoHost echo = EchoHost.start(network.server, 7);
                    SluiceNode sluice = SluiceNode.start(network.sluice, alone());
                    TcpTransfer transfer = TcpTransfer.open(network.client, "10.0.0.2", 7)) {
                assertThat(transfer.echo(500_000)).isTrue();
                awaitPackets(node, 40);
                long before = node.packets();
                assertThat(transfer.echo(3_000_000)).isTrue();
                assertThat(sluice.dropReasonsOfTraffic()).isEmpty();
                assertThat(network.client.pings("10.0.0.2")).as("another flow").isTrue();
                awaitPackets(node, before + 1);
                assertThat(node.packets()).as(node.log()).isLessThan(before + 10);
            }
        }
    }

    @Test
    void exampleNodeOfTheLibraryServesAndAccepts() {
        try (Network network = Network.transparent()) {
            LabProcess ips = nodeAt(network, 1700)
                    .startJava(
                            "ips",
                            IntrusionPreventionMain.class,
                            List.of(
                                    "--listen",
                                    "192.0.2.50",
                                    "--switch",
                                    "192.0.2.1",
                                    "--text",
                                    "EVIL",
                                    "--clear-after",
                                    "20000"))
                    .awaitReady(START);
            try (EchoHost echo = EchoHost.start(network.server, 7);
                    SluiceNode sluice = SluiceNode.start(network.sluice, alone())) {
                assertThat(TcpTransfer.echoes(network.client, "10.0.0.2", 7, 3_000_000))
                        .as(ips.log())
                        .isTrue();
                assertThat(sluice.counter("skippedByInstruction")).isGreaterThan(50);
                assertThat(sluice.counter("instructionsRefused")).isZero();
            }
        }
    }

    @Test
    void badFlowIsDroppedAndOthersAreNot() {
        try (Network network = Network.transparent()) {
            Namespace namespace = nodeAt(network, 1700);
            try (PythonNode node = PythonNode.start(namespace, "aware_node", "192.0.2.50", "0");
                    EchoHost echo = EchoHost.start(network.server, 7);
                    SluiceNode sluice = SluiceNode.start(network.sluice, alone())) {
                try (UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", 7)) {
                    assertThat(flow.exchange(20).lost()).isZero();
                }
                network.client.succeeds(
                        "python3",
                        "-c",
                        "import socket, time\ns=socket.socket(socket.AF_INET,socket.SOCK_DGRAM)\n"
                                + "s.connect(('10.0.0.2',7))\n[(s.send(b'an EVIL thing'), time.sleep(.02)) for _ in range(50)]");
                Waits.until(
                        "packets of the flow are dropped",
                        SOON,
                        () -> sluice.dropped(DropReason.FLOW_PROGRAMMED) > 0,
                        node::log);
                assertThat(TcpTransfer.echoes(network.client, "10.0.0.2", 7, 300_000))
                        .isTrue();
                assertThat(sluice.dropReasonsOfTraffic()).isSubsetOf("FLOW_PROGRAMMED");
            }
        }
    }

    @Test
    void tooBigPacketsAreToldSoThatConnectionsFit() {
        try (Network network = Network.transparent()) {
            Namespace namespace = nodeAt(network, 1500);
            try (PythonNode node = PythonNode.start(namespace, "aware_node", "192.0.2.50", "0");
                    EchoHost echo = EchoHost.start(network.server, 7);
                    SluiceNode sluice = SluiceNode.start(network.sluice, alone())) {
                assertThat(TcpTransfer.echoes(network.client, "10.0.0.2", 7, 500_000))
                        .isTrue();
                assertThat(sluice.dropReasons()).contains("MTU_EXCEEDED");
            }
        }
    }

    private static TcpTransfer openWhenAllHaveHeard(HostsNetwork network, SluiceNode a, SluiceNode b, SluiceNode c) {
        a.awaitTold("fw");
        a.awaitTold("ips");
        b.awaitTold("ips");
        c.awaitTold("fw");
        return TcpTransfer.open(network.client, "10.0.0.2", 7);
    }

    @ParameterizedTest(name = "{0} over IPv{1}")
    @Cases(value = "hub, 6", more = "direct, 4")
    void nodeOfAnotherHostServesAndIsLeftOut(String mode, int ipVersion) {
        String address = ipVersion == 4 ? "192.0.2.50" : "2001:db8::50";
        String objects = HostsNetwork.objects(mode, ipVersion)
                .replace("interfaces: {in: fw-in, out: fw-out}", "endpoint: \"" + address + "\"")
                .replace(
                        Yaml.object("Service", "fw", "{transport: raw}"),
                        Yaml.object("Service", "fw", "{transport: nsh}"));
        try (HostsNetwork network = new HostsNetwork()) {
            LabInterface eth0 = network.attach(network.fw, "eth0");
            eth0.address(address + (ipVersion == 4 ? "/24" : "/64"));
            try (PythonNode node = PythonNode.start(network.fw, "aware_node", address, "100");
                    ProgramNode ips =
                            ProgramNode.cable(network.ips.interfaceNamed("in"), network.ips.interfaceNamed("out"));
                    EchoHost echo = EchoHost.start(network.server, 7);
                    SluiceNode a = network.start(0, objects);
                    SluiceNode b = network.start(1, objects);
                    SluiceNode c = network.start(2, objects);
                    TcpTransfer transfer = openWhenAllHaveHeard(network, a, b, c)) {
                assertThat(transfer.echo(1_000_000)).isTrue();
                awaitPackets(node, 100);
                long before = node.packets();
                long others = ips.receivedCount();
                assertThat(transfer.echo(1_000_000)).isTrue();
                assertThat(node.packets()).as(node.log()).isEqualTo(before);
                assertThat(ips.receivedCount()).isGreaterThan(others);
                // Who starts first asks for hosts that are not there yet.
                assertThat(a.dropReasonsOfTraffic()).isSubsetOf("NEIGHBOR_UNRESOLVED");
                assertThat(b.dropReasonsOfTraffic()).isSubsetOf("NEIGHBOR_UNRESOLVED");
                assertThat(c.dropReasonsOfTraffic()).isSubsetOf("NEIGHBOR_UNRESOLVED");
            }
        }
    }

    /** The node builds headers anew, with the context that it got from the switch that serves for another one. */
    @Tag("long")
    @ParameterizedTest(name = "over IPv{0}")
    @ValueSource(ints = {4, 6})
    void nodeThatKnowsMetadataType1OnlyServesForAnotherHost(int ipVersion) {
        String address = ipVersion == 4 ? "192.0.2.50" : "2001:db8::50";
        String objects = HostsNetwork.objects("direct", ipVersion)
                .replace("profiles: [fw, ips]", "profiles: [fw]")
                .replace("interfaces: {in: fw-in, out: fw-out}", "endpoint: \"" + address + "\"")
                .replace(
                        Yaml.object("Service", "fw", "{transport: raw}"),
                        Yaml.object("Service", "fw", "{transport: nsh, mdType: 1}"));
        try (HostsNetwork network = new HostsNetwork()) {
            network.attach(network.fw, "eth0").address(address + (ipVersion == 4 ? "/24" : "/64"));
            try (PythonNode node = PythonNode.start(network.fw, "fixed_context_node", address);
                    EchoHost echo = EchoHost.start(network.server, 7);
                    SluiceNode a = network.start(0, objects);
                    SluiceNode b = network.start(1, objects)) {
                a.awaitTold("fw");
                for (String server : new String[] {"10.0.0.2", "fd00::2"}) {
                    Waits.until("the server answers", SOON, () -> network.client.pings(server), node::log);
                    assertThat(TcpTransfer.echoes(network.client, server, 7, 1_000_000))
                            .as(node.log())
                            .isTrue();
                }
                awaitPackets(node, 1000);
                assertThat(node.log()).doesNotContain("Error");
                assertThat(echo.peers()).as("an address of each family").hasSize(2);
                assertThat(a.uninspected() + b.uninspected()).isZero();
            }
        }
    }
}
