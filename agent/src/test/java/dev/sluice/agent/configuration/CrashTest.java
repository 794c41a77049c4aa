package dev.sluice.agent.configuration;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.NodeOptions;
import dev.sluice.agent.Yaml;
import dev.sluice.agent.admin.ReloadRequest;
import dev.sluice.agent.admin.RollbackRequest;
import dev.sluice.agent.compile.HostSafety;
import dev.sluice.agent.compile.IdRegistry;
import dev.sluice.agent.compile.SnapshotCompiler;
import dev.sluice.agent.history.DiskThatStops;
import dev.sluice.agent.history.History;
import dev.sluice.agent.instances.InstanceStates;
import dev.sluice.agent.node.FakeHost;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A machine that stops after any one write to the history, at any moment of a change: at the next start the node runs what was confirmed before that moment or what is
 * confirmed after it, never a change on trial.
 */
class CrashTest {
    private static final long SECOND_NS = 1_000_000_000L;

    /** Far more than any story writes. */
    private static final int WRITES_MAX = 60;

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    Path directory;

    private interface Action {
        void run(Node node) throws Exception;
    }

    /**
     * A step of a story.
     *
     * @param allowed what may run if the machine stops during it
     * @param notBegun this too, if nothing of the step is on disk: before that a trial is not in force, and files are only files
     */
    private record Step(String name, Set<String> allowed, String notBegun, Action action) {}

    /** Where the machine stopped, and whether anything of that step is on disk. */
    private record Stop(Step step, boolean begun) {
        boolean allows(String running) {
            return step.allowed().contains(running) || (!begun && running.equals(step.notBegun()));
        }
    }

    /** A node in a directory; a configuration is told by the name of its chain's comment. */
    private static final class Node {
        final Path home;
        long nowNs = 42;

        @SuppressWarnings("NullAway.Init") // set by boot
        ConfigurationLife life;

        @SuppressWarnings("NullAway.Init") // set by boot
        History history;

        Node(Path home) throws IOException {
            this.home = home;
            Files.createDirectories(home.resolve("conf"));
        }

        void write(String name) throws IOException {
            Files.writeString(home.resolve("conf/node.yaml"), "# " + name + "\n" + Yaml.bridge());
        }

        void boot(Function<Path, History> histories) throws NodeException {
            NodeOptions options = NodeOptions.of(home.resolve("conf")).at(home.resolve("s"), home.resolve("state"));
            Boot boot = Boot.look(options, histories);
            history = boot.history();
            life = new ConfigurationLife(
                    options,
                    boot,
                    new SnapshotCompiler(boot.node(), new IdRegistry()),
                    new InstanceStates(),
                    new FakeHost(),
                    new HostSafety(home, "", Map::of),
                    () -> nowNs);
        }

        /** The name of what runs. */
        String running() throws Exception {
            String text = life.history().texts("running").texts().getFirst().text();
            return text.substring(2, text.indexOf('\n'));
        }

        void reload(String name) throws Exception {
            write(name);
            life.reload(ReloadRequest.PLAIN);
        }

        void tryOut(String name) throws Exception {
            write(name);
            life.reload(new ReloadRequest(Optional.of(Duration.ofSeconds(60)), false, Optional.empty(), ""));
        }
    }

    private static Step step(String name, Action action, String... allowed) {
        return new Step(name, Set.of(allowed), "", action);
    }

    private static Step trial(String name, String runs) {
        return new Step("trial of " + name, Set.of(runs), name, node -> node.tryOut(name));
    }

    private static Action boot(DiskThatStops disk) {
        return node -> {
            node.write("a");
            node.boot(disk::open);
        };
    }

    private static List<Step> trialThatIsConfirmed(DiskThatStops disk) {
        return List.of(
                step("first start", boot(disk), "a"),
                step("reload", node -> node.reload("b"), "a", "b"),
                trial("c", "b"),
                step("confirm", node -> node.life.confirm(), "b", "c"),
                step("reload after it", node -> node.reload("d"), "c", "d"));
    }

    private static List<Step> trialThatIsTakenBack(DiskThatStops disk) {
        return List.of(
                step("first start", boot(disk), "a"),
                step("reload", node -> node.reload("b"), "a", "b"),
                trial("c", "b"),
                step("rollback", node -> node.life.rollback(RollbackRequest.LAST), "b"),
                trial("d", "b"),
                step("going further back", node -> node.life.rollback(RollbackRequest.to(1)), "b", "a"),
                step("reload after it", node -> node.reload("e"), "a", "e"));
    }

    private static List<Step> trialThatRunsOut(DiskThatStops disk) {
        return List.of(
                step("first start", boot(disk), "a"),
                trial("b", "a"),
                step("no confirmation", node -> node.life.tick(node.nowNs += 61 * SECOND_NS), "a"),
                step(
                        "restart",
                        node -> {
                            node.life.close();
                            node.boot(disk::open);
                        },
                        "a"),
                step("rollback of nothing, then a reload", node -> node.reload("c"), "a", "c"));
    }

    private static List<Step> trialThatARestartEnds(DiskThatStops disk) {
        return List.of(
                step("first start", boot(disk), "a"),
                trial("b", "a"),
                step(
                        "restart",
                        node -> {
                            node.life.close();
                            node.boot(disk::open);
                        },
                        "a"),
                step("confirmation that comes too late", node -> node.life.filesChanged(), "a"));
    }

    private static List<Step> trialOfWhatWasPickedUp(DiskThatStops disk) {
        return List.of(
                step("first start", boot(disk), "a"),
                step(
                        "change that the node picks up",
                        node -> {
                            node.write("b");
                            node.life.filesChanged();
                        },
                        "a",
                        "b"),
                step("trial of it, which takes two writes", node -> node.tryOut("b"), "a", "b"),
                step("no confirmation", node -> node.life.tick(node.nowNs += 61 * SECOND_NS), "a"),
                step("reload after it", node -> node.reload("c"), "a", "c"));
    }

    @Test
    void trialOfWhatWasPickedUpDoesNotComeBack() throws Exception {
        stopEverywhere(CrashTest::trialOfWhatWasPickedUp);
    }

    @Test
    void confirmedTrialIsWholeOrNotThere() throws Exception {
        stopEverywhere(CrashTest::trialThatIsConfirmed);
    }

    @Test
    void trialThatWasTakenBackDoesNotComeBack() throws Exception {
        stopEverywhere(CrashTest::trialThatIsTakenBack);
    }

    @Test
    void trialThatRanOutDoesNotComeBack() throws Exception {
        stopEverywhere(CrashTest::trialThatRunsOut);
    }

    @Test
    void trialThatARestartEndedDoesNotComeBack() throws Exception {
        stopEverywhere(CrashTest::trialThatARestartEnds);
    }

    private void stopEverywhere(Function<DiskThatStops, List<Step>> story) throws Exception {
        List<String> ran = new ArrayList<>();
        for (int writes = 0; writes <= WRITES_MAX; writes++) {
            DiskThatStops disk = new DiskThatStops(writes);
            Node node = new Node(directory.resolve("after-" + writes));
            Stop stop = goOnUntilItStops(story.apply(disk), disk, writes, node);
            if (!disk.stopped()) {
                assertThat(writes).as("writes of the whole story").isGreaterThan(4);
                return;
            }
            node.boot(History::open);
            ran.add(node.running());
            assertThat(stop.allows(node.running()))
                    .as(
                            "what runs after a machine that stopped at '%s' after %d writes: %s",
                            stop.step().name(), writes, ran)
                    .isTrue();
            node.life.close();
        }
        throw new AssertionError("the story writes more than " + WRITES_MAX + " times");
    }

    /** Where it stopped, or the end. */
    private static Stop goOnUntilItStops(List<Step> story, DiskThatStops disk, int writes, Node node) throws Exception {
        Step last = story.getFirst();
        boolean begun = true;
        for (Step step : story) {
            last = step;
            begun = disk.asked() < writes;
            step.action().run(node);
            assertThat(node.history.flush(Duration.ofSeconds(10))).isTrue();
            if (disk.stopped()) {
                break;
            }
        }
        node.life.close();
        return new Stop(last, begun);
    }
}
