package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.report.FastPathReport;
import dev.sluice.agent.report.FastPathReport.ReasonReport;
import dev.sluice.lab.Waits;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** More flows than the kernel may have, and a restart with another bound (X1, F4). The BPF file system is the test's own. */
@Tag("system")
class FastPathBoundTest {
    private static final int ROOM = 64;

    /** A flow through one node and back. */
    private static final int JOURNEYS_EACH = 4;

    private static final int FIT = ROOM / JOURNEYS_EACH;
    private static final int FLOWS = FIT + 4;
    private static final Duration SOON = Duration.ofSeconds(10);

    @TempDir
    Path root;

    private final Network network = Network.transparent();
    private final EchoHost echo = EchoHost.start(network.server, 7);
    private final List<UdpFlow> flows = new ArrayList<>();

    @BeforeEach
    void prepare() throws IOException, InterruptedException {
        network.bridge("fw");
        Path pins = root.resolve("bpf");
        assertThat(pins.toFile().mkdir()).isTrue();
        assertThat(new ProcessBuilder("mount", "-t", "bpf", "slivtest", pins.toString())
                        .start()
                        .waitFor())
                .isZero();
        for (int i = 0; i < FLOWS; i++) {
            flows.add(UdpFlow.open(network.client, "10.0.0.2", 7));
        }
    }

    @AfterEach
    void remove() throws IOException, InterruptedException {
        flows.forEach(UdpFlow::close);
        new ProcessBuilder("umount", root.resolve("bpf").toString()).start().waitFor();
        try (Network n = network;
                EchoHost e = echo) {
            // Closed in the reverse order.
        }
    }

    private static String configuration(int journeysMax) {
        return String.join(
                "---\n",
                Yaml.object(
                        "Node",
                        "edge",
                        "{tracker: {connectionsMax: 16384}, fastPath: {journeysMax: " + journeysMax + "}}"),
                Yaml.PAIR,
                Yaml.bridge("fw"),
                Yaml.policy("all", "edge/left", "{name: all, action: {chain: fw}}"));
    }

    private static FastPathReport report(SluiceNode sluice) {
        return sluice.status().fastPath();
    }

    private static long full(SluiceNode sluice) {
        return report(sluice).refused().stream()
                .filter(reason -> reason.reason().equals("FULL"))
                .mapToLong(ReasonReport::packets)
                .sum();
    }

    /** Each of the first flows sends so many packets, one after the other; none is lost. */
    private void use(int count, int packets) {
        for (UdpFlow flow : flows.subList(0, count)) {
            assertThat(flow.exchange(packets).lost()).isZero();
        }
    }

    /** Sends until there are so many journeys and all are confirmed. */
    private void fill(SluiceNode sluice, int count, int journeys) {
        use(count, 3);
        Waits.until(journeys + " journeys", SOON, () -> {
            use(count, 1);
            return report(sluice).journeys() == journeys;
        });
    }

    /** Those of the process before go on: of flows that send nothing there would be none otherwise. */
    private static void awaitTakenOver(SluiceNode sluice) {
        Waits.until("the journeys of before go on", SOON, () -> report(sluice).journeys() == ROOM);
    }

    @Test
    void flowsBeyondTheBoundGoOnInTheProcessAndIdleOnesGiveWay() {
        try (SluiceNode sluice = SluiceNode.start(network.sluice, configuration(ROOM), "fast-path-tc")) {
            use(FIT, 3);
            assertThat(report(sluice).journeysMax()).isEqualTo(ROOM);
            assertThat(report(sluice).lockedBytes()).isPositive();
            Waits.until("no room is counted while all are in use", SOON, () -> {
                use(FIT, 1);
                assertThat(flows.get(FIT).exchange(1).lost()).isZero();
                return full(sluice) > 0 && report(sluice).journeys() == ROOM;
            });
            UdpFlow later = flows.get(FIT + 1);
            long gaveWay = report(sluice).gaveWay();
            Waits.until("idle ones give way", SOON, () -> {
                assertThat(later.exchange(20).lost()).isZero();
                return report(sluice).gaveWay() >= gaveWay + JOURNEYS_EACH;
            });
            long before = report(sluice).packets();
            assertThat(later.exchange(100).lost()).isZero();
            Waits.until(
                    "the kernel repeats the new one",
                    SOON,
                    () -> report(sluice).packets() - before >= JOURNEYS_EACH * 95);
            use(FLOWS, 1);
            assertThat(report(sluice).journeys()).isLessThanOrEqualTo(ROOM);
            sluice.checkFastPath();
        }
    }

    @Test
    @Tag("long")
    void restartWithAnotherBoundTakesOverWhatFits() throws InterruptedException {
        try (SluiceNode sluice =
                SluiceNode.start(network.sluice, configuration(ROOM), "fast-path-tc", "remains=" + root)) {
            fill(sluice, FIT, ROOM);
            UdpFlow first = flows.getFirst();
            UdpFlow.Account[] account = new UdpFlow.Account[1];
            Thread stream = Thread.ofPlatform().start(() -> account[0] = first.stream(1_200, 800));
            again(sluice, 4 * ROOM);
            stream.join();
            assertThat(account[0].lost() - echo.unread() - first.unread())
                    .as(sluice.process().log())
                    .isZero();
            assertThat(report(sluice).journeysMax()).isEqualTo(4 * ROOM);
            awaitTakenOver(sluice);
            fill(sluice, FLOWS, FLOWS * JOURNEYS_EACH);
            sluice.checkFastPath();
            again(sluice, ROOM);
            assertThat(report(sluice).journeysMax()).isEqualTo(ROOM);
            awaitTakenOver(sluice);
            fill(sluice, FLOWS, ROOM);
        }
    }

    private static void again(SluiceNode sluice, int journeysMax) {
        sluice.process().kill();
        sluice.write("config.yaml", configuration(journeysMax));
        sluice.startAgain();
    }
}
