package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.lab.BridgeFirewall;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Transport wire: a bump in the wire between two interfaces whose dummy next hops have MAC 1 and MAC 2 (V10). */
@Tag("system")
class WireNodeTest {
    private static final String MAC_1 = "02:aa:00:00:00:01";
    private static final String MAC_2 = "02:aa:00:00:00:02";
    static final String NODE = Yaml.chainOfOne(
            "bump",
            "{transport: wire}",
            "{in: {interface: bump-in, mac: '" + MAC_1 + "'}, out: {interface: bump-out, mac: '" + MAC_2 + "'}}");

    /** What has to be seen of one exchange with the server. */
    private static void checkMacsAtNode(Network network, BridgeFirewall node, String server) {
        long forward = node.filter().forward().packets();
        long reverse = node.filter().reverse().packets();
        try (EchoHost echo = EchoHost.start(network.server, 7);
                Witness in = Witness.start(node.in());
                Witness out = Witness.start(node.out());
                UdpFlow flow = UdpFlow.open(network.client, server, 7)) {
            // Forty packets at once would find the queue of a neighbour full whose MAC address is not known yet.
            assertThat(network.client.pings(server)).isTrue();
            assertThat(flow.exchange(40).lost()).isZero();
            assertThat(TcpTransfer.echoes(network.client, server, 7, 1_000_000)).isTrue();
            assertThat(in.in(f -> f.hasPort(7)))
                    .hasSizeGreaterThan(40)
                    .allMatch(f ->
                            f.sourceMac().equals(MAC_1) && f.destinationMac().equals(MAC_2))
                    .allMatch(f -> f.destinationPort() == 7);
            assertThat(out.in(f -> f.hasPort(7)))
                    .hasSizeGreaterThan(40)
                    .allMatch(f ->
                            f.sourceMac().equals(MAC_2) && f.destinationMac().equals(MAC_1))
                    .allMatch(f -> f.sourcePort() == 7);
            assertThat(echo.datagramCount()).isEqualTo(40);
        }
        assertThat(node.filter().forward().packets() - forward).isGreaterThan(40);
        assertThat(node.filter().reverse().packets() - reverse).isGreaterThan(40);
    }

    @Test
    void routerSendsForwardFromMac1ToMac2AndReverseTheOtherWay() {
        try (Network network = Network.routed()) {
            BridgeFirewall node = network.bridge("bump");
            String policy = Yaml.policy("all", "r/left", "{name: all, action: {chain: bump}}");
            try (SluiceNode sluice = SluiceNode.start(network.sluice, Yaml.of(Yaml.ROUTER, NODE, policy))) {
                checkMacsAtNode(network, node, "10.2.0.2");
                checkMacsAtNode(network, node, "fd02::2");
                SluiceNode.counted(() -> assertThat(sluice.instance("bump").sent())
                        .isEqualTo(sluice.instance("bump").returned()));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.0.0.2", "fd00::2"})
    void transparentPairGetsItsOwnMacsBackAfterTheNode(String server) {
        try (Network network = Network.transparent()) {
            BridgeFirewall node = network.bridge("bump");
            String policy = Yaml.policy("all", "edge/left", "{name: all, action: {chain: bump}}");
            try (SluiceNode sluice = SluiceNode.start(network.sluice, Yaml.of(Yaml.PAIR, NODE, policy));
                    Witness atServer = Witness.start(network.serverSide);
                    Witness atClient = Witness.start(network.clientSide)) {
                checkMacsAtNode(network, node, server);
                assertThat(atServer.in(f -> f.hasPort(7)))
                        .isNotEmpty()
                        .allMatch(f -> f.sourceMac().equals(network.clientSide.mac()))
                        .allMatch(f -> f.destinationMac().equals(network.serverSide.mac()));
                assertThat(atClient.in(f -> f.hasPort(7)))
                        .isNotEmpty()
                        .allMatch(f -> f.sourceMac().equals(network.serverSide.mac()))
                        .allMatch(f -> f.destinationMac().equals(network.clientSide.mac()));
                sluice.checkSound();
            }
        }
    }
}
