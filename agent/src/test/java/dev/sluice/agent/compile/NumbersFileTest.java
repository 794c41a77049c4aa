package dev.sluice.agent.compile;

import static dev.sluice.agent.Yaml.chain;
import static dev.sluice.agent.Yaml.firewall;
import static dev.sluice.agent.Yaml.inspectAll;
import static dev.sluice.agent.Yaml.instance;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.Yaml;
import dev.sluice.datapath.rules.Rule;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.Path;
import dev.sluice.datapath.snapshot.Snapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Numbers mean over restarts what they meant (ADR 2, ADR 23). */
class NumbersFileTest {
    @TempDir
    java.nio.file.Path directory;

    private NumbersFile file() {
        return NumbersFile.read(directory.resolve("numbers"));
    }

    /** As by a process of its own. */
    private Snapshot compile(String... documents) {
        IdRegistry ids = new IdRegistry();
        ids.keepIn(file());
        return new SnapshotCompiler("edge", ids)
                .compile(Yaml.parse(documents), name -> new InterfaceFacts(name.hashCode() & 0xff, 1500))
                .node()
                .orElseThrow()
                .snapshot();
    }

    private static List<Integer> numbers(Snapshot snapshot) {
        return List.of(
                snapshot.rules().stream().map(Rule::id).toList().hashCode(),
                snapshot.paths().stream().map(Path::id).toList().hashCode(),
                snapshot.attachments().stream().map(Attachment::id).toList().hashCode(),
                snapshot.port(0).fromGroup(),
                snapshot.port(0).name().hashCode(),
                snapshot.portCount());
    }

    @Test
    void nextProcessGivesTheSameNumbersAndALaterGeneration() {
        Snapshot first = compile(firewall(), instance("fw-1", ""), instance("fw-2", ""), chain("closed"), inspectAll());
        Snapshot second =
                compile(firewall(), instance("fw-1", ""), instance("fw-2", ""), chain("closed"), inspectAll());
        assertThat(numbers(second)).isEqualTo(numbers(first));
        assertThat(second.generation()).isEqualTo(first.generation() + 1);
    }

    @Test
    void otherContentGetsNumbersThatNobodyHad() {
        Snapshot first = compile(firewall(), instance("fw-1", ""), chain("closed"), inspectAll());
        Snapshot second = compile(firewall(), instance("fw-2", ""), chain("closed"), inspectAll());
        assertThat(second.rules().getFirst().id())
                .as("the same rule")
                .isEqualTo(first.rules().getFirst().id());
        assertThat(second.paths())
                .extracting(Path::id)
                .doesNotContainAnyElementsOf(
                        first.paths().stream().map(Path::id).toList());
        assertThat(second.attachments())
                .extracting(Attachment::id)
                .doesNotContainAnyElementsOf(
                        first.attachments().stream().map(Attachment::id).toList());
    }

    @Test
    void damagedFileBeginsANewEpoch() throws IOException {
        compile(firewall(), instance("fw-1", ""), chain("closed"), inspectAll());
        long epoch = file().epoch();
        assertThat(file().epoch()).isEqualTo(epoch);
        java.nio.file.Path path = directory.resolve("numbers");
        String whole = Files.readString(path);
        for (String damaged : List.of(
                "",
                "sluice-numbers 9\nend\n",
                whole.substring(0, whole.length() / 2),
                whole.replaceFirst("id \\d+", "id 99999"),
                // Still numbers that fit each other, but not those that were written.
                whole.replaceFirst("generation \\d+", "generation 4711"),
                "\u0000\u0001")) {
            Files.writeString(path, damaged);
            assertThat(file().epoch()).as(damaged).isNotEqualTo(epoch);
            assertThat(file().ids()).isEmpty();
        }
    }
}
