package dev.sluice.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OwnerOnlyTest {
    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    Path root;

    private static String rights(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    private static void widen(Path path, String rights) throws IOException {
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(rights));
    }

    @Test
    void newDirectoryIsForItsOwnerAndThoseAboveAreAsUsual() throws IOException {
        Path usual = Files.createDirectory(root.resolve("usual"));
        OwnerOnly.directory(root.resolve("a/b"));
        assertThat(rights(root.resolve("a/b"))).isEqualTo("rwx------");
        assertThat(rights(root.resolve("a"))).isEqualTo(rights(usual));
    }

    @Test
    void directoryIsNarrowedOnlyIfItIsOurs() throws IOException {
        Path empty = Files.createDirectory(root.resolve("empty"));
        Path ours = Files.createDirectory(root.resolve("ours"));
        Files.createFile(ours.resolve("store.db"));
        Path home = Files.createDirectory(root.resolve("home"));
        Files.createFile(home.resolve("letters"));
        for (Path each : Set.of(empty, ours, home)) {
            widen(each, "rwxr-xr-x");
            OwnerOnly.directory(each, "lock", "store.db");
        }
        assertThat(rights(empty)).isEqualTo("rwx------");
        assertThat(rights(ours)).isEqualTo("rwx------");
        assertThat(rights(home)).isEqualTo("rwxr-xr-x");
    }

    @Test
    void fileThatIsOpenedIsForItsOwnerWhetherItWasThereOrNot() throws IOException {
        Path fresh = root.resolve("fresh");
        Path old = Files.createFile(root.resolve("old"));
        widen(old, "rw-rw-r--");
        for (Path each : Set.of(fresh, old)) {
            OwnerOnly.open(each, Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE))
                    .close();
            assertThat(rights(each)).isEqualTo("rw-------");
        }
    }

    @Test
    void whatIsNoFileIsLeftAsItIs() throws IOException {
        String before = rights(Path.of("/dev/null"));
        OwnerOnly.open(Path.of("/dev/null"), Set.of(StandardOpenOption.WRITE)).close();
        OwnerOnly.narrow(root.resolve("missing"));
        assertThat(rights(Path.of("/dev/null"))).isEqualTo(before);
    }
}
