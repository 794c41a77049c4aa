package dev.sluice.manager.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.manager.store.Store.Delete;
import dev.sluice.manager.store.StoreException.Reason;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqliteStoreTest extends StoreContractTest {
    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    Path directory;

    @Override
    Store open() {
        return SqliteStore.open(directory.resolve("data"));
    }

    private void reopen() {
        store.close();
        store = open();
    }

    @Test
    void everythingIsThereAfterItIsOpenedAgain() throws Exception {
        commit(put("a", "1"), put("b", "1"));
        commit(put("a", "2"));
        commit(new Delete("b"));
        store.compact(3);
        reopen();
        assertThat(store.revision()).isEqualTo(3);
        assertThat(store.compacted()).isEqualTo(3);
        assertThat(list("a", 0)).containsExactly("a=2");
        assertThat(commit(put("b", "2"))).isEqualTo(4);
        assertThat(store.sizeBytes()).isPositive();
    }

    /** Hashes of tokens are in it; a manager that root starts by hand has the umask of a shell. */
    @Test
    void onlyTheOwnerReadsItAlsoWhereAnEarlierVersionLetOthers() throws Exception {
        Path data = directory.resolve("data");
        commit(put("a", "1"));
        checkRights(data);
        Files.setPosixFilePermissions(data, PosixFilePermissions.fromString("rwxr-xr-x"));
        for (Path file : files(data)) {
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        }
        reopen();
        commit(put("a", "2"));
        checkRights(data);
    }

    private static List<Path> files(Path data) throws IOException {
        try (Stream<Path> files = Files.list(data)) {
            return files.toList();
        }
    }

    private static void checkRights(Path data) throws IOException {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(data)))
                .isEqualTo("rwx------");
        assertThat(files(data))
                .extracting(file -> String.valueOf(file.getFileName()))
                .contains("store.db", "store.db-wal", "store.db-shm", "lock");
        for (Path file : files(data)) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                    .as(file.toString())
                    .isEqualTo("rw-------");
        }
    }

    @Test
    void secondManagerIsToldThatTheDirectoryIsInUse() {
        assertThatThrownBy(this::open)
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("another manager uses")
                .satisfies(e -> assertThat(reason(e)).isEqualTo(Reason.IN_USE));
    }

    @Test
    void fileOfAnotherProgramIsLeftAlone() throws Exception {
        store.close();
        Path file = directory.resolve("data").resolve("store.db");
        Files.delete(file);
        try (Connection other = DriverManager.getConnection("jdbc:sqlite:" + file)) {
            SqliteFile.execute(other, "CREATE TABLE mine (x)");
        }
        assertThatThrownBy(this::open)
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("is not a store of Sluice; move it away");
    }

    @Test
    void textInsteadOfAStoreIsDamage() throws IOException {
        store.close();
        Files.writeString(directory.resolve("data").resolve("store.db"), "no database ".repeat(200));
        assertThatThrownBy(this::open)
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("is damaged")
                .hasMessageContaining("restore a backup")
                .satisfies(e -> assertThat(reason(e)).isEqualTo(Reason.CORRUPT));
    }

    @Test
    void damagedPagesAreFoundWhenItIsOpened() throws Exception {
        for (int i = 0; i < 200; i++) {
            commit(put("k/" + i, "v".repeat(500)));
        }
        store.close();
        try (RandomAccessFile file = new RandomAccessFile(
                directory.resolve("data").resolve("store.db").toFile(), "rw")) {
            for (long at = 4096 * 3; at < file.length(); at += 4096) {
                file.seek(at);
                file.write(new byte[64]);
            }
        }
        assertThatThrownBy(this::open)
                .isInstanceOf(StoreException.class)
                .satisfies(e -> assertThat(reason(e)).isEqualTo(Reason.CORRUPT));
    }

    @Test
    void newerFormatIsNotTouched() throws Exception {
        store.close();
        try (Connection other = DriverManager.getConnection(
                "jdbc:sqlite:" + directory.resolve("data").resolve("store.db"))) {
            SqliteFile.execute(other, "PRAGMA user_version = 99");
        }
        assertThatThrownBy(this::open).hasMessageContaining("format 99, this version knows 1..1");
    }

    @Test
    void directoryThatCannotBeMadeIsSaid() throws IOException {
        Path file = Files.writeString(directory.resolve("file"), "");
        assertThatThrownBy(() -> SqliteStore.open(file.resolve("data")))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("cannot be used");
    }
}
