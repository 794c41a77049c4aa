package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.Remains;
import dev.sluice.agent.report.FastPathReport.ReasonReport;
import dev.sluice.agent.worker.Uninstall;
import dev.sluice.lab.BridgeFirewall;
import dev.sluice.lab.Inside;
import dev.sluice.lab.Waits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;

/** The process ends, and flows do not notice (F4, ADR 23). The BPF file system is the test's own. */
@Tag("system")
@Tag("alone")
class RestartTest {
    /** A second node of the same service. */
    private static final String TWIN = """
            apiVersion: sluice.dev/v1
            kind: ServiceInstance
            metadata: {name: fw2}
            spec: {service: fw, interfaces: {in: fw2-in, out: fw2-out}}
            """;

    private static final Duration SOON = Duration.ofSeconds(10);

    @TempDir
    Path root;

    private final Network network = Network.transparent();
    private final EchoHost echo = EchoHost.start(network.server, 7);

    private final Map<String, BridgeFirewall> nodes = new HashMap<>();

    @BeforeEach
    void mount() throws IOException, InterruptedException {
        nodes.put("fw", network.bridge("fw"));
        nodes.put("fw2", network.bridge("fw2"));
        Path pins = root.resolve("bpf");
        assertThat(pins.toFile().mkdir()).isTrue();
        assertThat(new ProcessBuilder("mount", "-t", "bpf", "slivtest", pins.toString())
                        .start()
                        .waitFor())
                .isZero();
    }

    @AfterEach
    void remove() throws IOException, InterruptedException {
        new ProcessBuilder("umount", root.resolve("bpf").toString()).start().waitFor();
        try (Network n = network;
                EchoHost e = echo) {
            // Closed in the reverse order.
        }
    }

    private static String configuration(String onFailure) {
        return Yaml.of(
                Yaml.PAIR,
                Yaml.bridge("fw"),
                TWIN,
                Yaml.policy(
                        "all",
                        "edge/left, edge/right",
                        "{name: all, action: {chain: fw}, onFailure: " + onFailure + "}"));
    }

    private SluiceNode node(String onFailure) {
        return SluiceNode.start(network.sluice, configuration(onFailure), "fast-path-tc", "remains=" + root);
    }

    private static long repeated(SluiceNode sluice) {
        return sluice.status().fastPath().packets();
    }

    @Test
    void establishedFlowLosesNothingWhileTheProcessIsKilledAndComesBack() throws InterruptedException {
        try (SluiceNode sluice = node("closed");
                UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", 7)) {
            assertThat(flow.exchange(50).lost()).isZero();
            UdpFlow.Account[] account = new UdpFlow.Account[1];
            Thread stream = Thread.ofPlatform().start(() -> account[0] = flow.stream(12_000, 2_000));
            for (int i = 0; i < 2; i++) {
                Thread.sleep(500);
                sluice.process().kill();
                Thread.sleep(500);
                sluice.startAgain();
            }
            stream.join();
            // What a test's socket had no room for was lost by nobody on the way.
            assertThat(account[0].lost() - echo.unread() - flow.unread())
                    .as(sluice.process().log())
                    .isZero();
            Waits.until(
                    "journeys are confirmed",
                    SOON,
                    () -> sluice.status().fastPath().journeys() >= 4);
            long before = repeated(sluice);
            long frames = sluice.status().totals().frames();
            assertThat(flow.exchange(500).lost()).isZero();
            Waits.until("the kernel repeats them", SOON, () -> repeated(sluice) - before >= 2_000);
            assertThat(sluice.status().totals().frames() - frames).isLessThan(50);
            assertThat(sluice.flows()).hasSize(1);
        }
    }

    /** As when a version with other maps is put in the place of this one, or somebody damaged them. */
    @Test
    @Tag("long")
    void flowLosesNothingWhenMapsThatCannotBeGoneOnWithAreMadeAnew() throws IOException, InterruptedException {
        Remains remains = new Remains(root.resolve("bpf"), root.resolve("memory"));
        try (SluiceNode sluice = node("closed");
                UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", 7)) {
            assertThat(flow.exchange(50).lost()).isZero();
            String path = sluice.flows().getFirst().path();
            UdpFlow.Account[] account = new UdpFlow.Account[1];
            Thread stream = Thread.ofPlatform().start(() -> account[0] = flow.stream(12_000, 2_000));
            Thread.sleep(500);
            sluice.process().kill();
            Path counts = remains.allPins().getFirst().resolve("counts");
            Files.delete(counts);
            sluice.startAgain();
            stream.join();
            assertThat(sluice.process().log())
                    .contains("fast path: " + counts + " is missing or no map; they are made anew");
            assertThat(account[0].lost() - echo.unread() - flow.unread())
                    .as(sluice.process().log())
                    .isZero();
            Waits.until(
                    "journeys are recorded",
                    SOON,
                    () -> flow.exchange(5).lost() == 0
                            && sluice.status().fastPath().journeys() >= 4);
            assertThat(sluice.flows())
                    .singleElement()
                    .satisfies(one -> assertThat(one.path()).isEqualTo(path));
        }
    }

    /** The program of the process before would send each packet of a flow that it knows a second time. */
    @Test
    @Tag("long")
    void portsThatHaveNoFastPathAnyMoreAreLetGoOf() {
        try (SluiceNode sluice = node("closed");
                UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", 7)) {
            assertThat(flow.exchange(50).lost()).isZero();
            sluice.process().kill();
            assertThat(flow.exchange(50).lost()).as("by the kernel").isZero();
            long before = echo.datagramCount();
            sluice.write(
                    "config.yaml",
                    configuration("closed")
                            .replace("interface: left,", "interface: left, fastPath: off,")
                            .replace("interface: right}", "interface: right, fastPath: off}"));
            sluice.startAgain();
            assertThat(flow.exchange(50).lost()).isZero();
            assertThat(echo.datagramCount() - before).isEqualTo(50);
            assertThat(sluice.process().log())
                    .contains("port left has no fast path: the program that a process before left there is taken away");
        }
    }

    @ParameterizedTest
    @Cases(value = "closed", more = "open")
    @Tag("long")
    void newFlowsMeetTheFailurePolicyWhileNobodyIsThereToDecide(String onFailure) {
        try (SluiceNode sluice = node(onFailure);
                UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", 7)) {
            assertThat(flow.exchange(50).lost()).isZero();
            assertThat(TcpTransfer.echoes(network.client, "10.0.0.2", 7, 1 << 16))
                    .isTrue();
            sluice.process().kill();
            assertThat(flow.exchange(200).lost()).isZero();
            network.client.configure("neigh", "flush", "all");
            assertThat(flow.exchange(200).lost())
                    .as("after asking for the neighbour")
                    .isZero();
            boolean open = onFailure.equals("open");
            try (UdpFlow other = UdpFlow.open(network.client, "10.0.0.2", 7)) {
                if (open) {
                    Waits.until(
                            "new flows pass", SOON, () -> other.exchange(1, 200).lost() == 0);
                    assertThat(other.exchange(50).lost()).isZero();
                } else {
                    long arrived = echo.datagramCount();
                    assertThat(other.exchange(30, 50).answered()).isEmpty();
                    assertThat(echo.datagramCount()).isEqualTo(arrived);
                }
                sluice.startAgain();
                assertThat(flow.exchange(200).lost()).isZero();
                assertThat(other.exchange(20).lost()).isZero();
            }
            String reason = open ? "ABSENT_PASSED" : "ABSENT_DROPPED";
            assertThat(sluice.status().fastPath().punted())
                    .filteredOn(report -> report.reason().equals(reason))
                    .singleElement()
                    .satisfies(report -> assertThat(report.packets()).isPositive());
        }
    }

    /** It neither ended nor said good-bye: after a second without a word it counts as away. */
    @Test
    @Tag("long")
    void processThatHangsCountsAsAwayUntilItGoesOn() {
        try (SluiceNode sluice = node("open");
                UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", 7)) {
            assertThat(flow.exchange(50).lost()).isZero();
            String pid = Long.toString(sluice.process().pid());
            assertThat(network.sluice.succeeds("kill", "-STOP", pid)).isTrue();
            try (UdpFlow other = UdpFlow.open(network.client, "10.0.0.2", 7)) {
                Waits.until("new flows pass", SOON, () -> other.exchange(1, 100).lost() == 0);
                assertThat(other.exchange(20).lost()).isZero();
                assertThat(flow.exchange(200).lost()).isZero();
                assertThat(network.sluice.succeeds("kill", "-CONT", pid)).isTrue();
                assertThat(flow.exchange(50).lost()).isZero();
                assertThat(other.exchange(50).lost()).isZero();
            }
            Waits.until("the process decides again", SOON, () -> sluice.flows().size() == 2);
            assertThat(punted(sluice, "ABSENT_PASSED")).isPositive();
        }
    }

    private static long punted(SluiceNode sluice, String reason) {
        return sluice.status().fastPath().punted().stream()
                .filter(report -> report.reason().equals(reason))
                .mapToLong(ReasonReport::packets)
                .sum();
    }

    /** Closed: nobody is there to find another way, so nothing leaves; the interface counts what it drops. */
    @Test
    @Tag("long")
    void flowWhoseNodeDiesWhileNobodyIsThereIsDroppedAndGoesOnByAnotherAfterwards() {
        try (SluiceNode sluice = node("closed");
                UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", 7)) {
            assertThat(flow.exchange(50).lost()).isZero();
            String name = sluice.flows().getFirst().path().contains("fw2") ? "fw2" : "fw";
            sluice.process().kill();
            assertThat(flow.exchange(50).lost()).isZero();
            Objects.requireNonNull(nodes.get(name)).in().down();
            long arrived = echo.datagramCount();
            long dropped = dropped(name + "-in");
            assertThat(flow.exchange(20, 20).answered()).isEmpty();
            assertThat(echo.datagramCount()).isEqualTo(arrived);
            assertThat(dropped(name + "-in") - dropped).isGreaterThanOrEqualTo(20);
            sluice.startAgain();
            Waits.until(
                    "the flow goes on by the other node",
                    SOON,
                    () -> flow.exchange(1, 200).lost() == 0);
            assertThat(flow.exchange(50).lost()).isZero();
            assertThat(sluice.flows().getFirst().path()).doesNotContain("[" + name + "]");
        }
    }

    private long dropped(String interfaceName) {
        return Long.parseLong(network.sluice
                .exec("cat", "/sys/class/net/" + interfaceName + "/statistics/tx_dropped")
                .strip());
    }

    @Test
    void stoppedNodeLeavesWhatUninstallRemoves() throws IOException {
        Remains remains = new Remains(root.resolve("bpf"), root.resolve("memory"));
        try (SluiceNode sluice = node("closed");
                UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", 7)) {
            assertThat(flow.exchange(50).lost()).isZero();
            Uninstall.Result inUse = Inside.call(network.sluice, () -> Uninstall.run(remains));
            assertThat(inUse.removed()).isEmpty();
            assertThat(inUse.stays()).hasSize(2);
            assertThat(flow.exchange(50).lost()).isZero();

            sluice.process().stop();
            assertThat(flow.exchange(200).lost()).isZero();
            Uninstall.Result result = Inside.call(network.sluice, () -> Uninstall.run(remains));
            assertThat(result.stays()).isEmpty();
            assertThat(result.removed())
                    .contains(
                            "the program at interface left",
                            "the interfaces sluice-punt and sluice-punt-rx",
                            "what node edge knew of flows, "
                                    + root.resolve("memory").resolve("edge"));
            assertThat(flow.exchange(5, 50).answered()).isEmpty();
            assertThat(remains.allPins()).isEmpty();
            assertThat(root.resolve("memory")).isEmptyDirectory();
            assertThat(network.sluice.configure("-o", "link")).doesNotContain("sluice-punt");

            sluice.startAgain();
            assertThat(flow.exchange(50).lost()).isZero();
        }
    }

    /** {@code ./dev restarts}; {@code -Dsluice.restarts=100 -Dsluice.restarts.rate=200000 -Dsluice.restarts.downSeconds=60}. */
    @Tag("campaign")
    @Test
    void hundredKillsUnderLoadAndAMinuteWithoutProcess() throws InterruptedException {
        int count = Integer.getInteger("sluice.restarts", 100);
        int downSeconds = Integer.getInteger("sluice.restarts.downSeconds", 60);
        try (SluiceNode sluice = node("closed");
                Restarts restarts = new Restarts(network, sluice)) {
            restarts.kill(count, Integer.getInteger("sluice.restarts.rate", 200_000), downSeconds);
            System.out.println(restarts.figures());
            assertThat(restarts.lost()).isZero();
            assertThat(restarts.forgotten()).isZero();
        }
    }
}
