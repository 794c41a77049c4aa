package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.DropReason;
import dev.sluice.lab.LabInterface;
import dev.sluice.lab.Namespace;
import dev.sluice.lab.NatNode;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A node that rewrites source addresses: the way back is found by the translated tuple, in both ways of V7. */
@Tag("system")
class NatNodeTest {
    private static final String NAT_4 = "10.101.0.2";
    private static final String NAT_6 = "fd65:0:0:0:0:0:0:2";

    private static Network network;
    private static NatNode nat;
    private static EchoHost echo;
    private static SluiceNode sluice;

    @BeforeAll
    static void build() {
        network = Network.routed();
        Namespace node = network.node("fw");
        LabInterface in = node.interfaceNamed("in").address("10.100.0.2/24").address("fd64::2/64");
        LabInterface out = node.interfaceNamed("out").address(NAT_4 + "/24").address("fd65::2/64");
        nat = NatNode.create(in, out);
        node.route("10.1.0.0/24", "10.100.0.1").route("fd01::/64", "fd64::1");
        node.route("10.2.0.0/24", "10.101.0.1").route("fd02::/64", "fd65::1");
        echo = EchoHost.start(network.server, 7);
        sluice = SluiceNode.start(network.sluice, configuration("learned"));
    }

    @AfterAll
    static void remove() {
        try (Network n = network;
                SluiceNode s = sluice;
                EchoHost e = echo) {
            // Closed in the reverse order.
        }
    }

    private static String configuration(String translation) {
        return Yaml.of(
                Yaml.ROUTER,
                Yaml.chainOfOne(
                        "fw",
                        "{transport: raw, forwarding: route, translation: " + translation + "}",
                        RoutingNodeTest.SIDES),
                // At the server's port too: answers to the node's address have no other way than the record.
                Yaml.policy("all", "r/left, r/right", "{name: all, action: {chain: fw}}"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"learned", "new-flow"})
    void serverSeesOnlyTheNodesAddressAndAnswersReachTheClient(String translation) {
        sluice.configure(configuration(translation));
        try (Witness atServer = Witness.start(network.serverSide);
                UdpFlow v4 = UdpFlow.open(network.client, "10.2.0.2", 7);
                UdpFlow v6 = UdpFlow.open(network.client, "fd02::2", 7)) {
            long forward = nat.filter().forward().bytes();
            long reverse = nat.filter().reverse().bytes();
            assertThat(v4.exchange(100).lost()).isZero();
            assertThat(v6.exchange(100).lost()).isZero();
            assertThat(TcpTransfer.echoes(network.client, "10.2.0.2", 7, 2_000_000))
                    .isTrue();
            assertThat(TcpTransfer.echoes(network.client, "fd02::2", 7, 2_000_000))
                    .isTrue();
            assertThat(atServer.in(f -> f.destinationPort() == 7))
                    .hasSizeGreaterThan(200)
                    .allMatch(f -> f.source().equals(NAT_4) || f.source().equals(NAT_6));
            assertThat(echo.peers()).containsOnly(NAT_4, NAT_6);
            assertThat(nat.filter().forward().bytes() - forward).isGreaterThan(4_000_000);
            assertThat(nat.filter().reverse().bytes() - reverse).isGreaterThan(4_000_000);
            assertThat(sluice.dropped(DropReason.MTU_EXCEEDED)).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"learned", "new-flow"})
    void hundredParallelFlowsEachGetTheirOwnAnswers(String translation) throws Exception {
        sluice.configure(configuration(translation));
        // A hundred first packets at once would find the queue of the node's unknown MAC address full.
        assertThat(network.client.pings("10.2.0.2")).isTrue();
        assertThat(network.client.pings("fd02::2")).isTrue();
        List<UdpFlow> flows = new ArrayList<>();
        try (ExecutorService pool = Executors.newFixedThreadPool(20)) {
            for (int i = 0; i < 100; i++) {
                flows.add(UdpFlow.open(network.client, i % 2 == 0 ? "10.2.0.2" : "fd02::2", 7));
            }
            List<Future<UdpFlow.Account>> accounts = new ArrayList<>();
            for (UdpFlow flow : flows) {
                accounts.add(pool.submit(() -> flow.exchange(10)));
            }
            for (Future<UdpFlow.Account> account : accounts) {
                assertThat(account.get().lost()).isZero();
                assertThat(account.get().foreign()).isZero();
            }
            List<Future<Boolean>> transfers = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                transfers.add(pool.submit(() -> TcpTransfer.echoes(network.client, "10.2.0.2", 7, 5_000)));
            }
            for (Future<Boolean> transfer : transfers) {
                assertThat(transfer.get()).isTrue();
            }
        } finally {
            flows.forEach(UdpFlow::close);
        }
        assertThat(echo.peers()).containsOnly(NAT_4, NAT_6);
        assertThat(sluice.uninspected()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"learned", "new-flow"})
    void pingsAreTranslatedToo(String translation) {
        sluice.configure(configuration(translation));
        long reverse = nat.filter().reverse().packets();
        assertThat(network.client.pings("10.2.0.2")).isTrue();
        assertThat(network.client.pings("fd02::2")).isTrue();
        assertThat(nat.filter().reverse().packets() - reverse).isEqualTo(2);
    }
}
