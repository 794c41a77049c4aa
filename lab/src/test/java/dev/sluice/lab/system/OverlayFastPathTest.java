package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.report.FastPathReport;
import dev.sluice.lab.BridgeFirewall;
import dev.sluice.lab.Namespace;
import dev.sluice.lab.Waits;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A chain over three hosts with the kernel's fast path on each: established flows go into tunnels, out of them and through in the kernel, and TCP stays whole (X1, C3). */
@Tag("system")
class OverlayFastPathTest {
    private static final int PACKETS = 5_000;
    private static final int PER_SECOND = 4_000;

    /** A busy machine may stop everything for a while. */
    private static final int PATIENCE_MS = 5_000;
    private static final String FAST = "fast-path-tc";

    private static BridgeFirewall bridge(Namespace namespace) {
        return BridgeFirewall.create(namespace.interfaceNamed("in"), namespace.interfaceNamed("out"));
    }

    private static SluiceNode start(HostsNetwork network, int host, String objects) {
        return SluiceNode.startAs(network.hosts.get(host), "host-" + (char) ('a' + host), objects, FAST);
    }

    private static long repeated(List<SluiceNode> nodes) {
        return nodes.stream()
                .mapToLong(node -> node.status().fastPath().packets())
                .sum();
    }

    private static String said(List<SluiceNode> nodes) {
        StringBuilder text = new StringBuilder();
        for (SluiceNode node : nodes) {
            FastPathReport report = node.status().fastPath();
            text.append(report).append('\n');
        }
        return text.toString();
    }

    /** In mode direct a packet makes six journeys from client to server, in mode hub one more: through the host that classified it. */
    @ParameterizedTest(name = "{0} over IPv{1}")
    @CsvSource("hub, 6, 7")
    void establishedFlowsStayInTheKernelOfAllHosts(String mode, int ipVersion, int journeys) {
        show(mode, ipVersion, journeys);
    }

    @Tag("campaign")
    @ParameterizedTest(name = "{0} over IPv{1}")
    @CsvSource({"direct, 4, 6", "direct, 6, 6", "hub, 4, 7"})
    void establishedFlowsStayInTheKernelInTheOtherCasesToo(String mode, int ipVersion, int journeys) {
        show(mode, ipVersion, journeys);
    }

    private static void show(String mode, int ipVersion, int journeys) {
        String objects = HostsNetwork.objects(mode, ipVersion);
        try (HostsNetwork network = new HostsNetwork();
                EchoHost echo = EchoHost.start(network.server, 7);
                SluiceNode a = start(network, 0, objects);
                SluiceNode b = start(network, 1, objects);
                SluiceNode c = start(network, 2, objects)) {
            BridgeFirewall fw = bridge(network.fw);
            BridgeFirewall ips = bridge(network.ips);
            List<SluiceNode> all = List.of(a, b, c);
            for (String node : List.of("fw", "ips")) {
                a.awaitTold(node);
            }
            b.awaitTold("ips");
            c.awaitTold("fw");
            for (String server : List.of("10.0.0.2", "fd00::2")) {
                fw.filter().count("forward", "iifname in udp dport 7");
                try (UdpFlow flow = UdpFlow.open(network.client, server, 7)) {
                    assertThat(flow.exchange(20).lost()).as(said(all)).isZero();
                    long before = repeated(all);
                    long unread = echo.unread();
                    UdpFlow.Account account = flow.stream(PACKETS, PER_SECOND, PATIENCE_MS);
                    assertThat(account.foreign()).isZero();
                    assertThat(account.lost() - (echo.unread() - unread) - flow.unread())
                            .as("of %d lost, not for want of room in a test's socket: %s", account.lost(), said(all))
                            .isLessThanOrEqualTo(PACKETS / 1000);
                    long made = 2L * journeys * (PACKETS - account.lost());
                    long expected = made * 999 / 1000;
                    Waits.until(
                            "of " + made + " journeys to " + server + " the kernel made " + expected,
                            Duration.ofSeconds(5),
                            () -> repeated(all) - before >= expected);
                }
                long frames = fw.filter().forward().packets();
                long bytes = fw.filter().forward().bytes();
                long frames2 = ips.filter().forward().packets();
                long bytes2 = ips.filter().forward().bytes();
                assertThat(TcpTransfer.echoes(network.client, server, 7, 20_000_000))
                        .as(said(all))
                        .isTrue();
                System.out.printf(
                        "%s over IPv%d to %s: %d bytes per frame at the first node, %d at the second; %s%n",
                        mode,
                        ipVersion,
                        server,
                        (fw.filter().forward().bytes() - bytes)
                                / (fw.filter().forward().packets() - frames),
                        (ips.filter().forward().bytes() - bytes2)
                                / (ips.filter().forward().packets() - frames2),
                        said(all));
                assertThat(ips.filter().forward().bytes() - bytes2)
                        .as("bytes, of frames at the second node that are as large as the client made them")
                        .isGreaterThan(4000 * (ips.filter().forward().packets() - frames2));
            }
            assertThat(a.uninspected() + b.uninspected() + c.uninspected()).isZero();
        }
    }
}
