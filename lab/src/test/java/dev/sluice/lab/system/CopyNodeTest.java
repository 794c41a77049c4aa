package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.DropReason;
import dev.sluice.lab.LabInterface;
import dev.sluice.lab.Namespace;
import dev.sluice.lab.Waits;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A node that only gets copies: sees both directions and can stop nothing. */
@Tag("system")
class CopyNodeTest {
    private static Network network;
    private static LabInterface tap;
    private static EchoHost echo;
    private static SluiceNode sluice;

    @BeforeAll
    static void build() {
        network = Network.transparent();
        Namespace host = network.topology.namespace("tap");
        tap = network.host(host, "mirror", "tap-in").quiet();
        echo = EchoHost.start(network.server, 7);
        sluice = SluiceNode.start(
                network.sluice,
                Yaml.of(
                        Yaml.PAIR,
                        Yaml.chainOfOne("tap", "{transport: raw, action: copy}", "{in: tap-in}"),
                        Yaml.policy("all", "edge/left", "{name: all, action: {chain: tap}}")));
    }

    @AfterAll
    static void remove() {
        try (Network n = network;
                SluiceNode s = sluice;
                EchoHost e = echo) {
            // Closed in the reverse order.
        }
    }

    @Test
    void tapGetsACopyOfEachPacketOfBothDirections() {
        try (Witness witness = Witness.start(tap);
                UdpFlow v4 = UdpFlow.open(network.client, "10.0.0.2", 7);
                UdpFlow v6 = UdpFlow.open(network.client, "fd00::2", 7)) {
            UdpFlow.Account account = v4.exchange(100);
            assertThat(account.lost()).isZero();
            assertThat(v6.exchange(100).lost()).isZero();
            assertThat(witness.in(f -> f.id() != 0 && f.destinationPort() == 7)).hasSize(200);
            assertThat(witness.in(f -> f.id() != 0 && f.sourcePort() == 7)).hasSize(200);
            assertThat(witness.ids()).containsAll(account.sent());
        }
    }

    @Test
    void tapGetsAllOfALargeTransfer() {
        try (Witness witness = Witness.start(tap)) {
            assertThat(TcpTransfer.echoes(network.client, "10.0.0.2", 7, 2_000_000))
                    .isTrue();
            long bytes = witness.in(f -> f.destinationPort() == 7).stream()
                    .mapToLong(f -> f.bytes().length)
                    .sum();
            assertThat(bytes).isGreaterThan(2_000_000);
        }
    }

    @Test
    void deadTapNeverStopsTraffic() {
        long uninspected = sluice.uninspected();
        tap.down();
        sluice.awaitInstance("tap", false);
        try (UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", 7)) {
            long lost = sluice.instance("tap").copiesLost();
            assertThat(flow.exchange(50).lost()).isZero();
            assertThat(TcpTransfer.echoes(network.client, "10.0.0.2", 7, 100_000))
                    .isTrue();
            assertThat(sluice.instance("tap").copiesLost() - lost).isGreaterThanOrEqualTo(100);
        } finally {
            tap.up();
        }
        sluice.awaitInstance("tap", true);
        try (Witness witness = Witness.start(tap);
                UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", 7)) {
            assertThat(flow.exchange(10).lost()).isZero();
            assertThat(witness.ids()).hasSize(10);
        }
        assertThat(sluice.uninspected()).isEqualTo(uninspected);
    }

    @Test
    void whatATapSendsGoesNowhereAndIsCounted() {
        long dropped = sluice.dropped(DropReason.COPY_NODE_SENT);
        try (Witness server = Witness.start(network.serverSide);
                ProgramNode node = ProgramNode.start((from, frame, sender) -> sender.send(0, frame), tap);
                UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", 7)) {
            assertThat(flow.exchange(30).lost()).isZero();
            Waits.until("the tap got its copies", Duration.ofSeconds(5), () -> node.receivedCount() >= 60);
            assertThat(server.in(f -> f.id() != 0)).hasSize(30);
        }
        Waits.until(
                "all that the tap sent is counted",
                Duration.ofSeconds(5),
                () -> sluice.dropped(DropReason.COPY_NODE_SENT) - dropped >= 60);
    }
}
