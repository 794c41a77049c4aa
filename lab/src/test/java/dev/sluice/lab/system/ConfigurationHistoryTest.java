package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.admin.AdminClient;
import dev.sluice.agent.report.HistoryReport;
import dev.sluice.agent.report.HistoryReport.RevisionReport;
import dev.sluice.agent.report.ReloadReport;
import dev.sluice.agent.report.StatusReport.ConfigurationReport;
import dev.sluice.lab.Waits;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Going back to an earlier configuration, as the traffic shows it (X9, F8). */
@Tag("system")
class ConfigurationHistoryTest {
    private static final Duration PATIENCE = Duration.ofSeconds(15);

    private static TwoNodes lab;

    @BeforeAll
    static void build() {
        lab = new TwoNodes();
    }

    @AfterAll
    static void remove() {
        lab.close();
    }

    private static String through(String nodes) {
        return Yaml.of(
                Yaml.PAIR,
                TwoNodes.OBJECTS,
                Yaml.object("ServiceChain", "inspect", "{profiles: " + nodes + "}"),
                Yaml.policy("all", "edge/left", "{name: all, action: {chain: inspect}}"));
    }

    private static List<String> outcomes(SluiceNode sluice) {
        return sluice.say(AdminClient::history).revisions().stream()
                .map(RevisionReport::outcome)
                .toList();
    }

    private static ReloadReport reloadToConfirm(SluiceNode sluice, String yaml, int seconds) {
        sluice.write("config.yaml", yaml);
        ReloadReport report = sluice.say(a -> a.reload(Map.of("confirmSeconds", seconds)));
        assertThat(report.confirmSeconds())
                .as("the request came before the node saw by itself that the file has changed")
                .isEqualTo(seconds);
        return report;
    }

    @Test
    void changeThatIsNotConfirmedIsTakenBack() {
        try (SluiceNode sluice = SluiceNode.start(lab.network.sluice, through("[fw]"), "no-watch")) {
            lab.checkNewFlow(true, false);
            // The change cuts everything off: nobody could confirm it through this path.
            reloadToConfirm(sluice, through("[second]"), 3);
            lab.checkNewFlow(false, true);
            Waits.until(
                    "the change is taken back",
                    PATIENCE,
                    () -> sluice.status().configuration().revision() == 1);
            lab.checkNewFlow(true, false);
            assertThat(outcomes(sluice)).containsExactly("applied", "reverted");

            sluice.write("config.yaml", through("[fw, second]"));
            assertThat(sluice.say(a -> a.reload(Map.of("confirmSeconds", 2))).changed())
                    .isTrue();
            sluice.say(AdminClient::confirm);
            int generation = sluice.status().generation();
            assertThat(Waits.holdsWithin(
                            Duration.ofSeconds(3), () -> sluice.status().generation() != generation))
                    .as("a confirmed change is taken back")
                    .isFalse();
            lab.checkNewFlow(true, true);
        }
    }

    @Test
    @Tag("long")
    void changeThatTheNodePicksUpFirstIsOnTrialAllTheSame() {
        try (SluiceNode sluice = SluiceNode.start(lab.network.sluice, through("[fw]"))) {
            sluice.write("config.yaml", through("[second]"));
            Waits.until(
                    "the node picks the file up",
                    PATIENCE,
                    () -> sluice.status().configuration().revision() == 2);
            ReloadReport trial = sluice.say(a -> a.reload(Map.of("confirmSeconds", 2)));
            assertThat(trial.confirmSeconds()).isEqualTo(2);
            assertThat(trial.warning()).contains("revision 1 comes back");
            lab.checkNewFlow(false, true);
            Waits.until(
                    "the change is taken back",
                    PATIENCE,
                    () -> sluice.status().configuration().revision() == 1);
            lab.checkNewFlow(true, false);
        }
    }

    @Test
    void reloadedFilesAreAppliedOnce() {
        try (SluiceNode sluice = SluiceNode.start(lab.network.sluice, through("[fw]"))) {
            sluice.configure(through("[second]"));
            assertThat(Waits.holdsWithin(
                            Duration.ofMillis(1_500), () -> sluice.status().generation() != 2))
                    .isFalse();
        }
    }

    @Test
    void nodeKilledWithinTheWindowStartsWithWhatWasConfirmed() {
        try (SluiceNode sluice = SluiceNode.start(lab.network.sluice, through("[fw]"), "no-watch")) {
            reloadToConfirm(sluice, through("[second]"), 60);
            lab.checkNewFlow(false, true);
            sluice.process().kill();
            sluice.startAgain();
            lab.checkNewFlow(true, false);
            ConfigurationReport configuration = sluice.status().configuration();
            assertThat(configuration.revision()).isEqualTo(1);
            assertThat(configuration.notices()).anyMatch(n -> n.contains("revision 2 was not confirmed"));
            assertThat(outcomes(sluice)).containsExactly("applied", "reverted");
            // The files are what they were; asked to, the node takes them.
            sluice.reload();
            lab.checkNewFlow(false, true);
        }
    }

    @Test
    void nodeKilledInTheMiddleOfChangesStartsWithAWholeConfiguration() {
        try (SluiceNode sluice = SluiceNode.start(lab.network.sluice, through("[fw]"))) {
            for (int round = 0; round < 3; round++) {
                CompletableFuture<Void> changes = new CompletableFuture<>();
                Thread.ofPlatform().daemon().start(() -> {
                    try {
                        for (int i = 0; i < 100; i++) {
                            sluice.configure(through(i % 2 == 0 ? "[second]" : "[fw]"));
                        }
                    } catch (RuntimeException e) {
                        // The node was killed meanwhile.
                        changes.complete(null);
                    }
                });
                HistoryReport before = sluice.say(AdminClient::history);
                Waits.until(
                        "some changes came into force",
                        PATIENCE,
                        () -> sluice.say(AdminClient::history).running() > before.running() + 5);
                sluice.process().kill();
                changes.join();
                sluice.write("config.yaml", "kind: [broken\n");
                sluice.startAgain();
                assertThat(sluice.status().configuration().notices())
                        .anyMatch(n -> n.contains("the last good one, runs because"))
                        .noneMatch(n -> n.contains("is left out"));
                try (UdpFlow flow = lab.flow()) {
                    assertThat(flow.exchange(5).lost()).isZero();
                }
            }
        }
    }

    @Test
    void rollbackUnderLoadLosesNothing() {
        try (SluiceNode sluice = SluiceNode.start(lab.network.sluice, through("[fw]"));
                UdpFlow paced = UdpFlow.open(lab.network.client, "fd00::2", 7)) {
            sluice.configure(through("[fw, second]"));
            CompletableFuture<UdpFlow.Account> stream = new CompletableFuture<>();
            Thread.ofPlatform().daemon().start(() -> stream.complete(paced.stream(1_500, 500)));
            for (int i = 0; i < 10; i++) {
                int revision = 1 + i % 2;
                sluice.say(a -> a.rollback(Map.of("revision", revision)));
                lab.checkNewFlow(true, revision == 2);
            }
            UdpFlow.Account account = stream.join();
            assertThat(account.lost()).isZero();
            assertThat(account.foreign()).isZero();
            assertThat(lab.atFirst.ids()).containsAll(account.sent());
            assertThat(sluice.uninspected()).isZero();
        }
    }
}
