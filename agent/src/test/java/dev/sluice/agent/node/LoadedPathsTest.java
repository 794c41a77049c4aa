package dev.sluice.agent.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.Yaml;
import dev.sluice.agent.report.PathsReport.PathReport;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a manager tells of loads, on a whole node over ports in memory. */
class LoadedPathsTest {
    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    Path directory;

    private static PathReport path(MemoryNode node) {
        try {
            return node.client().paths().paths().getFirst();
        } catch (NodeException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aPathSaysWhoseLoadKeepsNewFlowsAwayAndAnotherConfigurationDoesNotChangeThat() throws Exception {
        String yaml = Yaml.bridge().replace("profiles: [firewall]", "profiles: [firewall], selection: least-load");
        assertThat(yaml).contains("least-load");
        try (MemoryNode node = new MemoryNode(directory, yaml, true)) {
            assertThat(path(node).reason()).isEmpty();
            int generation = node.runner.status().generation();
            node.runner.loads(Map.of("fw-1", 2, "fw-elsewhere", 1));
            MemoryNode.await(
                    () -> path(node).reason().equals("1/4 of its share of new flows because of the load of fw-1"));
            assertThat(node.runner.status().generation())
                    .as("no flow has to look")
                    .isEqualTo(generation);
            node.write(yaml.replace("selection: least-load", "selection: round-robin"));
            MemoryNode.await(() -> path(node).reason().isEmpty());
            node.write(yaml);
            MemoryNode.await(() -> path(node).reason().startsWith("1/4"));
            node.runner.loads(Map.of("fw-1", -1));
            MemoryNode.await(() -> path(node).reason().startsWith("1/8"));
            node.runner.loads(Map.of());
            MemoryNode.await(() -> path(node).reason().isEmpty());
        }
    }
}
