package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.report.FastPathReport;
import dev.sluice.agent.report.FastPathReport.ReasonReport;
import dev.sluice.datapath.packet.DropReason;
import dev.sluice.lab.BridgeFirewall;
import dev.sluice.lab.Namespace;
import dev.sluice.lab.Waits;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;

/** The same node with the kernel's fast path and without: nobody outside can tell, but by who has counted (X1). */
@Tag("system")
class FastPathNodeTest {
    private static final int PACKETS = 10_000;
    private static final int PER_SECOND = 5_000;
    private static final Duration READ = Duration.ofSeconds(5);

    private final Network network = Network.transparent();
    private final BridgeFirewall firewall = network.bridge("fw");
    private final EchoHost echo = EchoHost.start(network.server, 7);

    @AfterEach
    void remove() {
        try (Network n = network;
                EchoHost e = echo) {
            // Closed in the reverse order.
        }
    }

    private SluiceNode node(boolean fast) {
        return SluiceNode.start(network.sluice, configuration("{chain: fw}"), fast ? "fast-path-tc" : "fast-path-off");
    }

    private static String configuration(String action) {
        return Yaml.of(Yaml.PAIR, Yaml.bridge("fw"), Yaml.policy("all", "edge/left", rule(action)));
    }

    private static String rule(String action) {
        return "{name: all, action: " + action + "}";
    }

    @ParameterizedTest
    @Cases(value = "true", more = "false")
    void tcpAndUdpVisitTheFirewallInBothDirections(boolean fast) {
        firewall.filter().count("udpf", "iifname in udp dport 7");
        firewall.filter().count("udpr", "iifname out udp sport 7");
        try (SluiceNode sluice = node(fast);
                UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", 7)) {
            assertThat(sluice.port("left").fastPath()).isEqualTo(fast);
            assertThat(sluice.port("fw-out").fastPath()).isEqualTo(fast);
            // Of a flow that is established; each packet makes four journeys.
            assertThat(flow.exchange(20).lost()).isZero();
            long before = frames(sluice);
            UdpFlow.Account account = flow.stream(PACKETS, PER_SECOND);
            assertThat(account.lost()).isZero();
            assertThat(account.foreign()).isZero();
            assertThat(firewall.filter().count("udpf").packets()).isEqualTo(PACKETS + 20);
            assertThat(firewall.filter().count("udpr").packets()).isEqualTo(PACKETS + 20);
            long journeys = 4L * PACKETS;
            if (fast) {
                awaitRepeated(sluice, journeys * 999 / 1000);
                assertThat(frames(sluice) - before).as(said(sluice)).isLessThanOrEqualTo(journeys / 1000);
                assertThat(sluice.status().fastPath().journeys()).isPositive();
                sluice.checkFastPath();
            } else {
                assertThat(frames(sluice) - before).isGreaterThanOrEqualTo(journeys);
                assertThat(sluice.status().fastPath().mode()).isEqualTo("off");
                assertThat(sluice.status().fastPath().packets()).isZero();
            }
            // What is counted at nodes is the same.
            long all = PACKETS + 20L;
            Waits.until("all packets are counted at the firewall", READ, () -> {
                var instance = sluice.instance("fw");
                return instance.sent().get(0) >= all && instance.returned().get(1) >= all;
            });
            long forward = firewall.filter().forward().bytes();
            long reverse = firewall.filter().reverse().bytes();
            int bytes = 8 << 20;
            assertThat(TcpTransfer.echoes(network.client, "10.0.0.2", 7, bytes)).isTrue();
            assertThat(firewall.filter().forward().bytes() - forward).isGreaterThan(bytes);
            assertThat(firewall.filter().reverse().bytes() - reverse).isGreaterThan(bytes);
        }
    }

    /** Frames that came to the data path. */
    private static long frames(SluiceNode sluice) {
        return sluice.status().totals().frames();
    }

    private static void awaitRepeated(SluiceNode sluice, long packets) {
        Waits.until(
                "the kernel repeated " + packets + " packets: " + said(sluice),
                READ,
                () -> sluice.status().fastPath().packets() >= packets);
    }

    private static String said(SluiceNode sluice) {
        FastPathReport report = sluice.status().fastPath();
        return report.toString();
    }

    @ParameterizedTest
    @Cases(value = "true", more = "false")
    void flowThatIsToldToPassStaysInTheKernelUntilItIsToldOtherwise(boolean fast) {
        firewall.filter().count("udpf", "iifname in udp dport 7");
        try (SluiceNode sluice = node(fast);
                UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", 7)) {
            assertThat(flow.exchange(20).lost()).isZero();
            Map<String, Object> named =
                    Map.of("protocol", "udp", "source", "10.0.0.1:" + flow.localPort(), "destination", "10.0.0.2:7");
            sluice.request("flow-accept", named);
            assertThat(flow.exchange(20).lost()).isZero();
            long before = frames(sluice);
            assertThat(flow.stream(PACKETS, PER_SECOND).lost()).isZero();
            long journeys = 2L * PACKETS;
            if (fast) {
                assertThat(frames(sluice) - before).as(said(sluice)).isLessThanOrEqualTo(journeys / 1000);
            } else {
                assertThat(frames(sluice) - before).isGreaterThanOrEqualTo(journeys);
            }
            assertThat(firewall.filter().count("udpf").packets()).isEqualTo(20);
            Waits.until(
                    "what passed is counted",
                    READ,
                    () -> sluice.counter("acceptedByInstruction") == journeys + 2 * 20,
                    () -> "" + sluice.counter("acceptedByInstruction"));
            sluice.request("flow-clear", named);
            assertThat(flow.exchange(20).lost()).isZero();
            assertThat(firewall.filter().count("udpf").packets()).isEqualTo(40);
        }
    }

    @ParameterizedTest
    @Cases(value = "true", more = "false")
    void nothingPassesWhileTheNodeOfAClosedChainIsDead(boolean fast) {
        try (SluiceNode sluice = node(fast);
                UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", 7)) {
            assertThat(flow.exchange(200).lost()).isZero();
            firewall.in().down();
            sluice.awaitInstance("fw", false);
            long dropped = sluice.dropped(DropReason.SERVICE_DOWN);
            long arrived = echo.datagramCount();
            assertThat(flow.exchange(20, 50).answered()).isEmpty();
            assertThat(echo.datagramCount()).isEqualTo(arrived);
            assertThat(sluice.dropped(DropReason.SERVICE_DOWN) - dropped).isEqualTo(20);
            firewall.in().up();
            sluice.awaitInstance("fw", true);
            Waits.until("packets pass again", READ, () -> flow.exchange(1, 200).lost() == 0);
            assertThat(flow.exchange(500).lost()).isZero();
            if (fast) {
                long repeated = sluice.status().fastPath().packets();
                assertThat(flow.exchange(500).lost()).isZero();
                awaitRepeated(sluice, repeated + 4 * 490);
                sluice.checkFastPath();
            }
        }
    }

    @ParameterizedTest
    @Cases(value = "true", more = "false")
    void ruleThatDropsFromNowOnEndsTheFlowAtOnce(boolean fast) {
        try (SluiceNode sluice = node(fast);
                UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", 7)) {
            assertThat(flow.exchange(200).lost()).isZero();
            sluice.configure(configuration("{drop: true}"));
            long arrived = echo.datagramCount();
            assertThat(flow.exchange(20, 50).answered()).isEmpty();
            assertThat(echo.datagramCount()).isEqualTo(arrived);
            sluice.configure(configuration("{chain: fw}"));
            assertThat(flow.exchange(200).lost()).isZero();
        }
    }

    @Test
    @Tag("long")
    void interfaceThatIsMadeAnewGetsTheFastPathAgain() {
        try (SluiceNode sluice = node(true);
                UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", 7)) {
            assertThat(flow.exchange(200).lost()).isZero();
            String mac = network.serverSide.mac();
            network.serverSide.delete();
            sluice.awaitPort("right", false);
            assertThat(sluice.port("right").fastPath()).isFalse();
            assertThat(flow.exchange(5, 50).answered()).isEmpty();
            network.host(network.server, "eth0", "right")
                    .mac(mac)
                    .address("10.0.0.2/24")
                    .address("fd00::2/64");
            sluice.awaitPort("right", true);
            Waits.until("packets pass again", READ, () -> flow.exchange(1, 200).lost() == 0);
            long repeated = sluice.status().fastPath().packets();
            assertThat(flow.exchange(500).lost()).isZero();
            awaitRepeated(sluice, repeated + 4 * 490);
            assertThat(sluice.port("right").fastPath()).isTrue();
            sluice.checkFastPath();
        }
    }

    @Test
    void statusSaysWhyPacketsWereNotRepeated() {
        try (SluiceNode sluice = node(true);
                UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", 7)) {
            assertThat(flow.exchange(50).lost()).isZero();
            FastPathReport report = sluice.status().fastPath();
            assertThat(report.mode()).isEqualTo("tc");
            assertThat(report.refused()).extracting(ReasonReport::reason).contains("NEW_FLOW");
            assertThat(report.punted()).extracting(ReasonReport::reason).contains("NO_RECORD");
            assertThat(report.journeysMax()).isEqualTo(4 * 16_384);
        }
    }

    @Test
    @Tag("long")
    void secondNodeInTheSameNamespaceGetsNone() {
        Namespace idle = network.node("idle");
        String other = Yaml.of(Yaml.PAIR
                .replace("interface: left", "interface: idle-in")
                .replace("interface: right", "interface: idle-out"));
        try (SluiceNode first = node(true);
                UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", 7)) {
            assertThat(SluiceNode.startInVain(network.sluice, other, "fast-path-tc"))
                    .contains("--fast-path tc: fast path: node edge (pid ");
            try (SluiceNode second = SluiceNode.start(network.sluice, other, "fast-path-auto")) {
                assertThat(second.status().fastPath().trouble()).contains(") has it");
                assertThat(second.port("idle-in").fastPath()).isFalse();
                assertThat(second.port("idle-in").description()).startsWith("AF_PACKET");
                assertThat(idle.interfaceNamed("in").mac()).isNotEmpty();
            }
            assertThat(flow.exchange(200).lost()).isZero();
            assertThat(first.port("left").fastPath()).isTrue();
        }
    }

    /** Somebody tidies up: the interfaces by which the kernel hands over what it does not repeat are taken down, or away. */
    @ParameterizedTest
    @Cases(
            value = "link del sluice-punt",
            more = {"link set sluice-punt down", "link set sluice-punt-rx down"})
    void deviceOfTheFastPathThatIsTakenAwayIsMadeAnew(String command) {
        try (SluiceNode sluice = node(true)) {
            try (UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", 7)) {
                assertThat(flow.exchange(50).lost()).isZero();
                network.sluice.configure(command.split(" "));
                assertThat(flow.exchange(50).lost())
                        .as("what is repeated goes on")
                        .isZero();
            }
            try (UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", 7)) {
                Waits.until(
                        "a new flow begins", READ, () -> flow.exchange(1, 200).lost() == 0);
                assertThat(flow.exchange(50).lost()).isZero();
                long repeated = sluice.status().fastPath().packets();
                assertThat(flow.exchange(500).lost()).isZero();
                awaitRepeated(sluice, repeated + 4 * 490);
            }
            sluice.checkFastPath();
        }
    }

    @Test
    @Tag("long")
    void killedNodeLeavesNothingInTheWayOfTheNext() {
        try (SluiceNode sluice = node(true);
                UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", 7)) {
            assertThat(flow.exchange(200).lost()).isZero();
            sluice.process().kill();
            assertThat(flow.exchange(10, 50).answered()).isEmpty();
            sluice.startAgain();
            assertThat(flow.exchange(500).lost()).isZero();
            awaitRepeated(sluice, 4 * 490);
        }
    }
}
