package dev.sluice.manager.store;

import dev.sluice.manager.store.Store.Change;
import dev.sluice.manager.store.Store.Committed;
import dev.sluice.manager.store.Store.Condition;
import dev.sluice.manager.store.Store.Conflict;
import dev.sluice.manager.store.Store.Delete;
import dev.sluice.manager.store.Store.Entry;
import dev.sluice.manager.store.Store.Outcome;
import dev.sluice.manager.store.Store.Put;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;

/** The statements that change the file; used by the one writer thread only. */
final class SqliteWriter implements AutoCloseable {
    private static final byte[] NOTHING = new byte[0];

    private final Connection connection;
    private final PreparedStatement newest;
    private final PreparedStatement insert;
    private final PreparedStatement mark;

    SqliteWriter(Connection connection) throws SQLException {
        this.connection = connection;
        this.newest = connection.prepareStatement(
                "SELECT created, revision, deleted FROM log WHERE key = ? ORDER BY revision DESC LIMIT 1");
        this.insert = connection.prepareStatement(
                "INSERT INTO log (revision, key, created, deleted, value) VALUES (?, ?, ?, ?, ?)");
        this.mark = connection.prepareStatement("UPDATE mark SET revision = ? WHERE name = ?");
    }

    /** Of a key now; revision 0: it does not exist. */
    private record Head(long created, long revision) {}

    private Head head(String key) throws SQLException {
        newest.setString(1, key);
        try (ResultSet rows = newest.executeQuery()) {
            return rows.next() && rows.getInt(3) == 0 ? new Head(rows.getLong(1), rows.getLong(2)) : new Head(0, 0);
        }
    }

    void begin() throws SQLException {
        SqliteFile.execute(connection, "BEGIN IMMEDIATE");
    }

    /** Everything since {@link #begin} is on disk when this returns. */
    void commit() throws SQLException {
        SqliteFile.execute(connection, "COMMIT");
    }

    void rollback() {
        try {
            SqliteFile.execute(connection, "ROLLBACK");
        } catch (SQLException e) {
            // SQLite has rolled back by itself, which it does after some errors.
        }
    }

    /** One transaction within a group; after a conflict nothing of it is in the group. */
    Outcome apply(List<Condition> conditions, List<Change> changes, long revision) throws SQLException {
        for (Condition condition : conditions) {
            long actual = head(condition.key()).revision();
            if (actual != condition.revision()) {
                return new Conflict(condition, actual);
            }
        }
        for (Change change : changes) {
            if (change instanceof Delete(String key) && head(key).revision() == 0) {
                return new Conflict(new Condition(key, -1), 0);
            }
        }
        for (Change change : changes) {
            Head before = head(change.key());
            long created = before.revision() == 0 ? revision : before.created();
            switch (change) {
                case Put(String key, byte[] value) -> insert(revision, key, created, false, value);
                case Delete(String key) -> insert(revision, key, created, true, NOTHING);
            }
        }
        return new Committed(revision);
    }

    private void insert(long revision, String key, long created, boolean deleted, byte[] value) throws SQLException {
        insert.setLong(1, revision);
        insert.setString(2, key);
        insert.setLong(3, created);
        insert.setInt(4, deleted ? 1 : 0);
        insert.setBytes(5, value);
        insert.executeUpdate();
    }

    private void mark(String name, long revision) throws SQLException {
        mark.setLong(1, revision);
        mark.setString(2, name);
        mark.executeUpdate();
    }

    /** Forgets what was replaced or deleted up to a revision. */
    void compact(long revision, long newestRevision) throws SQLException {
        try (PreparedStatement delete = connection.prepareStatement("""
                DELETE FROM log WHERE revision <= ?1 AND (deleted = 1 OR EXISTS (
                    SELECT 1 FROM log AS later WHERE later.key = log.key AND later.revision > log.revision AND later.revision <= ?1))""")) {
            delete.setLong(1, revision);
            delete.executeUpdate();
        }
        mark("compacted", revision);
        // A deletion may have been the newest revision of all; its number is not used again.
        mark("newest", newestRevision);
    }

    void restore(long revision, List<Entry> entries) throws SQLException {
        for (Entry entry : entries) {
            insert(revision, entry.key(), revision, false, entry.value());
        }
        mark("compacted", revision);
        mark("newest", revision);
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
