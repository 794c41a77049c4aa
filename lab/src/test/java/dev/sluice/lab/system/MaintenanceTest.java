package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.admin.AdminClient;
import dev.sluice.agent.report.FlowsReport.FlowReport;
import dev.sluice.agent.report.PathsReport;
import dev.sluice.agent.report.StatusReport.InstanceReport;
import dev.sluice.datapath.packet.DropReason;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Nodes are drained, put into maintenance and capped while flows run through them (X12). */
@Tag("system")
class MaintenanceTest {
    private static Network network;
    private static EchoHost echo;
    private static SluiceNode sluice;

    @BeforeAll
    static void build() {
        network = Network.transparent();
        network.bridge("fw");
        network.bridge("spare");
        echo = EchoHost.start(network.server, 7);
        sluice = SluiceNode.start(network.sluice, configuration("", ""));
    }

    @AfterAll
    static void remove() {
        try (Network n = network;
                SluiceNode s = sluice;
                EchoHost e = echo) {
            // Closed in the reverse order.
        }
    }

    @AfterEach
    void resetAll() {
        sluice.configure(configuration("", ""));
        sluice.administer("fw", "reset");
        sluice.administer("spare", "reset");
    }

    private static String configuration(String ofFw, String ofSpare) {
        return Yaml.of(
                Yaml.PAIR,
                Yaml.object("Service", "fw", "{transport: raw}"),
                Yaml.object("ServiceInstance", "fw", "{service: fw, interfaces: {in: fw-in, out: fw-out}" + ofFw + "}"),
                Yaml.object(
                        "ServiceInstance",
                        "spare",
                        "{service: fw, interfaces: {in: spare-in, out: spare-out}" + ofSpare + "}"),
                Yaml.object("ServiceChain", "inspect", "{profiles: [fw]}"),
                Yaml.policy("all", "edge/left", "{name: all, action: {chain: inspect}}"));
    }

    private static String path(UdpFlow flow) {
        return sluice.flows().stream()
                .filter(f -> f.sourcePort() == flow.localPort())
                .map(FlowReport::path)
                .findFirst()
                .orElse("none");
    }

    private static UdpFlow open() {
        return UdpFlow.open(network.client, "10.0.0.2", 7);
    }

    @Test
    void drainedNodeKeepsItsFlowsAndGetsNoNewOnes() {
        try (UdpFlow one = open();
                UdpFlow two = open()) {
            assertThat(one.exchange(5).lost() + two.exchange(5).lost()).isZero();
            String victim = path(one).contains("fw") ? "fw" : "spare";
            String other = victim.equals("fw") ? "spare" : "fw";
            sluice.administer(victim, "drain");
            InstanceReport report = sluice.instance(victim);
            assertThat(report.adminState()).isEqualTo("drain");
            assertThat(report.adminStateGiven()).isTrue();
            assertThat(report.adminUp()).isFalse();
            assertThat(report.alive()).isTrue();
            assertThat(report.flows()).isPositive();
            assertThat(one.exchange(20).lost()).isZero();
            assertThat(path(one)).isEqualTo("inspect[" + victim + "]");
            for (int i = 0; i < 6; i++) {
                try (UdpFlow fresh = open()) {
                    assertThat(fresh.exchange(2).lost()).isZero();
                    assertThat(path(fresh)).isEqualTo("inspect[" + other + "]");
                }
            }
            sluice.configure(configuration("", ""));
            assertThat(sluice.instance(victim).adminState())
                    .as("holds over a reload")
                    .isEqualTo("drain");
            sluice.administer(victim, "reset");
            assertThat(sluice.instance(victim).adminState()).isEqualTo("up");
            assertThat(sluice.instance(victim).adminStateGiven()).isFalse();
        }
    }

    @Test
    void whatAnOperatorSaidOutlastsACrash() {
        sluice.administer("fw", "drain");
        sluice.process().kill();
        sluice.startAgain();
        assertThat(sluice.instance("fw").adminState()).isEqualTo("drain");
        assertThat(sluice.instance("fw").adminStateGiven()).isTrue();
        for (int i = 0; i < 6; i++) {
            try (UdpFlow fresh = open()) {
                assertThat(fresh.exchange(2).lost()).isZero();
                assertThat(path(fresh)).isEqualTo("inspect[spare]");
            }
        }
        sluice.administer("fw", "reset");
        sluice.process().kill();
        sluice.startAgain();
        assertThat(sluice.instance("fw").adminState()).isEqualTo("up");
    }

    @Test
    void flowsLeaveAPathThatIsToldToHaveFailed() {
        try (UdpFlow one = open();
                UdpFlow two = open()) {
            assertThat(one.exchange(5).lost() + two.exchange(5).lost()).isZero();
            String failed = path(one);
            String other = failed.contains("fw") ? "inspect[spare]" : "inspect[fw]";
            sluice.say(admin -> admin.tellPaths("failed", List.of(failed)));
            assertThat(state(failed)).isEqualTo("failed");
            assertThat(one.exchange(20).lost() + two.exchange(20).lost()).isZero();
            assertThat(path(one)).isEqualTo(other);
            assertThat(path(two)).isEqualTo(other);
            sluice.configure(configuration("", ", weight: 2"));
            assertThat(state(failed)).as("holds over a reload").isEqualTo("failed");
            sluice.say(admin -> admin.tellPaths("failed", List.of(other)));
            assertThat(one.exchange(5, 200).lost()).as("closed").isEqualTo(5);
            sluice.say(admin -> admin.tellPaths("restored", List.of("all")));
            assertThat(state(failed)).isEqualTo("in use");
            assertThat(two.exchange(20).lost()).isZero();
        }
    }

    @Test
    @Tag("long")
    void ruleThatNamesAPathGivesNoOther() {
        sluice.configure(
                configuration("", "").replace("action: {chain: inspect}", "action: {path: \"inspect[spare]\"}"));
        for (int i = 0; i < 4; i++) {
            try (UdpFlow flow = open()) {
                assertThat(flow.exchange(5).lost()).isZero();
                assertThat(path(flow)).isEqualTo("inspect[spare]");
            }
        }
        try (UdpFlow flow = open()) {
            sluice.administer("spare", "drain");
            assertThat(flow.exchange(3).lost())
                    .as("new flows of a drained node")
                    .isEqualTo(3);
        }
    }

    private static String state(String path) {
        return sluice.say(AdminClient::paths).paths().stream()
                .filter(report -> report.name().equals(path))
                .map(PathsReport.PathReport::state)
                .findFirst()
                .orElse("none");
    }

    @Test
    void flowsLeaveANodeInMaintenanceAtTheirNextPacketAndLoseNothing() {
        try (UdpFlow one = open();
                UdpFlow two = open()) {
            assertThat(one.exchange(5).lost() + two.exchange(5).lost()).isZero();
            String victim = path(one).contains("fw") ? "fw" : "spare";
            String other = victim.equals("fw") ? "spare" : "fw";
            sluice.administer(victim, "maintenance");
            assertThat(one.exchange(50).lost()).isZero();
            assertThat(two.exchange(50).lost()).isZero();
            assertThat(path(one)).isEqualTo("inspect[" + other + "]");
            assertThat(path(two)).isEqualTo("inspect[" + other + "]");
            sluice.administer(other, "maintenance");
            assertThat(one.exchange(20).lost()).as("nowhere to go: it stays").isZero();
            assertThat(path(one)).isEqualTo("inspect[" + other + "]");
            try (UdpFlow fresh = open()) {
                long noPath = sluice.dropped(DropReason.NO_PATH);
                assertThat(fresh.exchange(2, 100).answered()).isEmpty();
                assertThat(sluice.dropped(DropReason.NO_PATH) - noPath).isEqualTo(2);
            }
            // Who moved within the last second might still have packets in the node before: it would pause
            // (packet-life.md, changing paths).
            long movedNs = System.nanoTime();
            while (System.nanoTime() - movedNs < 1_500_000_000L) {
                assertThat(one.exchange(5).lost()).isZero();
            }
            sluice.administer(victim, "up");
            assertThat(one.exchange(20).lost()).isZero();
            assertThat(path(one)).as("now it can leave").isEqualTo("inspect[" + victim + "]");
        }
    }

    @Test
    void maintenanceInTheFilesDoesTheSame() {
        try (UdpFlow one = open();
                UdpFlow two = open()) {
            assertThat(one.exchange(5).lost() + two.exchange(5).lost()).isZero();
            sluice.configure(configuration(", adminState: maintenance", ""));
            assertThat(one.exchange(20).lost() + two.exchange(20).lost()).isZero();
            assertThat(path(one)).isEqualTo("inspect[spare]");
            assertThat(path(two)).isEqualTo("inspect[spare]");
            assertThat(sluice.instance("fw").adminStateGiven()).isFalse();
        }
    }

    @Test
    void whatExceedsTheCapIsDroppedAndCountedAndNeverPassesBy() {
        sluice.configure(configuration(", packetsPerSecondMax: 50, packetsBurstMax: 10", ", adminState: down"));
        long dropped = sluice.dropped(DropReason.NODE_CAP_EXCEEDED);
        long uninspected = sluice.uninspected();
        long before =
                sluice.instance("fw").sent().stream().mapToLong(Long::longValue).sum();
        try (UdpFlow flow = open()) {
            UdpFlow.Account account = flow.stream(1_000, 500);
            long capped = sluice.dropped(DropReason.NODE_CAP_EXCEEDED) - dropped;
            // Two seconds at 50/s and a burst of 10, both directions together.
            InstanceReport fw = sluice.instance("fw");
            assertThat(fw.sent().get(0) + fw.sent().get(1) - before).isBetween(90L, 300L);
            assertThat(capped).isGreaterThan(700);
            assertThat(account.answered().size()).isLessThan(150);
            assertThat(sluice.instance("fw").capped()).isEqualTo(capped);
            assertThat(sluice.uninspected()).isEqualTo(uninspected);
        }
    }

    @Test
    void unknownInstancesAndStatesAreRefusedWithTheReason() {
        assertThat(sluice.administerInVain("gone", "drain")).contains("no service instance gone");
        assertThat(sluice.administerInVain("fw", "asleep")).contains("asleep").contains("maintenance");
    }
}
