package dev.sluice.agent.compile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.Yaml;
import dev.sluice.fuzz.Damage;
import dev.sluice.fuzz.FuzzTarget;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A damaged file of numbers says what the sound one says, or counts as a new one: nothing that was kept may mean something else (ADR 23). */
class NumbersFuzzTest {
    private static final int FILES = 3_000;
    private static final int FILES_OF_CHECK = 500;

    @TempDir
    private Path directory = Path.of("");

    private long run(long seed, int executions) throws IOException {
        Path file = directory.resolve("numbers");
        Files.deleteIfExists(file);
        NumbersFile written = NumbersFile.read(file);
        IdRegistry ids = new IdRegistry();
        ids.keepIn(written);
        new SnapshotCompiler("edge", ids)
                .compile(Yaml.parse(Yaml.bridge()), name -> new InterfaceFacts(name.hashCode() & 0xff, 1500));
        byte[] sound = Files.readAllBytes(file);
        NumbersFile before = NumbersFile.read(file);
        assertThat(before.epoch()).isEqualTo(written.epoch());
        Random random = new Random(seed);
        for (int i = 0; i < executions; i++) {
            byte[] damaged = Damage.bytes(random, sound);
            Files.write(file, damaged);
            try {
                NumbersFile read = NumbersFile.read(file);
                // Another epoch: nothing that was kept is taken for anything.
                if (read.epoch() == before.epoch()) {
                    assertThat(read.names()).isEqualTo(before.names());
                    assertThat(read.ids()).isEqualTo(before.ids());
                    assertThat(read.generation()).isEqualTo(before.generation());
                    assertThat(read.lastId()).isEqualTo(before.lastId());
                }
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("file " + i + ": " + HexFormat.of().formatHex(damaged), e);
            }
        }
        return executions;
    }

    private FuzzTarget target(int executions) {
        return new FuzzTarget(
                "files of numbers", "NumbersFuzzTest#damagedFilesOfManySeeds", seed -> run(seed, executions));
    }

    @Test
    void damagedFileSaysTheSameOrNothing() {
        target(FILES_OF_CHECK).once(1);
    }

    @Test
    @Tag("campaign")
    void damagedFilesOfManySeeds() {
        target(FILES).run();
    }
}
