package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.report.FastPathReport;
import dev.sluice.agent.report.FastPathReport.ReasonReport;
import dev.sluice.lab.Waits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What stays in the kernel, cell by cell: how Sluice is between client and server, what kind of node is on the way, IPv4 and IPv6. Tunnels: {@link OverlayFastPathTest}. The table in
 * docs/guides/operating.md says the same, and what does not stay there (X1).
 */
@Tag("system")
class FastPathTableTest {
    private static final int PACKETS = 1_500;
    private static final int PER_SECOND = 3_000;

    /** A busy machine may stop everything for a while. */
    private static final int PATIENCE_MS = 5_000;

    /** A packet to the server and its answer make four journeys, one into the node and one out of it on each way. */
    private static final long JOURNEYS_EACH = 4;

    private final List<String> table = new ArrayList<>();

    @Test
    void packetsOfEstablishedFlowsStayInTheKernel() {
        bridges("tc");
        others("tc");
        table.forEach(System.out::println);
    }

    /** On veths, whose other ends do what network cards do anyway: complete checksums, tags in frames, frames from XDP. */
    @Test
    void packetsOfEstablishedFlowsStayInXdp() {
        bridges("xdp");
        table.forEach(System.out::println);
    }

    private void bridges(String hook) {
        try (Network network = Network.transparent()) {
            network.bridge("fw");
            show(
                    hook,
                    "pair, node bridges",
                    network,
                    Yaml.of(Yaml.PAIR, Yaml.bridge("fw"), policy("edge/left", "fw")),
                    "10.0.0.2",
                    "fd00::2");
        }
        try (Network network = Network.routed()) {
            network.bridge("fw");
            show(
                    hook,
                    "router, node bridges",
                    network,
                    Yaml.of(Yaml.ROUTER, Yaml.bridge("fw"), policy("r/left", "fw")),
                    "10.2.0.2",
                    "fd02::2");
        }
    }

    private void others(String hook) {
        try (Network network = Network.transparent()) {
            network.bridge("bump");
            show(
                    hook,
                    "pair, node is a wire with MAC addresses",
                    network,
                    Yaml.of(Yaml.PAIR, WireNodeTest.NODE, policy("edge/left", "bump")),
                    "10.0.0.2",
                    "fd00::2");
        }
        try (Network network = Network.routed()) {
            RoutingNodeTest.router(network, "10.1.0.0/24", "fd01::/64", "10.2.0.0/24", "fd02::/64");
            show(
                    hook,
                    "router, node routes",
                    network,
                    Yaml.of(Yaml.ROUTER, RoutingNodeTest.NODE, policy("r/left", "fw")),
                    "10.2.0.2",
                    "fd02::2");
        }
    }

    private static String policy(String at, String chain) {
        return Yaml.policy("all", at, "{name: all, action: {chain: " + chain + "}}");
    }

    private void show(String hook, String cell, Network network, String objects, String... servers) {
        if (hook.equals("xdp")) {
            network.likeNetworkCards();
        }
        try (EchoHost echo = EchoHost.start(network.server, 7);
                SluiceNode sluice = SluiceNode.start(network.sluice, objects, "fast-path-" + hook)) {
            for (String server : servers) {
                assertThat(network.client.pings(server)).isTrue();
                try (UdpFlow flow = UdpFlow.open(network.client, server, 7)) {
                    assertThat(flow.exchange(20).lost()).as(cell).isZero();
                    long before = sluice.status().fastPath().packets();
                    long unread = echo.unread();
                    long lost = flow.stream(PACKETS, PER_SECOND, PATIENCE_MS).lost();
                    assertThat(lost - (echo.unread() - unread) - flow.unread())
                            .as("of %d lost, not for want of room in a test's socket: %s", lost, cell)
                            .isLessThanOrEqualTo(PACKETS / 1000);
                    long journeys = JOURNEYS_EACH * (PACKETS - lost);
                    Waits.until(
                            "99.9 % of " + journeys + " journeys in the kernel: " + cell + " to " + server,
                            Duration.ofSeconds(5),
                            () -> sluice.status().fastPath().packets() - before >= journeys * 999 / 1000);
                    long repeated =
                            Math.min(journeys, sluice.status().fastPath().packets() - before);
                    table.add(String.format(
                            Locale.ROOT,
                            "%-42s IPv%d  %-3s  %.2f %% in the kernel",
                            cell,
                            server.contains(":") ? 6 : 4,
                            hook,
                            100.0 * repeated / journeys));
                }
            }
            nothingIsSilent(sluice);
            if (hook.equals("xdp")) {
                FastPathReport report = sluice.status().fastPath();
                assertThat(report.byXdp())
                        .as(report.toString())
                        .isGreaterThan(servers.length * JOURNEYS_EACH * PACKETS * 9 / 10);
                assertThat(sluice.port("left").description()).startsWith("fast path xdp, then tc");
            }
        }
    }

    /** Each frame that came to the data path was counted by the kernel under a reason. */
    private static void nothingIsSilent(SluiceNode sluice) {
        long frames = sluice.status().totals().frames();
        FastPathReport report = sluice.status().fastPath();
        long counted = report.punted().stream().mapToLong(ReasonReport::packets).sum();
        assertThat(counted).as(report.toString()).isGreaterThanOrEqualTo(frames);
    }
}
