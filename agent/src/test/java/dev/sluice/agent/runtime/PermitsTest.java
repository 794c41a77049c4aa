package dev.sluice.agent.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.model.InstanceRuntime.Command;
import dev.sluice.model.InstanceRuntime.Hook;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a manager cannot make a host do. */
class PermitsTest {
    @TempDir
    private Path folder = Path.of("");

    private static Command command(String... argv) {
        return new Command(Arrays.asList(argv), Map.of(), 0, 1500);
    }

    private String program(String name, String rights) throws IOException {
        Path file = Files.writeString(folder.resolve(name), "#!/bin/sh\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(rights));
        return file.toString();
    }

    @Test
    void nothingRunsThatTheOwnerOfTheHostDidNotName() {
        assertThat(Permits.NONE.refuses(command("/bin/sh", "-c", "id")).orElseThrow())
                .isEqualTo(
                        "the agent of this host does not permit the command /bin/sh; its owner can: sluice agent --permit-command /bin/sh");
        assertThat(Permits.NONE.refuses(new Hook("/bin/sh", Map.of(), 1)).orElseThrow())
                .contains("does not permit the hook /bin/sh");
        Permits other = Permits.of(List.of("/bin/true"), List.of(), "nobody");
        assertThat(other.refuses(command("/bin/sh"))).isPresent();
        // What may run as a node without rights may not be called as a hook with those of the agent.
        assertThat(other.refuses(new Hook("/bin/true", Map.of(), 1))).isPresent();
        assertThat(other.refuses(command("/bin/true", "--anything"))).isEmpty();
        // A path that means the same file is not what was named.
        assertThat(other.refuses(command("/bin/../bin/true"))).isPresent();
    }

    @Test
    void wordsBehindTheProgramAreABoundToo() throws IOException {
        String program = program("fw", "rwxr-xr-x");
        Permits permits = Permits.of(List.of(program + "  --quiet"), List.of(), "nobody");
        assertThat(permits.refuses(command(program, "--quiet", "-v"))).isEmpty();
        assertThat(permits.refuses(command(program, "-v", "--quiet")).orElseThrow())
                .contains("with these arguments");
        assertThat(permits.refuses(command(program))).isPresent();
    }

    @Test
    void programsThatOthersMayWriteAreNotRun() throws IOException {
        String open = program("open", "rwxrwxr-x");
        String plain = program("plain", "rw-r--r--");
        Permits permits = Permits.of(List.of(open, plain, "/nowhere/fw"), List.of(open), "nobody");
        assertThat(permits.refuses(command(open)).orElseThrow())
                .contains("may be written by others")
                .contains("chmod go-w");
        assertThat(permits.refuses(new Hook(open, Map.of(), 1)).orElseThrow()).contains("may be written by others");
        assertThat(permits.refuses(command(plain)).orElseThrow()).contains("is not a program on this host");
        assertThat(permits.refuses(command("/nowhere/fw")).orElseThrow()).contains("is not a program on this host");
    }

    @Test
    void optionsThatCannotBeMeantAreRefused() {
        assertThatThrownBy(() -> Permits.of(List.of("fw"), List.of(), "nobody")).hasMessageContaining("absolute path");
        assertThatThrownBy(() -> Permits.of(List.of(), List.of("./hook"), "nobody"))
                .hasMessageContaining("absolute path");
        assertThatThrownBy(() -> Permits.of(List.of(), List.of(), "root")).hasMessageContaining("do not run as root");
        assertThatThrownBy(() -> Permits.of(List.of(), List.of(), "0:0")).hasMessageContaining("do not run as root");
        assertThatThrownBy(() -> Permits.of(List.of(), List.of(), "a b")).hasMessageContaining("USER or USER:GROUP");
        assertThat(Permits.of(List.of(), List.of(), "fw").group()).isEqualTo("fw");
        assertThat(Permits.of(List.of(), List.of(), "nobody").group()).isEqualTo("nogroup");
        assertThat(Permits.of(List.of(), List.of(), "fw:net").group()).isEqualTo("net");
    }
}
