package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.DropReason;
import dev.sluice.lab.BridgeFirewall;
import dev.sluice.lab.HttpService;
import dev.sluice.lab.Iperf3;
import dev.sluice.lab.LabInterface;
import dev.sluice.lab.Namespace;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Nodes that bridge, on plain and on tagged interfaces, with Sluice as a transparent pair (C4). */
@Tag("system")
class BridgingNodeTest {
    private static final String TAGGED = "{transport: vlan}";

    private static Network network;
    private static BridgeFirewall firewall;
    private static LabInterface tagIn;
    private static LabInterface tagOut;
    private static EchoHost echo;
    private static SluiceNode sluice;

    @BeforeAll
    static void build() {
        network = Network.transparent();
        firewall = network.bridge("fw");
        Namespace tagged = network.node("tag");
        tagIn = tagged.interfaceNamed("in");
        tagOut = tagged.interfaceNamed("out");
        // Both tags of QinQ count against the MTU; with less, full packets are dropped and counted.
        for (LabInterface end : List.of(tagIn, tagOut)) {
            end.mtu(1_508);
            network.sluice.interfaceNamed("tag-" + end.name()).mtu(1_508);
        }
        echo = EchoHost.start(network.server, 7);
        sluice = SluiceNode.start(network.sluice, allThroughFirewall());
    }

    @AfterAll
    static void remove() {
        try (Network n = network;
                SluiceNode s = sluice;
                EchoHost e = echo) {
            // Closed in the reverse order.
        }
    }

    private static String allThroughFirewall() {
        return Yaml.of(
                Yaml.PAIR, Yaml.bridge("fw"), Yaml.policy("all", "edge/left", "{name: all, action: {chain: fw}}"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.0.0.2", "fd00::2"})
    void largeTcpTransfersPassTheFirewallIntactInBothDirections(String server) {
        sluice.configure(allThroughFirewall());
        long forward = firewall.filter().forward().bytes();
        long reverse = firewall.filter().reverse().bytes();
        int bytes = 8 << 20;
        assertThat(TcpTransfer.echoes(network.client, server, 7, bytes)).isTrue();
        assertThat(firewall.filter().forward().bytes() - forward).isGreaterThan(bytes);
        assertThat(firewall.filter().reverse().bytes() - reverse).isGreaterThan(bytes);
    }

    @Test
    void webPagesComeThroughTheFirewall() {
        sluice.configure(allThroughFirewall());
        HttpService http = HttpService.start(network.server, 80);
        long reverse = firewall.filter().reverse().bytes();
        assertThat(http.get(network.client, "10.0.0.2", "/file/3000000", Duration.ofSeconds(20)))
                .isEqualTo(new HttpService.Answer(200, 3_000_000));
        assertThat(firewall.filter().reverse().bytes() - reverse).isGreaterThan(3_000_000);
    }

    @Test
    void iperfPassesTheFirewallAtSomeSpeed() {
        sluice.configure(allThroughFirewall());
        Iperf3 iperf = Iperf3.serve(network.server, "10.0.0.2");
        long forward = firewall.filter().forward().bytes();
        Iperf3.Figures figures = iperf.run(network.client, Duration.ofSeconds(1));
        assertThat(figures.receivedBitsPerSecond()).isGreaterThan(50e6);
        assertThat((firewall.filter().forward().bytes() - forward) * 8.0)
                .isGreaterThan(figures.receivedBitsPerSecond() * 0.9);
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.0.0.2", "fd00::2"})
    void everyUdpPacketPassesTheFirewallOnceInEachDirection(String server) {
        sluice.configure(allThroughFirewall());
        String counter = server.contains(":") ? "udp6" : "udp4";
        firewall.filter().count(counter + "f", "iifname in udp dport 7");
        firewall.filter().count(counter + "r", "iifname out udp sport 7");
        try (UdpFlow flow = UdpFlow.open(network.client, server, 7)) {
            UdpFlow.Account account = flow.exchange(300);
            assertThat(account.lost()).isZero();
            assertThat(account.foreign()).isZero();
        }
        assertThat(firewall.filter().count(counter + "f").packets()).isEqualTo(300);
        assertThat(firewall.filter().count(counter + "r").packets()).isEqualTo(300);
        firewall.filter().clearRules();
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.0.0.2", "fd00::2"})
    void pingsPassTheFirewallInBothDirections(String server) {
        sluice.configure(allThroughFirewall());
        String type = server.contains(":") ? "icmpv6 type echo-" : "icmp type echo-";
        String counter = server.contains(":") ? "ping6" : "ping4";
        firewall.filter().count(counter + "f", "iifname in " + type + "request");
        firewall.filter().count(counter + "r", "iifname out " + type + "reply");
        assertThat(network.client.pings(server)).isTrue();
        assertThat(firewall.filter().count(counter + "f").packets()).isEqualTo(1);
        assertThat(firewall.filter().count(counter + "r").packets()).isEqualTo(1);
        firewall.filter().clearRules();
    }

    @Test
    void fragmentsOfLargePingsPassTheFirewall() {
        sluice.configure(allThroughFirewall());
        long forward = firewall.filter().forward().packets();
        assertThat(network.client.succeeds(
                        "ping", "-n", "-q", "-c", "2", "-i", "0.2", "-W", "2", "-s", "4000", "10.0.0.2"))
                .isTrue();
        assertThat(firewall.filter().forward().packets() - forward).isGreaterThanOrEqualTo(2);
    }

    @Test
    void whatTheFirewallForbidsDiesThere() {
        sluice.configure(allThroughFirewall());
        firewall.filter().drop("tcp dport 7");
        long dropped = firewall.filter().dropped().packets();
        assertThat(TcpTransfer.connects(network.client, "10.0.0.2", 7, 1_500)).isFalse();
        assertThat(firewall.filter().dropped().packets()).isGreaterThan(dropped);
        firewall.filter().clearRules();
        assertThat(TcpTransfer.echoes(network.client, "10.0.0.2", 7, 1_000)).isTrue();
    }

    @Test
    void firewallIsNotAskedForWhatNoRuleNames() {
        sluice.configure(Yaml.of(
                Yaml.PAIR,
                Yaml.bridge("fw"),
                Yaml.policy("udp", "edge/left", "{name: udp, match: {protocol: udp}, action: {chain: fw}}")));
        long forward = firewall.filter().forward().packets();
        assertThat(TcpTransfer.echoes(network.client, "10.0.0.2", 7, 100_000)).isTrue();
        assertThat(firewall.filter().forward().packets()).isEqualTo(forward);
    }

    @Test
    void flowsThatBeginAtTheServerEnterTheFirewallAtItsInSideToo() {
        sluice.configure(allThroughFirewall());
        // The rule holds for packets that go out to the left port as well: their first packet makes the direction
        // forward.
        try (EchoHost inner = EchoHost.start(network.client, 8);
                UdpFlow flow = UdpFlow.open(network.server, "10.0.0.1", 8);
                Witness in = Witness.start(firewall.in())) {
            assertThat(flow.exchange(20).lost()).isZero();
            assertThat(inner.datagramCount()).isEqualTo(20);
            assertThat(in.in(f -> f.destinationPort() == 8)).hasSize(20);
            assertThat(in.out(f -> f.sourcePort() == 8)).hasSize(20);
        }
    }

    @Test
    void nodeOnTaggedInterfacesGetsAndReturnsItsTag() {
        sluice.configure(Yaml.of(
                Yaml.PAIR,
                Yaml.chainOfOne(
                        "tag", TAGGED, "{in: {interface: tag-in, vlan: 101}, out: {interface: tag-out, vlan: 101}}"),
                Yaml.policy("all", "edge/left", "{name: all, action: {chain: tag}}")));
        checkTags(List.of("8100:101"));
    }

    @Test
    void nodeOnDoublyTaggedInterfacesGetsAndReturnsBothTags() {
        sluice.configure(doublyTagged());
        checkTags(List.of("88a8:200", "8100:7"));
    }

    @Test
    void packetsThatBothTagsMakeTooLongAreCounted() {
        LabInterface port = network.sluice.interfaceNamed("tag-in");
        port.mtu(1_504);
        try (ProgramNode node = ProgramNode.cable(tagIn, tagOut)) {
            sluice.configure(doublyTagged());
            long dropped = sluice.dropped(DropReason.MTU_EXCEEDED);
            long atPort = sluice.port("tag-in").counters().sendDropped();
            // Until Sluice has heard of the interface's new size, the kernel drops what is too long for it.
            int pings = 0;
            do {
                assertThat(network.client.succeeds(
                                "ping", "-n", "-q", "-c", "1", "-W", "1", "-M", "do", "-s", "1472", "10.0.0.2"))
                        .isFalse();
                pings++;
            } while (sluice.dropped(DropReason.MTU_EXCEEDED) == dropped && pings < 10);
            assertThat(sluice.dropped(DropReason.MTU_EXCEEDED) - dropped).isOne();
            assertThat(sluice.port("tag-in").counters().sendDropped() - atPort).isEqualTo(pings - 1);
        } finally {
            port.mtu(1_508);
        }
    }

    private static String doublyTagged() {
        return Yaml.of(
                Yaml.PAIR,
                Yaml.chainOfOne(
                        "tag",
                        "{transport: qinq}",
                        "{in: {interface: tag-in, vlan: 200, innerVlan: 7}, out: {interface: tag-out, vlan: 200, innerVlan: 7}}"),
                Yaml.policy("all", "edge/left", "{name: all, action: {chain: tag}}"));
    }

    private static void checkTags(List<String> tags) {
        try (ProgramNode node = ProgramNode.cable(tagIn, tagOut);
                Witness in = Witness.start(tagIn);
                Witness out = Witness.start(tagOut);
                Witness server = Witness.start(network.serverSide);
                UdpFlow v4 = UdpFlow.open(network.client, "10.0.0.2", 7);
                UdpFlow v6 = UdpFlow.open(network.client, "fd00::2", 7)) {
            assertThat(v4.exchange(50).lost()).isZero();
            assertThat(v6.exchange(50).lost()).isZero();
            assertThat(TcpTransfer.echoes(network.client, "10.0.0.2", 7, 1_000_000))
                    .isTrue();
            assertThat(in.in(f -> f.id() != 0))
                    .hasSize(100)
                    .allMatch(f -> f.vlans().equals(tags));
            assertThat(out.in(f -> f.id() != 0))
                    .hasSize(100)
                    .allMatch(f -> f.vlans().equals(tags));
            assertThat(in.out(f -> f.protocol() == SeenFrame.TCP)).isNotEmpty();
            assertThat(server.in(f -> f.hasPort(7)))
                    .isNotEmpty()
                    .allMatch(f -> f.vlans().isEmpty());
            assertThat(node.receivedCount()).isGreaterThan(200);
        }
    }

    @Test
    void twoPoliciesShareAnInterfaceAndAreToldApartByTheirTags() {
        sluice.configure(Yaml.of(
                Yaml.PAIR,
                Yaml.object("Service", "shared", TAGGED),
                Yaml.object("ServiceChain", "gold", "{profiles: [shared]}"),
                Yaml.object("ServiceChain", "silver", "{profiles: [shared]}"),
                Yaml.object("ServiceInstance", "shared", """

                          service: shared
                          node: edge
                          interfaces: {in: tag-in, out: tag-out}
                          policies:
                          - {chain: gold, in: {vlan: 11}}
                          - {chain: silver, in: {vlan: 12}}\
                        """),
                Yaml.policy(
                        "both",
                        "edge/left",
                        "{name: gold, match: {protocol: tcp}, action: {chain: gold}}",
                        "{name: silver, match: {protocol: udp}, action: {chain: silver}}")));
        try (ProgramNode node = ProgramNode.cable(tagIn, tagOut);
                Witness in = Witness.start(tagIn);
                UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", 7)) {
            assertThat(flow.exchange(50).lost()).isZero();
            assertThat(TcpTransfer.echoes(network.client, "10.0.0.2", 7, 100_000))
                    .isTrue();
            assertThat(in.in(f -> f.protocol() == SeenFrame.UDP))
                    .hasSize(50)
                    .allMatch(f -> f.vlans().equals(List.of("8100:12")));
            assertThat(in.in(f -> f.protocol() == SeenFrame.TCP))
                    .isNotEmpty()
                    .allMatch(f -> f.vlans().equals(List.of("8100:11")));
            assertThat(node.receivedCount()).isGreaterThan(100);
        }
    }

    @Test
    void nodeWithOneInterfaceHasItsSidesByTag() {
        sluice.configure(Yaml.of(
                Yaml.PAIR,
                Yaml.chainOfOne(
                        "arm", TAGGED, "{in: {interface: tag-in, vlan: 21}, out: {interface: tag-in, vlan: 22}}"),
                Yaml.policy("all", "edge/left", "{name: all, action: {chain: arm}}")));
        ProgramNode.Program swap = (from, frame, sender) ->
                sender.send(0, ProgramNode.retagged(frame, ProgramNode.vlan(frame) == 21 ? 22 : 21));
        try (ProgramNode node = ProgramNode.start(swap, tagIn);
                Witness in = Witness.start(tagIn);
                UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", 7)) {
            assertThat(flow.exchange(50).lost()).isZero();
            assertThat(TcpTransfer.echoes(network.client, "10.0.0.2", 7, 1_000_000))
                    .isTrue();
            assertThat(in.in(f -> f.id() != 0 && f.destinationPort() == 7))
                    .hasSize(50)
                    .allMatch(f -> f.vlans().equals(List.of("8100:21")));
            assertThat(in.in(f -> f.id() != 0 && f.sourcePort() == 7))
                    .hasSize(50)
                    .allMatch(f -> f.vlans().equals(List.of("8100:22")));
            assertThat(node.receivedCount()).isGreaterThan(100);
        }
    }
}
