package dev.sluice.agent.node;

import static dev.sluice.agent.node.MemoryNode.FORWARD;
import static dev.sluice.agent.node.MemoryNode.REVERSE;
import static dev.sluice.agent.node.MemoryNode.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.Yaml;
import dev.sluice.agent.report.FlowsReport;
import dev.sluice.agent.report.ReloadReport;
import dev.sluice.agent.report.StatusReport;
import dev.sluice.agent.report.TraceReport;
import dev.sluice.agent.report.TraceReport.PacketReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A whole node over ports in memory; waits by polling with a deadline. */
class NodeRunnerTest {
    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    Path directory;

    @SuppressWarnings("NullAway.Init") // set before each test
    private MemoryNode memory;

    @SuppressWarnings("NullAway.Init") // set before each test
    private NodeRunner node;

    @BeforeEach
    void start() throws Exception {
        memory = new MemoryNode(directory, Yaml.bridge(), true);
        node = memory.runner;
    }

    @AfterEach
    void stop() {
        memory.close();
    }

    @Test
    void steersBothDirectionsThroughTheFirewall() throws Exception {
        memory.port("left").inject(FORWARD);
        assertThat(memory.sentBy("fw-1-in")).isEqualTo(FORWARD);
        memory.port("fw-1-out").inject(FORWARD);
        assertThat(memory.sentBy("right")).isEqualTo(FORWARD);
        memory.port("right").inject(REVERSE);
        assertThat(memory.sentBy("fw-1-out")).isEqualTo(REVERSE);
        memory.port("fw-1-in").inject(REVERSE);
        assertThat(memory.sentBy("left")).isEqualTo(REVERSE);
        FlowsReport flows = memory.client().flows(Map.of("port", 53, "address", "10.0.0.1"));
        assertThat(flows.flows()).singleElement().satisfies(flow -> {
            assertThat(flow.router()).isEqualTo("left/right");
            assertThat(flow.protocol()).isEqualTo("udp");
            assertThat(flow.rule()).isEqualTo("web/all");
            assertThat(flow.path()).isEqualTo("inspect[fw-1]");
            assertThat(flow.packets()).containsExactly(1L, 1L);
        });
        assertThat(memory.client().flows(Map.of("port", 54)).flows()).isEmpty();
        StatusReport status = memory.client().status();
        assertThat(status.instances().getFirst().sent()).containsExactly(1L, 1L);
        assertThat(status.instances().getFirst().returned()).containsExactly(1L, 1L);
        assertThat(status.totals().uninspected()).isZero();
    }

    @Test
    void dropsWhatADeadFirewallCannotInspectAndSaysWhy() throws Exception {
        memory.host.link("fw-1-out", false);
        await(() -> !node.status().instances().getFirst().alive());
        assertThat(node.status().instances().getFirst().reason()).isEqualTo("interface fw-1-out has no carrier");
        memory.port("left").inject(FORWARD);
        await(() -> !node.counters().drops().isEmpty());
        assertThat(memory.client().counters().drops()).singleElement().satisfies(drop -> {
            assertThat(drop.reason()).isEqualTo("SERVICE_DOWN");
            assertThat(drop.ports()).containsEntry("left", 1L);
        });
        memory.host.link("fw-1-out", true);
        await(() -> node.status().instances().getFirst().alive());
        memory.port("left").inject(FORWARD);
        assertThat(memory.sentBy("fw-1-in")).isEqualTo(FORWARD);
    }

    @Test
    void traceTellsTheLifeOfAPacket() throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<TraceReport> trace =
                    threads.submit(() -> memory.client().trace(20, Map.of("packets", 2, "port", 53)));
            await(() -> node.counters().datapath().getOrDefault("traces", 0L) == 1);
            assertThatThrownBy(() -> memory.client().trace(1, Map.of()))
                    .hasMessageContaining("another trace is running");
            memory.port("left").inject(FORWARD);
            assertThat(memory.sentBy("fw-1-in")).isEqualTo(FORWARD);
            memory.port("fw-1-out").inject(FORWARD);
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
    void traceThatSomebodyEndsSaysWhatCameUntilThen() throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<TraceReport> trace = threads.submit(
                    () -> memory.client().trace(60, Map.of("packets", 9, "port", 53, "name", "0a1b2c3d")));
            await(() -> node.counters().datapath().getOrDefault("traces", 0L) == 1);
            memory.port("left").inject(FORWARD);
            assertThat(memory.sentBy("fw-1-in")).isEqualTo(FORWARD);
            memory.client().endTrace("ffffffff");
            assertThat(trace.isDone()).isFalse();
            memory.client().endTrace("0a1b2c3d");
            TraceReport report = trace.get(30, TimeUnit.SECONDS);
            assertThat(report.full()).isFalse();
            assertThat(report.packets())
                    .singleElement()
                    .satisfies(packet -> assertThat(packet.received()).startsWith("left < udp 10.0.0.1:1000"));
        }
        assertThatThrownBy(() -> memory.client().trace(1, Map.of("name", "pigeon")))
                .hasMessageContaining("name pigeon is not a number of 8 hexadecimal digits");
    }

    @Test
    void traceEndsWhenItsTimeIsOverWithWhatItHas() throws Exception {
        assertThat(memory.client().trace(1, Map.of("port", 9))).isEqualTo(new TraceReport(false, List.of()));
        assertThat(memory.client().trace(1, Map.of("address", "10.9.9.9")).packets())
                .isEmpty();
    }

    @Test
    void brokenFileChangesNothingAndSaysWhy() throws IOException {
        Path broken = directory.resolve("broken.yaml");
        Files.writeString(broken, "kind: Nonsense\n");
        await(() -> !node.status().configuration().problem().isEmpty());
        assertThat(node.status().configuration().problem()).contains("broken.yaml", "Nonsense");
        assertThat(node.status().generation()).isEqualTo(1);
        assertThatThrownBy(() -> memory.client().reload()).hasMessageContaining("Nonsense");
        memory.port("left").inject(FORWARD);
        assertThat(memory.sentBy("fw-1-in")).isEqualTo(FORWARD);
        Files.delete(broken);
        await(() -> node.status().configuration().problem().isEmpty());
    }

    @Test
    void changedFileIsAppliedToRunningFlows() throws IOException {
        memory.port("left").inject(FORWARD);
        assertThat(memory.sentBy("fw-1-in")).isEqualTo(FORWARD);
        Files.writeString(
                directory.resolve("node.yaml"),
                Yaml.text(
                        Yaml.firewall(),
                        Yaml.instance("fw-1", ""),
                        Yaml.chain("closed"),
                        Yaml.policy("{name: all, match: {}, action: {drop: true}}")));
        await(() -> node.status().generation() > 1);
        memory.port("left").inject(FORWARD);
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
        memory.port("left").inject(FORWARD);
        assertThat(memory.sentBy("fw-1-in")).isEqualTo(FORWARD);
    }

    private String lastText() {
        try {
            return memory.client().texts("running").texts().getFirst().text();
        } catch (NodeException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void historyIsAskedAndChangedOverTheSocket() throws Exception {
        assertThat(memory.client().history().revisions()).hasSize(1);
        Files.writeString(directory.resolve("node.yaml"), Yaml.bridge() + "# second\n");
        ReloadReport reload = memory.client().reload(Map.of("confirmSeconds", 60));
        assertThat(reload.changed()).isTrue();
        assertThat(reload.confirmSeconds()).isEqualTo(60);
        assertThat(memory.client().confirm().revision()).isEqualTo(2);
        assertThat(memory.client().rollback(Map.of("revision", 1)).revision()).isEqualTo(1);
        assertThat(memory.client().history().running()).isEqualTo(1);
        assertThat(memory.client().texts("2").byName().values())
                .first()
                .asString()
                .endsWith("# second\n");
        assertThatThrownBy(() -> memory.client().rollback(Map.of("revision", 0)))
                .hasMessageContaining("1..2147483647");
        assertThatThrownBy(() -> memory.client().reload(Map.of("confirmSeconds", 86_401)))
                .hasMessageContaining("1..86400");
        assertThatThrownBy(() -> memory.client().texts("x".repeat(50))).hasMessageContaining("at most 40 characters");
    }

    @Test
    void secondNodeOnTheSameSocketIsRefused() {
        assertThatThrownBy(() -> NodeRunner.start(
                        MemoryNode.options(directory, true), new FakeHost(), memory.host, MemoryNode.SIZES))
                .isInstanceOf(NodeException.class)
                .hasMessageContaining("answers there already");
        assertThat(directory.resolve("s.sock")).exists();
    }

    @Test
    void errorOfTheMachineOnTheWorkersThreadEndsTheNodeAsAFailure() {
        assertThat(node.failure()).isEmpty();
        memory.host.memoryIsOut = true;
        memory.host.link("left", false);
        await(node::hasEnded);
        assertThat(node.failure()).contains("OutOfMemoryError", "planted");
        assertThat(directory.resolve("s.sock")).doesNotExist();
    }

    @Test
    void stopsWhenAsked() throws Exception {
        memory.client().stop();
        node.awaitEnd();
        assertThatThrownBy(() -> memory.client().status()).hasMessageContaining("no Sluice node listens on");
        assertThat(node.failure()).isEmpty();
    }
}
