package dev.sluice.agent.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.NodeOptions;
import dev.sluice.agent.Yaml;
import dev.sluice.agent.admin.AdminClient;
import dev.sluice.agent.report.FlowsReport;
import dev.sluice.agent.report.ReloadReport;
import dev.sluice.agent.report.StatusReport;
import dev.sluice.agent.report.TraceReport;
import dev.sluice.agent.report.TraceReport.PacketReport;
import dev.sluice.agent.worker.WorkerSizes;
import dev.sluice.ports.MemoryFrame;
import dev.sluice.ports.MemoryPort;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A whole node over ports in memory; waits by polling with a deadline. */
class NodeRunnerTest {
    private static final WorkerSizes SIZES = new WorkerSizes(256, 4, 1024, 42);

    /** UDP 10.0.0.1:1000 -> 10.0.0.2:53, one byte of payload, no UDP checksum. */
    private static final byte[] FORWARD = HexFormat.of()
            .parseHex("02000000000b02000000000a0800" + "4500001d00000000401166ce" + "0a0000010a000002"
                    + "03e8003500090000" + "61");

    private static final byte[] REVERSE = HexFormat.of()
            .parseHex("02000000000a02000000000b0800" + "4500001d00000000401166ce" + "0a0000020a000001"
                    + "003503e800090000" + "62");

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    Path directory;

    private final FakeHost host = new FakeHost();

    @SuppressWarnings("NullAway.Init") // set before each test
    private NodeRunner node;

    @BeforeEach
    void start() throws Exception {
        List.of("left", "right", "fw-1-in", "fw-1-out").forEach(name -> host.link(name, true));
        Files.writeString(directory.resolve("node.yaml"), Yaml.bridge());
        node = NodeRunner.start(options(), host, host, SIZES);
    }

    private NodeOptions options() {
        return NodeOptions.of(directory).at(directory.resolve("s.sock"), directory.resolve("state"));
    }

    @AfterEach
    void stop() {
        node.close();
        assertThat(directory.resolve("s.sock")).doesNotExist();
    }

    private static void await(BooleanSupplier condition) {
        long deadline = System.nanoTime() + 10_000_000_000L;
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("deadline").isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    private MemoryPort port(String name) {
        return Objects.requireNonNull(host.ports.get(name));
    }

    private byte[] sentBy(String name) {
        long deadline = System.nanoTime() + 10_000_000_000L;
        while (System.nanoTime() < deadline) {
            List<MemoryFrame> sent = port(name).takeSent();
            if (!sent.isEmpty()) {
                return sent.getFirst().bytes();
            }
            Thread.onSpinWait();
        }
        throw new AssertionError("nothing was sent by " + name + ": " + node.counters());
    }

    private AdminClient client() {
        return new AdminClient(node.socket());
    }

    @Test
    void steersBothDirectionsThroughTheFirewall() throws Exception {
        port("left").inject(FORWARD);
        assertThat(sentBy("fw-1-in")).isEqualTo(FORWARD);
        port("fw-1-out").inject(FORWARD);
        assertThat(sentBy("right")).isEqualTo(FORWARD);
        port("right").inject(REVERSE);
        assertThat(sentBy("fw-1-out")).isEqualTo(REVERSE);
        port("fw-1-in").inject(REVERSE);
        assertThat(sentBy("left")).isEqualTo(REVERSE);
        FlowsReport flows = client().flows(Map.of("port", 53, "address", "10.0.0.1"));
        assertThat(flows.flows()).singleElement().satisfies(flow -> {
            assertThat(flow.router()).isEqualTo("left/right");
            assertThat(flow.protocol()).isEqualTo("udp");
            assertThat(flow.rule()).isEqualTo("web/all");
            assertThat(flow.path()).isEqualTo("inspect[fw-1]");
            assertThat(flow.packets()).containsExactly(1L, 1L);
        });
        assertThat(client().flows(Map.of("port", 54)).flows()).isEmpty();
        StatusReport status = client().status();
        assertThat(status.instances().getFirst().sent()).containsExactly(1L, 1L);
        assertThat(status.instances().getFirst().returned()).containsExactly(1L, 1L);
        assertThat(status.totals().uninspected()).isZero();
    }

    @Test
    void dropsWhatADeadFirewallCannotInspectAndSaysWhy() throws Exception {
        host.link("fw-1-out", false);
        await(() -> !node.status().instances().getFirst().alive());
        assertThat(node.status().instances().getFirst().reason()).isEqualTo("interface fw-1-out has no carrier");
        port("left").inject(FORWARD);
        await(() -> !node.counters().drops().isEmpty());
        assertThat(client().counters().drops()).singleElement().satisfies(drop -> {
            assertThat(drop.reason()).isEqualTo("SERVICE_DOWN");
            assertThat(drop.ports()).containsEntry("left", 1L);
        });
        host.link("fw-1-out", true);
        await(() -> node.status().instances().getFirst().alive());
        port("left").inject(FORWARD);
        assertThat(sentBy("fw-1-in")).isEqualTo(FORWARD);
    }

    @Test
    void traceTellsTheLifeOfAPacket() throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<TraceReport> trace = threads.submit(() -> client().trace(20, Map.of("packets", 2, "port", 53)));
            await(() -> node.counters().datapath().getOrDefault("traces", 0L) == 1);
            assertThatThrownBy(() -> client().trace(1, Map.of())).hasMessageContaining("another trace is running");
            port("left").inject(FORWARD);
            assertThat(sentBy("fw-1-in")).isEqualTo(FORWARD);
            port("fw-1-out").inject(FORWARD);
            TraceReport report = trace.get();
            assertThat(report.full()).isTrue();
            assertThat(report.packets())
                    .containsExactly(
                            new PacketReport(
                                    "left < udp 10.0.0.1:1000 > 10.0.0.2:53, 02:00:00:00:00:0a > 02:00:00:00:00:0b, ttl 64",
                                    List.of(
                                            "classify left fromPort: new flow, rule web/all, path inspect[fw-1], forward",
                                            "steer fw-1 in (fw-1-in)",
                                            "sent fw-1-in, 02:00:00:00:00:0a > 02:00:00:00:00:0b, ttl 64")),
                            new PacketReport(
                                    "fw-1-out < udp 10.0.0.1:1000 > 10.0.0.2:53, 02:00:00:00:00:0a > 02:00:00:00:00:0b, ttl 64",
                                    List.of(
                                            "returned fw-1 out, forward",
                                            "sent right, 02:00:00:00:00:0a > 02:00:00:00:00:0b, ttl 64")));
        }
    }

    @Test
    void traceEndsWhenItsTimeIsOverWithWhatItHas() throws Exception {
        assertThat(client().trace(1, Map.of("port", 9))).isEqualTo(new TraceReport(false, List.of()));
        assertThat(client().trace(1, Map.of("address", "10.9.9.9")).packets()).isEmpty();
    }

    @Test
    void brokenFileChangesNothingAndSaysWhy() throws IOException {
        Path broken = directory.resolve("broken.yaml");
        Files.writeString(broken, "kind: Nonsense\n");
        await(() -> !node.status().configuration().problem().isEmpty());
        assertThat(node.status().configuration().problem()).contains("broken.yaml", "Nonsense");
        assertThat(node.status().generation()).isEqualTo(1);
        assertThatThrownBy(() -> client().reload()).hasMessageContaining("Nonsense");
        port("left").inject(FORWARD);
        assertThat(sentBy("fw-1-in")).isEqualTo(FORWARD);
        Files.delete(broken);
        await(() -> node.status().configuration().problem().isEmpty());
    }

    @Test
    void changedFileIsAppliedToRunningFlows() throws IOException {
        port("left").inject(FORWARD);
        assertThat(sentBy("fw-1-in")).isEqualTo(FORWARD);
        Files.writeString(
                directory.resolve("node.yaml"),
                Yaml.text(
                        Yaml.firewall(),
                        Yaml.instance("fw-1", ""),
                        Yaml.chain("closed"),
                        Yaml.policy("{name: all, match: {}, action: {drop: true}}")));
        await(() -> node.status().generation() > 1);
        port("left").inject(FORWARD);
        await(() ->
                node.counters().drops().stream().anyMatch(drop -> drop.reason().equals("RULE_DROP")));
    }

    @Test
    void filesThatChangeAHundredTimesASecondAreAppliedNowAndThenAndAtLastAsTheyAre() throws Exception {
        int threads = Thread.activeCount();
        Path file = directory.resolve("node.yaml");
        int changes = 0;
        for (long endNs = System.nanoTime() + 3_000_000_000L; System.nanoTime() < endNs; changes++) {
            // Every fifth is broken.
            Files.writeString(file, changes % 5 == 0 ? "kind: [" + changes : Yaml.bridge() + "# " + changes + "\n");
            java.util.concurrent.locks.LockSupport.parkNanos(10_000_000);
        }
        assertThat(changes).isGreaterThan(100);
        Files.writeString(file, Yaml.bridge() + "# last\n");
        await(() -> node.history().revisions().size()
                        == node.status().configuration().revision()
                && lastText().endsWith("# last\n"));
        assertThat(node.status().generation()).isLessThanOrEqualTo(10);
        assertThat(node.status().configuration().problem()).isEmpty();
        assertThat(Thread.activeCount()).isLessThanOrEqualTo(threads + 1);
        port("left").inject(FORWARD);
        assertThat(sentBy("fw-1-in")).isEqualTo(FORWARD);
    }

    private String lastText() {
        try {
            return client().texts("running").texts().getFirst().text();
        } catch (NodeException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void historyIsAskedAndChangedOverTheSocket() throws Exception {
        assertThat(client().history().revisions()).hasSize(1);
        Files.writeString(directory.resolve("node.yaml"), Yaml.bridge() + "# second\n");
        ReloadReport reload = client().reload(Map.of("confirmSeconds", 60));
        assertThat(reload.changed()).isTrue();
        assertThat(reload.confirmSeconds()).isEqualTo(60);
        assertThat(client().confirm().revision()).isEqualTo(2);
        assertThat(client().rollback(Map.of("revision", 1)).revision()).isEqualTo(1);
        assertThat(client().history().running()).isEqualTo(1);
        assertThat(client().texts("2").byName().values()).first().asString().endsWith("# second\n");
        assertThatThrownBy(() -> client().rollback(Map.of("revision", 0))).hasMessageContaining("1..2147483647");
        assertThatThrownBy(() -> client().reload(Map.of("confirmSeconds", 86_401)))
                .hasMessageContaining("1..86400");
        assertThatThrownBy(() -> client().texts("x".repeat(50))).hasMessageContaining("at most 40 characters");
    }

    @Test
    void secondNodeOnTheSameSocketIsRefused() {
        assertThatThrownBy(() -> NodeRunner.start(options(), new FakeHost(), host, SIZES))
                .isInstanceOf(NodeException.class)
                .hasMessageContaining("answers there already");
        assertThat(directory.resolve("s.sock")).exists();
    }

    @Test
    void stopsWhenAsked() throws Exception {
        client().stop();
        node.awaitEnd();
        assertThatThrownBy(() -> client().status()).hasMessageContaining("no Sluice node listens on");
    }
}
