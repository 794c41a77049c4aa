package dev.sluice.manager.store;

import dev.sluice.manager.store.StoreException.Reason;
import dev.sluice.model.OwnerOnly;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** The file of a {@link SqliteStore}: its schema, the lock on its directory, and what errors of SQLite mean. */
final class SqliteFile implements AutoCloseable {
    /** "SLUC": files of other programs are not touched. */
    private static final int APPLICATION = 0x534c5543;

    private static final int VERSION = 1;
    private static final String SCHEMA = """
            CREATE TABLE log (
                revision INTEGER NOT NULL, key TEXT NOT NULL, created INTEGER NOT NULL, deleted INTEGER NOT NULL, value BLOB NOT NULL
            ) STRICT;
            CREATE UNIQUE INDEX log_key ON log (key, revision);
            CREATE INDEX log_revision ON log (revision);
            CREATE TABLE mark (name TEXT PRIMARY KEY, revision INTEGER NOT NULL) STRICT;
            INSERT INTO mark VALUES ('compacted', 0), ('newest', 0);
            """;

    private static final String NAME = "store.db";

    private final Path file;
    private final FileChannel lockFile;

    private SqliteFile(Path file, FileChannel lockFile) {
        this.file = file;
        this.lockFile = lockFile;
    }

    /** Makes the directory if it is not there, and takes it for this process. */
    static SqliteFile open(Path directory) {
        try {
            OwnerOnly.directory(directory, NAME);
            FileChannel channel = OwnerOnly.open(
                    directory.resolve("lock"), Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE));
            if (!locked(channel)) {
                channel.close();
                throw new StoreException(
                        Reason.IN_USE, "another manager uses " + directory + "; stop it or give another directory");
            }
            return new SqliteFile(ownersOnly(directory.resolve(NAME)), channel);
        } catch (IOException e) {
            throw failure(directory, e);
        }
    }

    /** SQLite gives its other files the rights of the first. */
    private static Path ownersOnly(Path file) throws IOException {
        OwnerOnly.open(file, Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE))
                .close();
        OwnerOnly.narrow(file.resolveSibling(NAME + "-wal"));
        OwnerOnly.narrow(file.resolveSibling(NAME + "-shm"));
        return file;
    }

    private static boolean locked(FileChannel channel) throws IOException {
        try {
            FileLock lock = channel.tryLock();
            return lock != null;
        } catch (OverlappingFileLockException e) {
            return false;
        }
    }

    private static StoreException failure(Path directory, IOException e) {
        String why = switch (e) {
            case FileAlreadyExistsException file -> file.getFile() + " is a file, not a directory";
            case FileSystemException file when file.getReason() != null -> file.getReason();
            default -> e.toString();
        };
        boolean forbidden = e instanceof AccessDeniedException || why.contains("Read-only file system");
        Reason reason = forbidden ? Reason.READ_ONLY : why.contains("No space left") ? Reason.FULL : Reason.FAILED;
        return new StoreException(
                reason,
                directory + " cannot be used: "
                        + (forbidden && e instanceof AccessDeniedException ? "no right to write" : why),
                e);
    }

    /** A connection with the settings that make commits safe: a log that is forced to disk before a commit answers. */
    Connection connect() throws SQLException {
        Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        try {
            // Before anything else: the first statement reads the file.
            execute(connection, "PRAGMA busy_timeout = 5000");
            execute(connection, "PRAGMA journal_mode = WAL");
            execute(connection, "PRAGMA synchronous = FULL");
            return connection;
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    /** Makes the tables in a new file; refuses one that is damaged or of something else. */
    void prepare(Connection connection) throws SQLException {
        long application = number(connection, "PRAGMA application_id");
        if (application == 0 && number(connection, "SELECT COUNT(*) FROM sqlite_schema") == 0) {
            execute(connection, "BEGIN IMMEDIATE");
            for (String statement : SCHEMA.split(";\n", -1)) {
                if (!statement.isBlank()) {
                    execute(connection, statement);
                }
            }
            execute(connection, "PRAGMA user_version = " + VERSION);
            execute(connection, "PRAGMA application_id = " + APPLICATION);
            execute(connection, "COMMIT");
            return;
        }
        long version = number(connection, "PRAGMA user_version");
        if (application != APPLICATION || version < 1) {
            throw new StoreException(Reason.CORRUPT, file + " is not a store of Sluice; move it away");
        }
        if (version > VERSION) {
            throw new StoreException(
                    Reason.FAILED,
                    file + " has format " + version + ", this version knows 1.." + VERSION + "; use a newer Sluice");
        }
        String found = text(connection, "PRAGMA quick_check(1)");
        if (!found.equals("ok")) {
            throw corrupt(found, null);
        }
    }

    private StoreException corrupt(String found, @Nullable Throwable cause) {
        String message = file + " is damaged (" + found.replaceAll("\\s+", " ")
                + "); move the directory away and restore a backup: sluice manager --data DIR --restore FILE";
        return cause == null
                ? new StoreException(Reason.CORRUPT, message)
                : new StoreException(Reason.CORRUPT, message, cause);
    }

    /** What an error of SQLite means for the user. */
    StoreException failure(SQLException e) {
        SQLiteErrorCode code = e instanceof SQLiteException s ? s.getResultCode() : SQLiteErrorCode.UNKNOWN_ERROR;
        String name = code.name();
        if (code == SQLiteErrorCode.SQLITE_FULL) {
            return new StoreException(
                    Reason.FULL,
                    "no room left for " + file + "; nothing was changed; free some space and try again",
                    e);
        }
        if (name.startsWith("SQLITE_READONLY")
                || name.startsWith("SQLITE_CANTOPEN")
                || name.startsWith("SQLITE_PERM")) {
            return new StoreException(
                    Reason.READ_ONLY,
                    file + " cannot be written; nothing was changed; look at its rights and its file system",
                    e);
        }
        if (name.startsWith("SQLITE_CORRUPT") || name.startsWith("SQLITE_NOTADB")) {
            return corrupt(String.valueOf(e.getMessage()), e);
        }
        return new StoreException(Reason.FAILED, file + ": " + e.getMessage() + "; nothing was changed", e);
    }

    long sizeBytes() {
        long bytes = 0;
        for (String suffix : new String[] {"", "-wal"}) {
            try {
                bytes += Files.size(file.resolveSibling(file.getFileName() + suffix));
            } catch (IOException e) {
                // A file that is not there takes no room.
            }
        }
        return bytes;
    }

    static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    static long number(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            return rows.next() ? rows.getLong(1) : 0;
        }
    }

    private static String text(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            return rows.next() ? rows.getString(1) : "";
        }
    }

    /** Gives the directory to whoever comes next. */
    @Override
    public void close() {
        try {
            lockFile.close();
        } catch (IOException e) {
            // The lock ends with the process at the latest.
        }
    }
}
