package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.lab.LabInterface;
import dev.sluice.lab.Namespace;
import dev.sluice.lab.RoutingFirewall;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Nodes that route: MAC addresses rewritten and TTL decremented by the node, which is found by ARP and ND (C8). */
@Tag("system")
class RoutingNodeTest {
    static final String SIDES = """
            {in: {interface: fw-in, addresses: [10.100.0.1/24, "fd64::1/64"], nextHop: [10.100.0.2, "fd64::2"]}, \
            out: {interface: fw-out, addresses: [10.101.0.1/24, "fd65::1/64"], nextHop: [10.101.0.2, "fd65::2"]}}""";

    static final String NODE = Yaml.chainOfOne("fw", "{transport: raw, forwarding: route}", SIDES);

    /** A node with addresses towards Sluice on both sides and its way to client and server. */
    static RoutingFirewall router(Network network, String client4, String client6, String server4, String server6) {
        Namespace node = network.node("fw");
        LabInterface in = node.interfaceNamed("in").address("10.100.0.2/24").address("fd64::2/64");
        LabInterface out = node.interfaceNamed("out").address("10.101.0.2/24").address("fd65::2/64");
        RoutingFirewall firewall = RoutingFirewall.create(in, out);
        node.route(client4, "10.100.0.1").route(client6, "fd64::1");
        node.route(server4, "10.101.0.1").route(server6, "fd65::1");
        return firewall;
    }

    private static void checkThroughNode(
            Network network, RoutingFirewall node, String server, int ttlAtServer, Witness atServer) {
        node.filter().count("f" + ttlAtServer, "iifname in udp dport 7");
        node.filter().count("r" + ttlAtServer, "iifname out udp sport 7");
        long forward = node.filter().forward().bytes();
        long reverse = node.filter().reverse().bytes();
        try (EchoHost echo = EchoHost.start(network.server, 7);
                UdpFlow flow = UdpFlow.open(network.client, server, 7);
                Witness in = Witness.start(node.in())) {
            assertThat(flow.exchange(100).lost()).isZero();
            assertThat(TcpTransfer.echoes(network.client, server, 7, 2_000_000)).isTrue();
            assertThat(network.client.pings(server)).isTrue();
            assertThat(atServer.in(f -> f.id() != 0 && f.destination().equals(address(server))))
                    .hasSize(100)
                    .allMatch(f -> f.ttl() == ttlAtServer);
            assertThat(in.in(f -> f.id() != 0))
                    .hasSize(100)
                    .allMatch(f -> f.destinationMac().equals(node.in().mac()));
            assertThat(echo.datagramCount()).isEqualTo(100);
        }
        assertThat(node.filter().count("f" + ttlAtServer).packets()).isEqualTo(100);
        assertThat(node.filter().count("r" + ttlAtServer).packets()).isEqualTo(100);
        assertThat(node.filter().forward().bytes() - forward).isGreaterThan(2_000_000);
        assertThat(node.filter().reverse().bytes() - reverse).isGreaterThan(2_000_000);
        node.filter().clearRules();
    }

    private static String address(String text) {
        return text.contains(":") ? text.replace("::", ":0:0:0:0:0:0:") : text;
    }

    @Test
    void routerSendsThroughRoutingNodeAndBothDecrementTheTtl() {
        try (Network network = Network.routed()) {
            RoutingFirewall node = router(network, "10.1.0.0/24", "fd01::/64", "10.2.0.0/24", "fd02::/64");
            String policy = Yaml.policy("all", "r/left", "{name: all, action: {chain: fw}}");
            try (SluiceNode sluice = SluiceNode.start(network.sluice, Yaml.of(Yaml.ROUTER, NODE, policy));
                    Witness atServer = Witness.start(network.serverSide)) {
                checkThroughNode(network, node, "10.2.0.2", 62, atServer);
                clearCounters(node);
                checkThroughNode(network, node, "fd02::2", 62, atServer);
                SluiceNode.counted(() -> assertThat(sluice.instance("fw").returned())
                        .isEqualTo(sluice.instance("fw").sent()));
            }
        }
    }

    @Test
    void transparentPairSendsThroughRoutingNodeWhichAloneDecrementsTheTtl() {
        try (Network network = Network.transparent()) {
            RoutingFirewall node = router(network, "10.0.0.1/32", "fd00::1/128", "10.0.0.2/32", "fd00::2/128");
            String policy = Yaml.policy("all", "edge/left", "{name: all, action: {chain: fw}}");
            try (SluiceNode sluice = SluiceNode.start(network.sluice, Yaml.of(Yaml.PAIR, NODE, policy));
                    Witness atServer = Witness.start(network.serverSide);
                    Witness atClient = Witness.start(network.clientSide)) {
                checkThroughNode(network, node, "10.0.0.2", 63, atServer);
                clearCounters(node);
                checkThroughNode(network, node, "fd00::2", 63, atServer);
                assertThat(atServer.in(f -> f.id() != 0))
                        .allMatch(f -> f.sourceMac().equals(network.clientSide.mac()));
                assertThat(atClient.in(f -> f.id() != 0))
                        .hasSize(200)
                        .allMatch(f -> f.sourceMac().equals(network.serverSide.mac()));
                sluice.checkSound();
            }
        }
    }

    /** Counters keep their names and counts: remove them with their table's rules. */
    private static void clearCounters(RoutingFirewall node) {
        Namespace namespace = node.in().namespace();
        for (String counter : new String[] {"f62", "r62", "f63", "r63"}) {
            if (namespace.succeeds("nft", "list", "counter", "inet", "lab", counter)) {
                namespace.exec("nft", "delete", "counter", "inet", "lab", counter);
            }
        }
    }

    @Test
    void nodeThatRefusesSomethingIsBelieved() {
        try (Network network = Network.routed()) {
            RoutingFirewall node = router(network, "10.1.0.0/24", "fd01::/64", "10.2.0.0/24", "fd02::/64");
            node.filter().drop("tcp dport 7");
            String policy = Yaml.policy("all", "r/left", "{name: all, action: {chain: fw}}");
            try (SluiceNode sluice = SluiceNode.start(network.sluice, Yaml.of(Yaml.ROUTER, NODE, policy));
                    EchoHost echo = EchoHost.start(network.server, 7)) {
                assertThat(TcpTransfer.connects(network.client, "10.2.0.2", 7, 1_200))
                        .isFalse();
                assertThat(node.filter().dropped().packets()).isPositive();
                assertThat(echo.peers()).isEmpty();
                assertThat(sluice.uninspected()).isZero();
            }
        }
    }
}
