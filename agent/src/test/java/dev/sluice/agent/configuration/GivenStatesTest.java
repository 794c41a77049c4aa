package dev.sluice.agent.configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.NodeOptions;
import dev.sluice.agent.Yaml;
import dev.sluice.agent.admin.ReloadRequest;
import dev.sluice.agent.compile.HostSafety;
import dev.sluice.agent.compile.IdRegistry;
import dev.sluice.agent.compile.SnapshotCompiler;
import dev.sluice.agent.instances.InstanceStates;
import dev.sluice.agent.node.FakeHost;
import dev.sluice.model.ServiceInstance.AdminState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** States given to instances at run time, when instances come and go; time is the test's. */
class GivenStatesTest {
    private static final long SECOND_NS = 1_000_000_000L;

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    Path directory;

    private long nowNs = 42;
    private InstanceStates states = new InstanceStates();

    @SuppressWarnings("NullAway.Init") // set before each test
    private ConfigurationLife life;

    @BeforeEach
    void start() throws Exception {
        Files.createDirectories(directory.resolve("conf"));
        write("fw-1", "fw-2");
        boot();
        life.administer("fw-1", Optional.of(AdminState.DRAIN));
    }

    @AfterEach
    void stop() {
        life.close();
    }

    private void boot() throws NodeException {
        NodeOptions options =
                NodeOptions.of(directory.resolve("conf")).at(directory.resolve("s"), directory.resolve("state"));
        Boot boot = Boot.look(options);
        states = new InstanceStates();
        life = new ConfigurationLife(
                options,
                boot,
                new SnapshotCompiler(boot.node(), new IdRegistry()),
                states,
                new FakeHost(),
                new HostSafety(directory, "", Map::of),
                () -> nowNs);
        life.publishTo((_, _) -> {});
    }

    private void write(String... instances) throws IOException {
        Stream<String> others = Stream.of(Yaml.firewall(), Yaml.chain("closed"), Yaml.inspectAll());
        Files.writeString(
                directory.resolve("conf/node.yaml"),
                Yaml.text(Stream.concat(others, Stream.of(instances).map(name -> Yaml.instance(name, "")))
                        .toArray(String[]::new)));
    }

    private void tickAfterSeconds(long seconds) {
        nowNs += seconds * SECOND_NS;
        life.tick(nowNs);
    }

    private static ReloadRequest onTrial() {
        return new ReloadRequest(Optional.of(Duration.ofSeconds(60)), false, Optional.empty(), "");
    }

    @Test
    void isForgottenWithItsInstanceSoThatALaterOneOfThatNameServes() throws Exception {
        write("fw-2");
        life.reload(ReloadRequest.PLAIN);
        tickAfterSeconds(1);
        assertThat(states.of("fw-1")).isEmpty();
        life.close();
        boot();
        assertThat(states.of("fw-1")).as("after a restart").isEmpty();
        write("fw-1", "fw-2");
        life.reload(ReloadRequest.PLAIN);
        assertThat(life.applied().node().instances())
                .allMatch(instance -> instance.adminState() == AdminState.UP)
                .hasSize(2);
    }

    @Test
    void isThereAgainWithAnInstanceThatATrialOnlyTookAway() throws Exception {
        write("fw-2");
        life.reload(onTrial());
        tickAfterSeconds(1);
        assertThat(states.of("fw-1")).isPresent();
        tickAfterSeconds(60);
        assertThat(life.applied().objects().instances()).hasSize(2);
        tickAfterSeconds(1);
        assertThat(states.of("fw-1")).contains(AdminState.DRAIN);
    }

    @Test
    void isForgottenWhenTheTrialThatTookItsInstanceAwayIsConfirmed() throws Exception {
        write("fw-2");
        life.reload(onTrial());
        tickAfterSeconds(1);
        life.confirm();
        tickAfterSeconds(1);
        assertThat(states.of("fw-1")).isEmpty();
    }

    @Test
    void outlivesAChangeWithoutItsInstanceThatTheNodePickedUpUntilItCannotBecomeATrialAnyMore() throws Exception {
        write("fw-2");
        life.filesChanged();
        tickAfterSeconds(1);
        assertThat(states.of("fw-1")).isPresent();
        life.reload(onTrial());
        tickAfterSeconds(61);
        tickAfterSeconds(1);
        assertThat(states.of("fw-1")).contains(AdminState.DRAIN);
    }

    @Test
    void outlivesFilesThatAreRefused() throws Exception {
        Files.writeString(directory.resolve("conf/node.yaml"), "kind: Nonsense\n");
        assertThatThrownBy(() -> life.reload(ReloadRequest.PLAIN)).hasMessageContaining("Nonsense");
        tickAfterSeconds(1);
        assertThat(states.of("fw-1")).contains(AdminState.DRAIN);
    }

    @Test
    void canBeResetWhileItsInstanceIsAway() throws Exception {
        write("fw-2");
        life.reload(onTrial());
        life.administer("fw-1", Optional.empty());
        assertThat(states.of("fw-1")).isEmpty();
        assertThatThrownBy(() -> life.administer("fw-1", Optional.of(AdminState.UP)))
                .hasMessageContaining("there is no service instance fw-1");
        assertThatThrownBy(() -> life.administer("fw-9", Optional.empty()))
                .hasMessageContaining("there is no service instance fw-9");
    }
}
