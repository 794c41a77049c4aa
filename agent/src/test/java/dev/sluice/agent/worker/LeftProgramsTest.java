package dev.sluice.agent.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.FastPathMode;
import dev.sluice.agent.Remains;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.ports.Claim;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pins are files like others to whoever only removes them. */
class LeftProgramsTest {
    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    Path directory;

    @SuppressWarnings("NullAway.Init") // set before each test
    private Path pins;

    private Optional<Claim.Holder> holder = Optional.empty();

    @BeforeEach
    void makePins() throws Exception {
        pins = Files.createDirectories(remains().pinsHere());
        Files.createFile(pin("link-1-", "eth3"));
        Files.createFile(pin("link-2-", "eth4"));
        Files.createFile(pin("xdp-2-", "eth4"));
        Files.createFile(pins.resolve("flows"));
    }

    private Remains remains() {
        return new Remains(directory, directory);
    }

    private Path pin(String kind, String interfaceName) {
        return pins.resolve(kind + HexFormat.of().formatHex(interfaceName.getBytes(StandardCharsets.UTF_8)));
    }

    private KernelFastPath off() {
        FramePool pool = new FramePool(Arena.ofAuto().allocate(FramePool.bytesFor(1, 1), 4096), 1, 1);
        return new KernelFastPath(FastPathMode.OFF, pool, remains(), new LeftPrograms(List.of(remains()), namespace -> {
            assertThat(pins).hasFileName("sluice-" + namespace);
            return holder;
        }));
    }

    @Test
    void whatIsNoPortAnyMoreIsTakenAwayAlsoWithoutFastPath() {
        off().settle(Set.of("eth3", "eth5"));
        assertThat(pins).isDirectoryNotContaining("glob:**-65746834");
        assertThat(pin("link-1-", "eth3")).exists();
        assertThat(pins.resolve("flows")).exists();
    }

    @Test
    void whatAnotherNodeUsesStays() {
        holder = Optional.of(new Claim.Holder("other", 12));
        off().settle(Set.of("eth3"));
        assertThat(pin("link-2-", "eth4")).exists();
        assertThat(pin("xdp-2-", "eth4")).exists();
    }

    @Test
    void nothingIsTakenAwayWhereNothingWasLeft() throws Exception {
        try (var files = Files.list(pins)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(pins);
        off().settle(Set.of());
        assertThat(pins).doesNotExist();
    }
}
