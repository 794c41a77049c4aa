package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.report.CapturePart;
import dev.sluice.agent.report.ForetellReport;
import dev.sluice.agent.report.TraceReport;
import dev.sluice.lab.Waits;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What an operator is told of packets: foretold, then sent; captured, and read by tshark. */
@Tag("system")
class TraceAndCaptureTest {
    private static Network network;
    private static EchoHost echo;
    private static SluiceNode sluice;

    @BeforeAll
    static void build() {
        network = Network.transparent();
        network.bridge("fw");
        echo = EchoHost.start(network.server, 7);
        sluice = SluiceNode.start(
                network.sluice,
                Yaml.of(
                        Yaml.PAIR,
                        Yaml.bridge("fw"),
                        Yaml.policy("all", "edge/left", "{name: all, action: {chain: fw}}")));
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
    void whatIsForetoldOfPacketHappensToTheOneSentNext() throws Exception {
        Map<String, String> question = Map.of("port", "left", "packet", "udp 10.0.0.1:4711 > 10.0.0.2:7 len=4");
        ForetellReport foretold = sluice.say(admin -> admin.foretell(question));
        assertThat(foretold.end()).isEqualTo("sent");
        assertThat(foretold.port()).isEqualTo("right");
        assertThat(foretold.legs()).hasSize(2);
        assertThat(sluice.say(admin -> admin.foretell(question))
                        .legs()
                        .getFirst()
                        .steps())
                .as("the second answer: nothing was changed by the first")
                .isEqualTo(foretold.legs().getFirst().steps());
        long begun = tracesBegun();
        CompletableFuture<TraceReport> trace = CompletableFuture.supplyAsync(
                () -> sluice.say(admin -> admin.trace(20, Map.of("packets", 2, "address", "10.0.0.1", "port", 4711))));
        Waits.until("the trace to begin", Duration.ofSeconds(10), () -> tracesBegun() > begun);
        try (UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", 7, 4711)) {
            flow.exchange(1);
        }
        List<TraceReport.PacketReport> happened = trace.get().packets();
        for (int leg = 0; leg < 2; leg++) {
            assertThat(decisions(happened.get(leg)))
                    .isEqualTo(decisions(foretold.legs().get(leg)));
        }
    }

    private static long tracesBegun() {
        return sluice.counter("traces");
    }

    /** A time, so not where the machine is busy with other tests. */
    @Test
    @Tag("long")
    void answersTakeTheWorkerAFractionOfAMillisecond() {
        Map<String, String> question = Map.of("port", "left", "packet", "tcp 10.0.0.1:99 > 10.0.0.2:7 syn");
        List<Long> micros = new ArrayList<>();
        for (int i = 0; i < 201; i++) {
            micros.add(sluice.say(admin -> admin.foretell(question)).workerMicros());
        }
        micros.sort(null);
        System.out.println("foretelling takes the worker " + micros.get(100) + " us (median), at most "
                + micros.get(200) + " us of 201 answers");
        assertThat(micros.get(100)).isLessThan(1000);
    }

    /** What happened to a packet, without the MAC addresses of hosts, which the question did not name. */
    private static List<String> decisions(TraceReport.PacketReport packet) {
        return packet.steps().stream()
                .map(step -> step.startsWith("sent ") ? step.substring(0, step.indexOf(',')) : step)
                .toList();
    }

    @Test
    void questionsWithoutSenseAreAnsweredWithWhatIsAllowed() {
        for (Map<String, String> question : List.of(
                Map.of("port", "nowhere", "packet", "tcp 10.0.0.1:1 > 10.0.0.2:2"),
                Map.of("port", "left", "packet", "tcp 10.0.0.1:1 > fd00::2"),
                Map.of("port", "left", "packet", "tcp 10.0.0.1:1 > 10.0.0.2:2 ttl=256"),
                Map.of("port", "left", "packet", "tcp 10.0.0.1:1 > 10.0.0.2:2 wish=1"),
                Map.of("port", "left", "hex", "0x12"),
                Map.of("port", "left", "hex", "12".repeat(65_795)))) {
            assertThat(refusal(question)).matches(".*(allowed: |at most).*");
        }
    }

    private static String refusal(Map<String, String> question) {
        return sluice.say(admin -> {
            try {
                return "answered: " + admin.foretell(question);
            } catch (NodeException e) {
                return String.valueOf(e.getMessage());
            }
        });
    }

    @Test
    void captureOfTcpConnectionThroughTheFirewallIsReadByTshark() throws Exception {
        CapturePart begun = sluice.say(admin -> admin.capture(Map.of("address", "10.0.0.1", "seconds", 30)));
        assertThat(TcpTransfer.echoes(network.client, "10.0.0.2", 7, 1 << 20)).isTrue();
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        file.writeBytes(Base64.getDecoder().decode(begun.pcapng()));
        CapturePart part = begun;
        while (!part.done()) {
            String session = part.session();
            part = sluice.say(admin -> admin.capture(Map.of("session", session, "end", true)));
            file.writeBytes(Base64.getDecoder().decode(part.pcapng()));
        }
        Path saved = Files.createTempFile("sluice-capture-", ".pcapng");
        try {
            Files.write(saved, file.toByteArray());
            List<String> lines = tshark(saved);
            assertThat(lines).hasSize((int) part.frames());
            for (String stage : List.of("in by left", "steered to fw", "returned by fw", "out by right")) {
                assertThat(lines).anyMatch(line -> line.contains(stage) && line.contains(":tcp"));
            }
            assertThat(lines).anyMatch(line -> line.startsWith("left\t") && line.contains("in by left"));
            assertThat(lines).anyMatch(line -> line.contains("rule all/all"));
        } finally {
            Files.delete(saved);
        }
    }

    /** Interface, comment and protocol of each frame; tshark must not complain. */
    private static List<String> tshark(Path file) throws IOException, InterruptedException {
        Path complaints = Files.createTempFile("sluice-tshark-", ".txt");
        List<String> command = new ArrayList<>(List.of("tshark", "-r", file.toString(), "-T", "fields"));
        for (String field : List.of("frame.interface_name", "frame.comment", "frame.protocols")) {
            command.addAll(List.of("-e", field));
        }
        Process process =
                new ProcessBuilder(command).redirectError(complaints.toFile()).start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).isZero();
        assertThat(Files.readString(complaints).lines().filter(line -> !line.startsWith("Running as user")))
                .isEmpty();
        Files.delete(complaints);
        return text.lines().toList();
    }
}
