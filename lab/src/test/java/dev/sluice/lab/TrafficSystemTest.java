package dev.sluice.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Real streams over an impaired wire, past witnesses: what was planted is found, to the packet. */
@Tag("system")
@Tag("long")
class TrafficSystemTest {
    private static final Map<String, IdObserver> NONE = Map.of();

    private Topology topology;
    private Namespace client;
    private Namespace server;
    private LabInterface middleLeft;
    private LabInterface middleRight;

    @BeforeEach
    void buildLine() {
        topology = Topology.create();
        client = topology.namespace("client");
        Namespace middle = topology.namespace("middle");
        server = topology.namespace("server");
        Wire left = topology.wire(client, "eth0", middle, "a");
        Wire right = topology.wire(middle, "b", server, "eth0");
        String clientMac = left.a().address("10.9.0.1/24").address("fd09::1/64").mac();
        String serverMac =
                right.b().address("10.9.0.2/24").address("fd09::2/64").mac();
        // Fixed neighbours: no ARP, no ND.
        client.neighbour("10.9.0.2", serverMac, "eth0").neighbour("fd09::2", serverMac, "eth0");
        server.neighbour("10.9.0.1", clientMac, "eth0").neighbour("fd09::1", clientMac, "eth0");
        middleLeft = left.b();
        middleRight = right.a();
    }

    @AfterEach
    void removeLine() {
        topology.close();
    }

    @Test
    void perfectWireGivesPerfectReportsBothWaysForAllProtocolsAndFamilies() {
        ImpairmentRelay.start(middleLeft, middleRight, ImpairmentRelay.Settings.perfect(1));
        IdObserver witness = IdObserver.start(middleLeft, IdObserver.Direction.BOTH);
        for (String address : new String[] {"10.9.0.2", "fd09::2"}) {
            for (TrafficPlan plan : new TrafficPlan[] {
                TrafficPlan.udp(address, 5_001, 1_000).withReplies(),
                TrafficPlan.tcp(address, 5_002, 1_000).withReplies()
            }) {
                TrafficRun run = run(plan);
                Map<String, IdObserver> required = Map.of("middle", witness);
                assertThat(run.report(required, NONE)).matches(TrafficReport::isPerfect, plan + " was perfect");
                assertThat(run.report(required, NONE).sentCount()).isEqualTo(1_000);
                assertThat(run.replyReport(required, NONE)).matches(TrafficReport::isPerfect, "replies were perfect");
                assertThat(run.damagedCount()).isZero();
                run.receiver().stop();
                run.sender().stop();
            }
        }
    }

    @Test
    void relayLosesDuplicatesAndReordersAsItsSeedSaysAndTheReportFindsItAll() {
        // Without IPv6 there are no multicast listener reports either: every frame on the wire is one of the stream.
        client.interfaceNamed("eth0").quiet();
        server.interfaceNamed("eth0").quiet();
        ImpairmentRelay relay = ImpairmentRelay.start(
                middleLeft,
                middleRight,
                ImpairmentRelay.Settings.perfect(7)
                        .withLoss(0.05)
                        .withDuplication(0.03)
                        .withReordering(0.02, Duration.ofMillis(20))
                        .withDelay(Duration.ofMillis(2), Duration.ofMillis(1)));
        TrafficRun run = run(TrafficPlan.udp("10.9.0.2", 5_001, 2_000));
        Waits.until(
                "the relay reported all frames",
                Duration.ofSeconds(5),
                () -> relay.forward().receivedCount() >= 2_000);
        RelayFigures figures = relay.forward();
        assertThat(figures.receivedCount()).isEqualTo(2_000);
        TrafficReport report = run.report(NONE, NONE);
        assertThat(report.lostCount()).isEqualTo(figures.lostCount());
        assertThat(report.duplicatedCount()).isEqualTo(figures.duplicatedCount());
        // The last frames have none behind them that could overtake.
        assertThat(report.reorderedCount()).isBetween(figures.reorderedCount() - 3, figures.reorderedCount());

        Impairment same =
                new Impairment(new Impairment.Settings(0.05, 0.03, 0.02, 20_000_000, 2_000_000, 1_000_000, 7));
        for (int i = 0; i < figures.receivedCount(); i++) {
            same.dueNs(i);
        }
        assertThat(same.figures()).isEqualTo(figures);
    }

    @Test
    void reportFindsBypassAndWrongPath() {
        BridgeFirewall.create(middleLeft, middleRight);
        IdObserver onPath = IdObserver.start(middleLeft, IdObserver.Direction.IN);
        Namespace aside = topology.namespace("aside");
        Wire unused = topology.wire(topology.get("middle"), "c", aside, "eth0");
        IdObserver beside = IdObserver.start(unused.b(), IdObserver.Direction.IN);
        TrafficRun run = run(TrafficPlan.udp("10.9.0.2", 5_001, 500));
        assertThat(run.report(Map.of("path", onPath), Map.of("aside", beside)))
                .matches(TrafficReport::isPerfect, "the right witnesses saw it");
        TrafficReport wrong = run.report(Map.of("aside", beside), Map.of("path", onPath));
        assertThat(wrong.bypassedCount()).isEqualTo(500);
        assertThat(wrong.wrongPathCount()).isEqualTo(500);
        assertThat(onPath.seen()).hasSize(500);
        assertThat(beside.seen()).isEqualTo(Set.of());
    }

    @Test
    void whatAnObserverLostBeforeItIsAskedToAnswerIsNoMatter() {
        BridgeFirewall.create(middleLeft, middleRight);
        IdObserver witness = IdObserver.start(middleLeft, IdObserver.Direction.IN);
        Map<String, IdObserver> required = Map.of("path", witness);
        String process = Long.toString(witness.process().pid());
        assertThat(topology.get("middle").succeeds("kill", "-STOP", process)).isTrue();
        // More than its socket holds.
        run(new TrafficPlan(TrafficPlan.Protocol.UDP, "10.9.0.2", 5_001, 60_000, 60_000, 60_000, 1_400, false));
        assertThat(topology.get("middle").succeeds("kill", "-CONT", process)).isTrue();
        TrafficRun early = run(TrafficPlan.udp("10.9.0.2", 5_002, 500));
        assertThatThrownBy(() -> early.report(required, NONE)).hasMessageContaining("'path' lost");
        witness.answerFromNow();
        TrafficRun stream = run(TrafficPlan.udp("10.9.0.2", 5_003, 500));
        assertThat(stream.report(required, NONE)).matches(TrafficReport::isPerfect, "all of it was seen");
    }

    @Test
    void firewallThatDiesInTheMiddleShowsAsOneRunOfLosses() {
        BridgeFirewall firewall = BridgeFirewall.create(middleLeft, middleRight);
        TrafficRun run = TrafficRun.start(client, server, TrafficPlan.udp("10.9.0.2", 5_001, 2_000));
        run.awaitReceived(500, Duration.ofSeconds(20));
        firewall.kill();
        run.awaitSent();
        run.settle();
        TrafficReport report = run.report(NONE, NONE);
        assertThat(report.receivedCount()).isBetween(500L, 1_900L);
        assertThat(report.longestLossCount()).isEqualTo(report.lostCount());
    }

    @Test
    void tapCountsCopies() {
        TapNode tap = TapNode.start(middleLeft);
        TrafficRun run = run(TrafficPlan.udp("10.9.0.2", 5_001, 100));
        Waits.until("the tap counted", Duration.ofSeconds(5), () -> tap.copyCount() >= 100);
        assertThat(tap.observer().seen()).hasSize(100);
        assertThat(run.report(NONE, NONE).lostCount()).isEqualTo(100);
    }

    private TrafficRun run(TrafficPlan plan) {
        TrafficRun run = TrafficRun.start(client, server, plan);
        run.awaitSent();
        run.settle();
        return run;
    }
}
