package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The script {@code sluice} of a tree that is not built, with a build that fails. */
@Timeout(60)
class LauncherTest {
    private static final String BUILD = """
            #!/usr/bin/env bash
            echo "$*" >arguments
            echo '[INFO] Building wire 0.1.0-SNAPSHOT                                    [2/15]'
            echo '[ERROR] no network'
            exit 1
            """;

    @TempDir
    private Path tree = Path.of("");

    @BeforeEach
    void makeTree() throws IOException {
        Files.createDirectories(tree.resolve("tools"));
        Files.createDirectories(tree.resolve("cli").resolve("target").resolve("classes"));
        Files.copy(Path.of("..", "sluice"), tree.resolve("sluice"));
        Files.copy(Path.of("..", "tools", "find-jdk.sh"), tree.resolve("tools").resolve("find-jdk.sh"));
        Files.writeString(tree.resolve("mvnw"), BUILD);
        Files.setPosixFilePermissions(tree.resolve("mvnw"), PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private String run() throws Exception {
        Process process = new ProcessBuilder("bash", tree.resolve("sluice").toString(), "version")
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(said).isEqualTo(1);
        return said;
    }

    @Test
    void buildShowsWhichModuleItIsAtAndWhyItFailed() throws Exception {
        assertThat(run())
                .startsWith("sluice: building; this takes minutes")
                .contains("\nsluice: building wire (2 of 15)\nsluice: the build failed; the end of ")
                .contains("[ERROR] no network");
        assertThat(Files.readString(tree.resolve("arguments"))).contains("-Dmaven.test.skip=true");
    }

    @Test
    void treeWhoseLibrariesAreGoneIsBuiltAnew() throws Exception {
        Files.writeString(
                tree.resolve("cli").resolve("target").resolve("classpath"),
                tree.resolve("gone.jar").toString());
        assertThat(run()).contains("sluice: building wire (2 of 15)");
    }
}
