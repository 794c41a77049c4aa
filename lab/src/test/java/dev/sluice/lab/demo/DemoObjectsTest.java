package dev.sluice.lab.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.model.Configuration;
import dev.sluice.model.ConfigurationLoader;
import dev.sluice.model.LoadResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DemoObjectsTest {
    @TempDir
    Path directory;

    private Configuration load() {
        LoadResult loaded = ConfigurationLoader.load(directory);
        assertThat(loaded.problems()).isEmpty();
        return loaded.configuration().orElseThrow();
    }

    @Test
    void firstConfigurationIsValidAndHasTheFirewallAlone() {
        DemoObjects.write(directory);
        assertThat(load().chains().getFirst().toString()).contains("firewall").doesNotContain("ips");
    }

    @ParameterizedTest
    @CsvSource({"'[firewall, ips]', closed", "'[firewall, ips]', open", "'[firewall]', open"})
    void everyChangedChainIsValidToo(String profiles, String onFailure) {
        DemoObjects.write(directory).writeChain(profiles, onFailure);
        assertThat(load().chains()).hasSize(1);
    }

    @Test
    void changeReplacesOneFileAndLeavesNoOther() throws IOException {
        DemoObjects objects = DemoObjects.write(directory);
        objects.writeChain(DemoObjects.BOTH_NODES, "open");
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files.map(file -> String.valueOf(file.getFileName())))
                    .containsExactlyInAnyOrder("chain.yaml", "policy.yaml", "ports.yaml", "services.yaml");
        }
        assertThat(Files.readString(directory.resolve("chain.yaml")))
                .contains("profiles: [firewall, ips], onFailure: open");
    }

    @Test
    void chainOverThreeHostsIsValidWithTheFirewallInEitherPlaceAndInBoth() {
        ChainObjects objects = ChainObjects.write(directory);
        assertThat(load().instances()).hasSize(2);
        objects.add(ChainObjects.SECOND);
        assertThat(load().instances()).hasSize(3);
        objects.remove(ChainObjects.FIRST);
        assertThat(load().instances()).hasSize(2);
    }

    @Test
    void objectsOfMovesSayOfNeitherWorkloadNorFirewallWhereTheyAre() {
        MobilityObjects.write(directory);
        Configuration objects = load();
        assertThat(objects.ports()).noneMatch(port -> port.toString().contains(MobilityObjects.WORKLOAD));
        assertThat(objects.instances())
                .singleElement()
                .satisfies(instance -> assertThat(instance.toString())
                        .contains(MobilityObjects.FIREWALL)
                        .doesNotContain("host-"));
    }
}
