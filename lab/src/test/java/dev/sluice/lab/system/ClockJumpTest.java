package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.report.ProbeReport;
import dev.sluice.lab.BridgeFirewall;
import dev.sluice.lab.Waits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** F14 on a running node whose wall clock jumps a day ahead and two days back, as a machine's does that is set right: libfaketime gives its process another time of day, the monotonic clock stays. */
@Tag("system")
@Tag("alone")
class ClockJumpTest {
    private static final String CHAIN = Yaml.chainOfOne(
            "fw", "{transport: raw, health: {probe: through, holdDownMs: 0}}", "{in: fw-in, out: fw-out}");

    @TempDir
    Path directory;

    /** Debian has it in a directory that is named after the processor. */
    private static Path library() throws IOException {
        try (Stream<Path> places = Files.list(Path.of("/usr/lib"))) {
            return places.map(place -> place.resolve("faketime/libfaketime.so.1"))
                    .filter(Files::exists)
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("no libfaketime.so.1; install libfaketime"));
        }
    }

    private void jumpTo(String offset) throws IOException {
        Path next = Files.writeString(directory.resolve("next"), offset + "\n");
        Files.move(next, directory.resolve("offset"), StandardCopyOption.ATOMIC_MOVE);
    }

    private static String policy(String rule) {
        return Yaml.of(Yaml.PAIR, CHAIN, Yaml.policy("all", "edge/left", "{name: " + rule + ", action: {chain: fw}}"));
    }

    private static Instant applied(SluiceNode sluice) {
        return Instant.parse(sluice.status().configuration().appliedAt());
    }

    private static ProbeReport probe(SluiceNode sluice) {
        return Objects.requireNonNull(sluice.instance("fw").probe());
    }

    /** None is lost but for want of room in the sockets of the test. */
    private static void checkStream(UdpFlow flow, EchoHost echo, int packets) {
        long unread = echo.unread() + flow.unread();
        int lost = flow.stream(packets, 500, 5_000).lost();
        assertThat(lost - (echo.unread() + flow.unread() - unread)).isLessThanOrEqualTo(0);
    }

    @Test
    void nothingFlapsAndNothingIsLostWhenTheClockJumps() throws IOException {
        jumpTo("+0d");
        List<String> otherTime = List.of(
                "env",
                "LD_PRELOAD=" + library(),
                "FAKETIME_DONT_FAKE_MONOTONIC=1",
                "FAKETIME_NO_CACHE=1",
                "FAKETIME_TIMESTAMP_FILE=" + directory.resolve("offset"));
        try (Network network = Network.transparent()) {
            BridgeFirewall fw = network.bridge("fw");
            try (SluiceNode sluice = SluiceNode.startThrough(otherTime, network.sluice, policy("first"));
                    EchoHost echo = EchoHost.start(network.server, 7);
                    UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", 7)) {
                Waits.until(
                        "probes are answered",
                        Duration.ofSeconds(10),
                        () -> probe(sluice).state().equals("answers"));
                assertThat(flow.exchange(50).lost()).isZero();
                int revision = sluice.status().configuration().revision();

                jumpTo("+1d");
                checkStream(flow, echo, 250);
                sluice.configure(policy("second"));
                assertThat(applied(sluice)).isAfter(Instant.now().plus(Duration.ofHours(23)));
                checkStream(flow, echo, 100);

                jumpTo("-1d");
                checkStream(flow, echo, 250);
                sluice.configure(policy("third"));
                assertThat(applied(sluice)).isBefore(Instant.now().minus(Duration.ofHours(23)));
                assertThat(sluice.status().configuration().revision()).isEqualTo(revision + 2);
                checkStream(flow, echo, 100);

                assertThat(sluice.instance("fw").alive()).isTrue();
                assertThat(probe(sluice).deaths()).isZero();
                // One whose answer the machine held up for an interval counts as lost.
                assertThat(probe(sluice).lost()).allMatch(lost -> lost <= 2);
                assertThat(fw.filter().forward().packets()).isGreaterThanOrEqualTo(750);
            }
        }
    }
}
