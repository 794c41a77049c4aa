package dev.sluice.agent.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.Remains;
import dev.sluice.fuzz.network.Namespace;
import dev.sluice.ports.Claim;
import dev.sluice.ports.VethPair;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is left where there is no BPF file system. */
@Tag("system")
class UninstallSystemTest {
    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    Path directory;

    @Test
    void devicesGoAlsoWithoutDirectory() throws Exception {
        Remains remains = new Remains(directory.resolve("none"), directory.resolve("memory"));
        try (Namespace here = Namespace.make("un")) {
            here.in(() -> VethPair.make("sluice-punt", "sluice-punt-rx", VethPair.MTU_MAX));
            here.in(() -> {
                try (Claim claim = Claim.ofFastPath("edge")) {
                    assertThat(claim.isExclusive()).isTrue();
                    assertThat(Uninstall.run(remains).stays())
                            .singleElement()
                            .asString()
                            .contains("what is left in this network namespace: fast path: node edge");
                }
                return null;
            });
            Uninstall.Result result = here.in(() -> Uninstall.run(remains));
            assertThat(result.stays()).isEmpty();
            assertThat(result.removed()).containsExactly("the interfaces sluice-punt and sluice-punt-rx");
            assertThat(here.output("ip -o link")).doesNotContain("sluice");
            assertThat(here.in(() -> Uninstall.run(remains).removed())).isEmpty();
        }
    }
}
