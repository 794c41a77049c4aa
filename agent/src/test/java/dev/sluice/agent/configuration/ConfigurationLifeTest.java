package dev.sluice.agent.configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.NodeOptions;
import dev.sluice.agent.Yaml;
import dev.sluice.agent.admin.ReloadRequest;
import dev.sluice.agent.admin.RollbackRequest;
import dev.sluice.agent.compile.HostSafety;
import dev.sluice.agent.compile.IdRegistry;
import dev.sluice.agent.compile.SnapshotCompiler;
import dev.sluice.agent.instances.InstanceStates;
import dev.sluice.agent.node.FakeHost;
import dev.sluice.agent.report.HistoryReport;
import dev.sluice.agent.report.ReloadReport;
import dev.sluice.model.ServiceInstance.AdminState;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Configurations as they come, wait, go and come back; time is the test's. */
class ConfigurationLifeTest {
    private static final long SECOND_NS = 1_000_000_000L;

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    Path directory;

    private final FakeHost host = new FakeHost();
    private final List<Integer> published = new ArrayList<>();
    private long nowNs = 42;

    @SuppressWarnings("NullAway.Init") // set before each test
    private ConfigurationLife life;

    @BeforeEach
    void start() throws Exception {
        Files.createDirectories(directory.resolve("conf"));
        write("closed");
        life = boot(options());
    }

    @AfterEach
    void stop() {
        life.close();
    }

    private NodeOptions options() {
        return NodeOptions.of(directory.resolve("conf")).at(directory.resolve("s"), directory.resolve("state"));
    }

    private static NodeOptions with(NodeOptions o, boolean strict, boolean force) {
        return new NodeOptions(
                o.configuration(), o.node(), o.socket(), o.watch(), o.state(), strict, force, o.fastPath());
    }

    private ConfigurationLife boot(NodeOptions options) throws NodeException {
        Boot boot = Boot.look(options);
        try {
            ConfigurationLife booted = new ConfigurationLife(
                    options,
                    boot,
                    new SnapshotCompiler(boot.node(), new IdRegistry()),
                    new InstanceStates(),
                    host,
                    safety(),
                    () -> nowNs);
            booted.publishTo((node, wait) -> published.add(node.snapshot().generation()));
            return booted;
        } catch (NodeException e) {
            boot.history().close();
            throw e;
        }
    }

    private HostSafety safety() {
        return new HostSafety(directory, "", Map::of);
    }

    private ConfigurationLife restart() throws NodeException {
        life.close();
        life = boot(options());
        return life;
    }

    /** The chain fails that way: the only difference between configurations here. */
    private void write(String onFailure) throws IOException {
        Files.writeString(
                directory.resolve("conf/node.yaml"),
                Yaml.text(Yaml.firewall(), Yaml.instance("fw-1", ""), Yaml.chain(onFailure), Yaml.inspectAll()));
    }

    private void writeBroken() throws IOException {
        Files.writeString(directory.resolve("conf/node.yaml"), "kind: Nonsense\n");
    }

    private String inForce() {
        return life.applied()
                .objects()
                .chains()
                .getFirst()
                .spec()
                .onFailure()
                .toString()
                .toLowerCase(java.util.Locale.ROOT);
    }

    private static ReloadRequest confirmWithin(long seconds) {
        return new ReloadRequest(Optional.of(Duration.ofSeconds(seconds)), false, Optional.empty(), "");
    }

    private List<String> outcomes() {
        return life.history().history().revisions().stream()
                .map(HistoryReport.RevisionReport::outcome)
                .toList();
    }

    @Test
    void eachConfigurationThatComesIntoForceIsARevision() throws Exception {
        write("open");
        assertThat(life.reload(ReloadRequest.PLAIN)).isEqualTo(new ReloadReport(2, 2, true, 0, ""));
        assertThat(inForce()).isEqualTo("open");
        writeBroken();
        assertThatThrownBy(() -> life.reload(ReloadRequest.PLAIN)).hasMessageContaining("Nonsense");
        HistoryReport report = life.history().history();
        assertThat(outcomes()).containsExactly("applied", "applied");
        assertThat(report.running()).isEqualTo(2);
        assertThat(life.history().texts("1").texts().getFirst().text()).contains("onFailure: closed");
        assertThat(life.history().texts("files").texts().getFirst().text()).contains("Nonsense");
        assertThatThrownBy(() -> life.history().texts("9")).hasMessageContaining("there are 1..2");
        assertThatThrownBy(() -> life.history().texts("x")).hasMessageContaining("running, good, files");
    }

    @Test
    void filesThatWereReloadedAreNotAppliedAgainByTheWatcher() throws Exception {
        write("open");
        life.reload(ReloadRequest.PLAIN);
        life.filesChanged();
        life.filesChanged();
        assertThat(life.reload(ReloadRequest.PLAIN).changed()).isFalse();
        assertThat(published).containsExactly(2);
    }

    @Test
    void rollbackRunsTheOneBeforeUntilTheFilesChange() throws Exception {
        write("open");
        life.filesChanged();
        assertThat(life.rollback(RollbackRequest.LAST).revision()).isEqualTo(1);
        assertThat(inForce()).isEqualTo("closed");
        assertThat(life.report().notices())
                .singleElement()
                .asString()
                .contains("revision 1 runs because of 'sluice rollback'", "until they change again");
        life.filesChanged();
        assertThat(inForce()).as("the files are as they were").isEqualTo("closed");
        assertThatThrownBy(() -> life.rollback(RollbackRequest.LAST)).hasMessageContaining("no good revision before");
        assertThatThrownBy(() -> life.rollback(RollbackRequest.to(1))).hasMessageContaining("runs already");
        assertThatThrownBy(() -> life.rollback(RollbackRequest.to(7))).hasMessageContaining("there are 1..2");
        restart();
        assertThat(inForce()).as("after a restart too").isEqualTo("closed");
        assertThat(life.report().notices()).anyMatch(n -> n.contains("as before the restart"));
        life.reload(ReloadRequest.PLAIN);
        assertThat(inForce()).isEqualTo("open");
        assertThat(life.report().notices()).isEmpty();
    }

    @Test
    void changeThatIsConfirmedStays() throws Exception {
        write("open");
        assertThat(life.reload(confirmWithin(60)).confirmSeconds()).isEqualTo(60);
        assertThat(life.report().notices()).anyMatch(n -> n.contains("60 s left; then revision 1 comes back"));
        assertThatThrownBy(() -> life.reload(ReloadRequest.PLAIN)).hasMessageContaining("waits for its confirmation");
        life.confirm();
        nowNs += 61 * SECOND_NS;
        life.tick(nowNs);
        assertThat(inForce()).isEqualTo("open");
        assertThat(outcomes()).containsExactly("applied", "confirmed");
        assertThatThrownBy(() -> life.confirm()).hasMessageContaining("no change waits");
        restart();
        assertThat(inForce()).isEqualTo("open");
    }

    @Test
    void changeThatIsNotConfirmedInTimeIsTakenBackAlsoAfterARestart() throws Exception {
        write("open");
        life.reload(confirmWithin(60));
        nowNs += 59 * SECOND_NS;
        life.tick(nowNs);
        assertThat(inForce()).isEqualTo("open");
        nowNs += SECOND_NS;
        life.tick(nowNs);
        assertThat(inForce()).isEqualTo("closed");
        assertThat(outcomes()).containsExactly("applied", "reverted");
        assertThat(life.report().notices()).anyMatch(n -> n.contains("revision 2 was not confirmed in time"));
        life.filesChanged();
        restart();
        assertThat(inForce()).isEqualTo("closed");
        write("closed");
        life.filesChanged();
        assertThat(life.report().notices()).isEmpty();
        assertThat(life.applied().revision()).isEqualTo(1);
    }

    @Test
    void restartWithinTheWindowRunsWhatWasConfirmed() throws Exception {
        write("open");
        life.reload(confirmWithin(60));
        restart();
        assertThat(inForce()).isEqualTo("closed");
        assertThat(outcomes()).containsExactly("applied", "reverted");
        assertThat(life.report().notices())
                .anyMatch(n -> n.contains("revision 2 was not confirmed before the node ended"));
        restart();
        assertThat(inForce()).as("nor at the next start").isEqualTo("closed");
    }

    @Test
    void filesThatChangeWhileAConfirmationIsWaitedForAreHeldBack() throws Exception {
        write("open");
        life.reload(confirmWithin(60));
        write("closed");
        life.filesChanged();
        assertThat(inForce()).isEqualTo("open");
        assertThat(life.report().notices()).anyMatch(n -> n.contains("applied after 'sluice confirm'"));
        life.confirm();
        assertThat(inForce()).isEqualTo("closed");
        assertThat(life.applied().revision()).isEqualTo(3);

        write("open");
        life.reload(confirmWithin(60));
        write("closed");
        life.filesChanged();
        life.rollback(RollbackRequest.LAST);
        life.filesChanged();
        assertThat(life.applied().revision())
                .as("taken back, and what changed meanwhile counts as read")
                .isEqualTo(3);
        assertThat(outcomes()).containsExactly("applied", "confirmed", "applied", "reverted");
    }

    @Test
    void trialOfWhatTheNodeHasPickedUpByItselfGoesBackToWhatRanBefore() throws Exception {
        write("open");
        life.filesChanged();
        nowNs += 20 * SECOND_NS;
        ReloadReport trial = life.reload(confirmWithin(60));
        assertThat(trial.confirmSeconds()).isEqualTo(60);
        assertThat(trial.changed()).isFalse();
        assertThat(trial.warning()).contains("by itself; without 'sluice confirm' revision 1 comes back");
        assertThat(outcomes()).containsExactly("applied", "pending");
        nowNs += 60 * SECOND_NS;
        life.tick(nowNs);
        assertThat(inForce()).isEqualTo("closed");
        assertThat(outcomes()).containsExactly("applied", "reverted");
        restart();
        assertThat(inForce()).isEqualTo("closed");
    }

    @Test
    void trialOfWhatTheNodeHasPickedUpByItselfOutlastsACrash() throws Exception {
        write("open");
        life.filesChanged();
        life.reload(confirmWithin(60));
        restart();
        assertThat(inForce()).isEqualTo("closed");
        assertThat(outcomes()).containsExactly("applied", "reverted");
    }

    @Test
    void filesPickedUpOneAfterTheOtherAreOnTrialTogether() throws Exception {
        write("open");
        life.filesChanged();
        for (int i = 0; i < 3; i++) {
            nowNs += 9 * SECOND_NS;
            Files.writeString(directory.resolve("conf/more.yaml"), "# " + i + "\n");
            life.filesChanged();
        }
        assertThat(life.applied().revision()).isEqualTo(5);
        life.reload(confirmWithin(60));
        life.rollback(RollbackRequest.LAST);
        assertThat(inForce()).isEqualTo("closed");
        assertThat(life.applied().revision()).isEqualTo(1);
    }

    @Test
    void trialOfWhatRunsAnywayIsRefused() throws Exception {
        assertThatThrownBy(() -> life.reload(confirmWithin(60)))
                .hasMessageContaining("nothing to try: revision 1, which runs, is what the files hold")
                .hasMessageContaining("sluice rollback");
        assertThat(life.report().problem()).as("the files are in force").isEmpty();

        write("open");
        life.filesChanged();
        nowNs += 301 * SECOND_NS;
        life.tick(nowNs);
        assertThatThrownBy(() -> life.reload(confirmWithin(60))).hasMessageContaining("nothing to try");

        write("closed");
        life.filesChanged();
        life.reload(confirmWithin(60));
        life.confirm();
        assertThatThrownBy(() -> life.reload(confirmWithin(60)))
                .as("what was confirmed stays")
                .hasMessageContaining("nothing to try");
        life.rollback(RollbackRequest.to(2));
        assertThat(life.reload(confirmWithin(60)).changed())
                .as("the files hold something else than what runs")
                .isTrue();
    }

    @Test
    void filesOnTrialAreNotToldAsChangedMeanwhile() throws Exception {
        write("open");
        life.reload(confirmWithin(60));
        life.filesChanged();
        assertThat(life.report().notices()).singleElement().asString().contains("waits for 'sluice confirm'");
        write("closed");
        life.filesChanged();
        assertThat(life.report().notices()).anyMatch(n -> n.contains("the files have changed since"));
        write("open");
        life.filesChanged();
        assertThat(life.report().notices()).noneMatch(n -> n.contains("the files have changed since"));
    }

    @Test
    void stateGivenToAnInstanceHoldsOverChangesAndRestartsUntilItIsReset() throws Exception {
        assertThat(life.administer("fw-1", Optional.of(AdminState.DRAIN)).warning())
                .isEmpty();
        write("open");
        life.reload(confirmWithin(60));
        life.rollback(RollbackRequest.LAST);
        restart();
        assertThat(adminState()).isEqualTo(AdminState.DRAIN);
        assertThatThrownBy(() -> life.administer("fw-9", Optional.of(AdminState.UP)))
                .hasMessageContaining("there is no service instance fw-9");
        life.administer("fw-1", Optional.empty());
        restart();
        assertThat(adminState()).isEqualTo(AdminState.UP);
    }

    @Test
    void stateOfAnInstanceThatCannotBeWrittenIsGivenAndSaidNotToLast() throws Exception {
        life.close();
        Path blocked = directory.resolve("blocked");
        Files.writeString(blocked, "no directory");
        life = boot(options().at(directory.resolve("s"), blocked));
        assertThat(life.administer("fw-1", Optional.of(AdminState.DRAIN)).warning())
                .contains("not remembered beyond a restart");
        assertThat(adminState()).isEqualTo(AdminState.DRAIN);
    }

    @Test
    void stateFileOfAVersionThatRememberedNoInstancesIsStillRead() throws Exception {
        write("open");
        life.filesChanged();
        life.rollback(RollbackRequest.LAST);
        life.close();
        Path file = directory.resolve("state/state");
        String json = Files.readString(file).split("\n", 2)[1].replace(",\"instances\":{}", "");
        assertThat(json).doesNotContain("instances");
        seal(file, json);
        life = boot(options());
        assertThat(inForce()).isEqualTo("closed");
        assertThat(life.report().notices()).noneMatch(n -> n.contains("state is"));
        seal(file, json.replace("}", ",\"instances\":{\"fw-1\":\"asleep\"}}"));
        restart();
        assertThat(adminState()).as("a word that is none").isEqualTo(AdminState.UP);
    }

    private AdminState adminState() {
        return life.applied().node().instances().getFirst().adminState();
    }

    @Test
    void brokenFilesAtStartRunTheLastGoodRevisionAndAreStillWatched() throws Exception {
        write("open");
        life.reload(ReloadRequest.PLAIN);
        writeBroken();
        restart();
        assertThat(inForce()).isEqualTo("open");
        assertThat(life.report().problem()).contains("Nonsense");
        assertThat(life.report().notices()).anyMatch(n -> n.contains("revision 2, the last good one, runs because"));
        life.close();
        assertThatThrownBy(() -> boot(with(options(), true, false))).hasMessageContaining("Nonsense");
        Files.delete(directory.resolve("conf/node.yaml"));
        life = boot(options());
        assertThat(inForce()).isEqualTo("open");
        write("closed");
        life.filesChanged();
        assertThat(inForce()).isEqualTo("closed");
        assertThat(life.report().problem()).isEmpty();
    }

    @Test
    void brokenFilesAndNoHistoryAreRefused() throws Exception {
        writeBroken();
        NodeOptions elsewhere =
                options().at(directory.resolve("s"), directory.resolve("other")).named("edge");
        assertThatThrownBy(() -> boot(elsewhere))
                .isInstanceOf(NodeException.class)
                .hasMessageContaining("Nonsense");
    }

    @Test
    void damagedLastGoodRevisionIsSkippedForTheOneBefore() throws Exception {
        write("open");
        life.reload(ReloadRequest.PLAIN);
        writeBroken();
        life.close();
        Files.writeString(directory.resolve("state/0000000002.revision"), "torn");
        life = boot(options());
        assertThat(inForce()).isEqualTo("closed");
        assertThat(life.report().notices()).anyMatch(n -> n.contains("revision 2 is cut off"));
    }

    private void defaultRouteAt(String name) throws IOException {
        Files.createDirectories(directory.resolve("proc/net"));
        Files.writeString(
                directory.resolve("proc/net/route"), name + "\t00000000\t0100000A\t0003\t0\t0\t0\t00000000\t0\t0\t0\n");
    }

    @Test
    void interfaceThatTheHostNeedsIsRefusedUnlessForced() throws Exception {
        defaultRouteAt("wan");
        String text = Files.readString(directory.resolve("conf/node.yaml"));
        Files.writeString(directory.resolve("conf/node.yaml"), text.replace("fw-1-out", "wan"));
        assertThatThrownBy(() -> life.reload(ReloadRequest.PLAIN))
                .hasMessageContaining(
                        "interface wan carries the IPv4 default route; as a port of Sluice it could cut this host off")
                .hasMessageContaining("sluice run --force");
        assertThat(life.applied().node().snapshot().generation()).isEqualTo(1);
        assertThat(life.reload(new ReloadRequest(Optional.empty(), true, Optional.empty(), ""))
                        .generation())
                .isEqualTo(2);
        // What is taken already is no reason to refuse a later change.
        Files.writeString(directory.resolve("conf/node.yaml"), text.replace("fw-1-out", "wan") + "# more\n");
        life.filesChanged();
        assertThat(life.applied().revision()).isEqualTo(3);
    }

    @Test
    void whatWasForcedOnceIsRememberedOverRestartsForThatInterfaceOnly() throws Exception {
        String text = Files.readString(directory.resolve("conf/node.yaml"));
        defaultRouteAt("wan");
        Path file = directory.resolve("conf/node.yaml");
        Files.writeString(file, text.replace("fw-1-out", "wan"));
        life.reload(new ReloadRequest(Optional.empty(), true, Optional.empty(), ""));
        assertThat(restart().applied().revision()).isEqualTo(2);
        assertThat(life.report().problem()).isEmpty();

        // What follows it may keep the interface, over restarts too.
        Files.writeString(file, text.replace("fw-1-out", "wan") + "# more\n");
        life.filesChanged();
        assertThat(restart().applied().revision()).isEqualTo(3);
        Files.writeString(file, text.replace("fw-1-out", "wan") + "# while it was down\n");
        assertThat(restart().applied().revision()).isEqualTo(4);

        // Another interface has to be forced anew, running or at a start.
        defaultRouteAt("uplink");
        Files.writeString(file, text.replace("fw-1-out", "wan").replace("fw-1-in", "uplink"));
        assertThatThrownBy(() -> life.reload(ReloadRequest.PLAIN)).hasMessageContaining("interface uplink carries");
        restart();
        assertThat(life.applied().revision()).isEqualTo(4);
        assertThat(life.report().problem()).contains("interface uplink carries");

        // What was given up is asked about again.
        Files.writeString(file, text);
        life.filesChanged();
        defaultRouteAt("wan");
        Files.writeString(file, text.replace("fw-1-out", "wan"));
        assertThatThrownBy(() -> life.reload(ReloadRequest.PLAIN)).hasMessageContaining("interface wan carries");
        // But not by who goes back to what was forced.
        assertThat(life.rollback(RollbackRequest.to(3)).revision()).isEqualTo(3);
    }

    @Test
    void revisionsOfAVersionThatRememberedNoForceAreStillRead() throws Exception {
        write("open");
        life.reload(ReloadRequest.PLAIN);
        life.close();
        Path file = directory.resolve("state/0000000002.revision");
        String json = Files.readString(file).split("\n", 2)[1].replace(",\"forcedInterfaces\":[]", "");
        assertThat(json).doesNotContain("forced");
        seal(file, json);
        life = boot(options());
        assertThat(life.history().history().revisions()).hasSize(2);
        assertThat(inForce()).isEqualTo("open");
    }

    @Test
    void revisionThatRunsInPlaceOfTheFilesComesBackAtAStartWhateverTheHostNeedsMeanwhile() throws Exception {
        write("open");
        life.reload(confirmWithin(60));
        defaultRouteAt("fw-1-out");
        restart();
        assertThat(inForce()).as("never what was not confirmed").isEqualTo("closed");
        assertThat(life.report().notices())
                .anyMatch(n -> n.contains("revision 1 runs because revision 2 was not confirmed before the node ended")
                        && n.contains("although")
                        && n.contains("interface fw-1-out carries the IPv4 default route"));
        restart();
        assertThat(inForce()).isEqualTo("closed");
    }

    @Test
    void olderGoodRevisionRunsIfTheLastGoodOneCannot() throws Exception {
        write("open");
        life.reload(ReloadRequest.PLAIN);
        Files.writeString(
                directory.resolve("conf/node.yaml"),
                Files.readString(directory.resolve("conf/node.yaml")) + "# on trial\n");
        life.reload(confirmWithin(60));
        life.close();
        spoil(2);
        life = boot(options());
        assertThat(inForce()).isEqualTo("closed");
        assertThat(life.report().notices())
                .anyMatch(n -> n.contains("revision 1 runs because revision 3 was not confirmed")
                        && n.contains("in place of revision 2, which cannot be run")
                        && n.contains("Nonsense"));
    }

    @Test
    void filesThatWereNeverConfirmedAreNotRunThoughNothingElseCanBe() throws Exception {
        write("open");
        life.reload(confirmWithin(60));
        life.close();
        spoil(1);
        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(() -> boot(options()))
                    .isInstanceOf(NodeException.class)
                    .hasMessageContaining("nothing is run")
                    .hasMessageContaining("no good revision can be run: revision 1")
                    .hasMessageContaining("Nonsense")
                    .hasMessageContaining("Change the files to what is to run");
        }
        write("closed");
        life = boot(options());
        assertThat(inForce()).as("files that are others now").isEqualTo("closed");
    }

    @Test
    void filesThatWereRolledBackAreNotRunThoughTheRevisionCannotBe() throws Exception {
        write("open");
        life.reload(ReloadRequest.PLAIN);
        life.rollback(RollbackRequest.LAST);
        life.close();
        spoil(1);
        spoil(2);
        assertThatThrownBy(() -> boot(options())).hasMessageContaining("was taken back, and no good revision can be");
        write("closed");
        life = boot(options());
        assertThat(inForce()).isEqualTo("closed");
    }

    /** Makes a revision one that this version of the product does not take, as an update may. */
    private void spoil(int number) throws Exception {
        Path file = directory.resolve("state").resolve(String.format("%010d.revision", number));
        String json = Files.readString(file).split("\n", 2)[1].replace("ServiceChain", "Nonsense");
        seal(file, json);
    }

    private static void seal(Path file, String json) throws Exception {
        byte[] hash = MessageDigest.getInstance("SHA-256").digest(json.getBytes(StandardCharsets.UTF_8));
        Files.writeString(file, "sluice-history 1 " + HexFormat.of().formatHex(hash) + "\n" + json);
    }

    @Test
    void changeIsAppliedAlthoughTheHistoryCannotBeWritten() throws Exception {
        life.close();
        Path blocked = directory.resolve("blocked");
        Files.writeString(blocked, "no directory");
        life = boot(options().at(directory.resolve("s"), blocked));
        write("open");
        assertThat(life.reload(ReloadRequest.PLAIN).warning()).contains("history is not written to " + blocked);
        assertThat(inForce()).isEqualTo("open");
        assertThat(life.report().notices()).anyMatch(n -> n.contains("history is not written"));
        write("closed");
        assertThat(life.reload(confirmWithin(5)).warning()).contains("not after a crash");
        nowNs += 5 * SECOND_NS;
        life.tick(nowNs);
        assertThat(inForce()).isEqualTo("open");
    }
}
