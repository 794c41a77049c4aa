package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.admin.AdminClient;
import dev.sluice.lab.Namespace;
import dev.sluice.lab.Waits;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;

/** L2 segments over three hosts, services at one of their ports, a tenant that moves (C1). */
@Tag("system")
class SegmentsTest {
    /** For each id and direction how often the firewall had the packet, and from which side. */
    private final Map<String, Integer> passed = new HashMap<>();

    private ProgramNode firewall(Namespace namespace) {
        return ProgramNode.start(
                (from, frame, sender) -> {
                    SeenFrame seen = SeenFrame.of(frame.bytes());
                    if (seen.id() != 0) {
                        String key = seen.id() + (seen.destinationPort() == 7 ? " forward " : " reverse ") + from;
                        synchronized (passed) {
                            passed.merge(key, 1, Integer::sum);
                        }
                    }
                    sender.send(1 - from, frame);
                },
                namespace.interfaceNamed("in"),
                namespace.interfaceNamed("out"));
    }

    private void checkServed(UdpFlow.Account account) {
        assertThat(account.lost()).isZero();
        synchronized (passed) {
            for (long id : account.sent()) {
                assertThat(passed).containsEntry(id + " forward 0", 1).containsEntry(id + " reverse 1", 1);
            }
            assertThat(passed).hasSize(2 * account.sent().size());
            passed.clear();
        }
    }

    @ParameterizedTest
    @Cases(value = "6", more = "4")
    void tenantsOfOneSegmentReachEachOtherAndNobodyElse(int ipVersion) {
        String objects = SegmentsNetwork.objects(ipVersion);
        try (SegmentsNetwork network = new SegmentsNetwork();
                ProgramNode fw = firewall(network.fw);
                EchoHost red = EchoHost.start(network.red2, 7);
                EchoHost blue = EchoHost.start(network.blue2, 7);
                Witness red1 = Witness.start(network.red1.interfaceNamed("eth0"));
                Witness red2 = Witness.start(network.red2.interfaceNamed("eth0"));
                Witness blue1 = Witness.start(network.blue1.interfaceNamed("eth0"));
                Witness blue2 = Witness.start(network.blue2.interfaceNamed("eth0"));
                SluiceNode a = network.start(0, objects);
                SluiceNode b = network.start(1, objects);
                SluiceNode c = network.start(2, objects)) {
            a.awaitTold("fw");
            b.awaitTold("fw");
            for (String server : List.of("10.0.0.2", "fd00::2")) {
                assertThat(network.red1.pings(server)).isTrue();
                assertThat(network.blue1.pings(server)).isTrue();
                red1.clear();
                red2.clear();
                try (UdpFlow flow = UdpFlow.open(network.red1, server, 7)) {
                    UdpFlow.Account account = flow.exchange(100);
                    checkServed(account);
                    assertThat(red2.ids()).containsExactlyInAnyOrderElementsOf(account.sent());
                    assertThat(blue1.ids()).doesNotContainAnyElementsOf(account.sent());
                    assertThat(blue2.ids()).doesNotContainAnyElementsOf(account.sent());
                }
                blue2.clear();
                try (UdpFlow flow = UdpFlow.open(network.blue1, server, 7)) {
                    UdpFlow.Account account = flow.exchange(100);
                    assertThat(account.lost()).isZero();
                    assertThat(blue2.ids()).containsExactlyInAnyOrderElementsOf(account.sent());
                    assertThat(red1.ids()).doesNotContainAnyElementsOf(account.sent());
                    assertThat(red2.ids()).doesNotContainAnyElementsOf(account.sent());
                    synchronized (passed) {
                        assertThat(passed).isEmpty();
                    }
                }
                assertThat(TcpTransfer.echoes(network.red1, server, 7, 3_000_000))
                        .isTrue();
                assertThat(TcpTransfer.echoes(network.blue1, server, 7, 3_000_000))
                        .isTrue();
            }
            assertThat(a.say(AdminClient::macs).macs())
                    .filteredOn(mac -> mac.mac().startsWith("02:aa"))
                    .extracting(mac -> mac.logicalSwitch() + " " + mac.mac() + " " + mac.place())
                    .containsExactly(
                            "blue 02:aa:00:00:00:01 blue-1",
                            "blue 02:aa:00:00:00:02 node host-b",
                            "red 02:aa:00:00:00:01 red-1",
                            "red 02:aa:00:00:00:02 node host-b");
            checkBroadcast(network, red2, blue2);
            moveAndGoOn(network, c);
            assertThat(a.uninspected() + b.uninspected() + c.uninspected()).isZero();
            assertThat(fw.receivedCount()).isPositive();
            assertThat(red.datagramCount() + blue.datagramCount()).isPositive();
        }
    }

    /** A broadcast comes out once at the other port of its segment and never at the other segment's. */
    private static void checkBroadcast(SegmentsNetwork network, Witness red2, Witness blue2) {
        red2.clear();
        blue2.clear();
        network.red1.succeeds("ping", "-b", "-c", "5", "-i", "0.05", "-W", "1", "10.0.0.255");
        assertThat(red2.in(f -> f.destination().equals("10.0.0.255"))).hasSize(5);
        assertThat(blue2.in(f -> f.destination().equals("10.0.0.255"))).isEmpty();
    }

    /** To the host of its firewall, which served its flows for the host before. */
    private void moveAndGoOn(SegmentsNetwork network, SluiceNode c) {
        try (UdpFlow before = UdpFlow.open(network.red1, "10.0.0.2", 7)) {
            assertThat(before.exchange(10).lost()).isZero();
            network.moveRed1ToC();
            c.awaitPort("red-1", true);
            Waits.until(
                    "the flow of before goes on",
                    Duration.ofSeconds(15),
                    () -> before.exchange(1, 300).lost() == 0);
            synchronized (passed) {
                passed.clear();
            }
            checkServed(before.exchange(50));
        }
        for (String server : List.of("10.0.0.2", "fd00::2")) {
            Waits.until("the tenant is reached at host C", Duration.ofSeconds(10), () -> network.red1.pings(server));
            try (UdpFlow flow = UdpFlow.open(network.red1, server, 7)) {
                checkServed(flow.exchange(100));
            }
            assertThat(TcpTransfer.echoes(network.red1, server, 7, 1_000_000)).isTrue();
        }
    }
}
