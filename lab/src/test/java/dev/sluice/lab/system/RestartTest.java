package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.lab.BridgeFirewall;
import dev.sluice.lab.Waits;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The process ends, and flows do not notice (F4, ADR 23). The BPF file system is the test's own. */
@Tag("system")
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
    private final BridgeFirewall firewall = network.bridge("fw");
    private final BridgeFirewall twin = network.bridge("fw2");
    private final EchoHost echo = EchoHost.start(network.server, 7);

    @BeforeEach
    void mount() throws IOException, InterruptedException {
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

    private static String configuration() {
        return Yaml.of(
                Yaml.PAIR, Yaml.bridge("fw"), TWIN, Yaml.policy("all", "edge/left", "{name: all, action: {chain: fw}}"));
    }

    private SluiceNode node() {
        return SluiceNode.start(network.sluice, configuration(), "fast-path-tc", "remains=" + root);
    }

    private static long repeated(SluiceNode sluice) {
        return sluice.status().fastPath().packets();
    }

    @Test
    void establishedFlowLosesNothingWhileTheProcessIsKilledAndComesBack() throws InterruptedException {
        try (SluiceNode sluice = node();
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
            assertThat(account[0].lost()).as(sluice.process().log()).isZero();
            Waits.until("journeys are confirmed", SOON, () -> sluice.status().fastPath().journeys() >= 4);
            long before = repeated(sluice);
            long frames = sluice.status().totals().frames();
            assertThat(flow.exchange(500).lost()).isZero();
            Waits.until("the kernel repeats them", SOON, () -> repeated(sluice) - before >= 2_000);
            assertThat(sluice.status().totals().frames() - frames).isLessThan(50);
            assertThat(sluice.flows()).hasSize(1);
        }
    }
}
