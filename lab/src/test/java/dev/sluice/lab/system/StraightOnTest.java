package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.lab.Namespace;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;

/** A tenant on host A, its partner on B, the firewall on C: behind it packets go back to A, or straight to B (C7). */
@Tag("system")
class StraightOnTest {
    private static final int PACKETS = 200;

    @ParameterizedTest
    @Cases(
            value = "destination, 6, 2",
            more = {"classifier, 4, 3", "destination, 4, 2"})
    void requestsReachTheirDestinationAsTold(String afterLast, int ipVersion, int crossings) {
        String objects = SegmentsNetwork.objects(ipVersion, afterLast);
        try (SegmentsNetwork network = new SegmentsNetwork();
                ProgramNode fw = ProgramNode.start(
                        (from, frame, sender) -> sender.send(1 - from, frame),
                        network.fw.interfaceNamed("in"),
                        network.fw.interfaceNamed("out"));
                EchoHost partner = EchoHost.start(network.red2, 7);
                SluiceNode a = network.start(0, objects);
                SluiceNode b = network.start(1, objects);
                SluiceNode c = network.start(2, objects)) {
            a.awaitTold("fw");
            b.awaitTold("fw");
            assertThat(network.red1.pings("10.0.0.2")).isTrue();
            long served = fw.datagramCount();
            long before = framesInto(network.hosts.getFirst());
            try (UdpFlow flow = UdpFlow.open(network.red1, "10.0.0.2", 7)) {
                assertThat(flow.exchange(PACKETS).lost()).isZero();
            }
            // To A come the answers of B, those that the firewall has had, and, unless they go straight on, the
            // requests that it has had.
            assertThat(framesInto(network.hosts.getFirst()) - before)
                    .isBetween((long) crossings * PACKETS, (long) crossings * PACKETS + PACKETS / 2L);
            assertThat(fw.datagramCount() - served).isEqualTo(2L * PACKETS);
            assertThat(partner.datagramCount()).isEqualTo(PACKETS);
            assertThat(TcpTransfer.echoes(network.red1, "10.0.0.2", 7, 3_000_000))
                    .isTrue();
            assertThat(a.uninspected() + b.uninspected() + c.uninspected()).isZero();
        }
    }

    static long framesInto(Namespace host) {
        String statistics = host.exec("ip", "-s", "link", "show", "dev", "underlay");
        String[] lines = statistics.lines().toArray(String[]::new);
        for (int i = 0; i + 1 < lines.length; i++) {
            if (lines[i].strip().startsWith("RX:")) {
                return Long.parseLong(lines[i + 1].strip().split(" +", 3)[1]);
            }
        }
        throw new AssertionError(statistics);
    }
}
