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
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a node starts with on a host that needs one of its interfaces meanwhile. */
class FirstConfigurationTest {
    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    Path directory;

    private final Map<String, String> inUse = new TreeMap<>();

    private ConfigurationLife boot() throws NodeException {
        NodeOptions options =
                NodeOptions.of(directory.resolve("node.yaml")).at(directory.resolve("s"), directory.resolve("state"));
        Boot boot = Boot.look(options);
        try {
            return new ConfigurationLife(
                    options,
                    boot,
                    new SnapshotCompiler(boot.node(), new IdRegistry()),
                    new InstanceStates(),
                    new FakeHost(),
                    HostSafety.told(() -> inUse),
                    System::nanoTime);
        } catch (NodeException e) {
            boot.history().close();
            throw e;
        }
    }

    private void write(String instances, String rule) throws IOException {
        Files.writeString(
                directory.resolve("node.yaml"),
                Yaml.text(Yaml.firewall(), instances, Yaml.chain("closed"), Yaml.policy(rule)));
    }

    /** An older revision would let pass what users have forbidden since. */
    @Test
    void nothingRunsInPlaceOfWhatOnlyTheHostIsInTheWayOf() throws Exception {
        write(Yaml.instance("fw-1", ""), "{name: all, match: {}, action: {noService: true}}");
        ConfigurationLife life = boot();
        write(
                Yaml.text(Yaml.instance("fw-1", ""), Yaml.instance("fw-2", "")),
                "{name: all, match: {}, action: {chain: inspect}}");
        life.reload(ReloadRequest.PLAIN);
        life.close();
        inUse.put("fw-2-in", "carries the default route");
        assertThatThrownBy(this::boot)
                .isInstanceOf(NodeException.class)
                .hasMessageContaining("interface fw-2-in carries the default route")
                .hasMessageContaining("sluice run --force");
        // Nor if the files are broken besides.
        String good = Files.readString(directory.resolve("node.yaml"));
        Files.writeString(directory.resolve("node.yaml"), "kind: Nonsense\n");
        assertThatThrownBy(this::boot).hasMessageContaining("Nonsense").hasMessageContaining("fw-2-in");
        Files.writeString(directory.resolve("node.yaml"), good);
        inUse.clear();
        life = boot();
        assertThat(life.applied().revision()).isEqualTo(2);
        assertThat(life.report().problem()).isEmpty();
        life.close();
    }
}
