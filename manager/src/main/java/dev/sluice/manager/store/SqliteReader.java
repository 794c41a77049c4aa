package dev.sluice.manager.store;

import dev.sluice.manager.store.Store.Entry;
import dev.sluice.manager.store.Store.Event;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The questions to the file, one at a time; the writer is never in their way (write-ahead log). */
final class SqliteReader implements AutoCloseable {
    private static final String AT = """
            SELECT key, created, revision, value, deleted FROM log WHERE key = ? AND revision <= ? ORDER BY revision DESC LIMIT 1""";
    private static final String LIST = """
            SELECT key, created, revision, value, deleted FROM log AS l WHERE key > ?1 AND key >= ?2 AND key < ?3 AND deleted = 0
                AND revision = (SELECT MAX(revision) FROM log WHERE key = l.key AND revision <= ?4) ORDER BY key LIMIT ?5""";
    private static final String EVENTS = """
            SELECT key, created, revision, value, deleted FROM log WHERE revision > ?1 AND revision <= ?2 AND key >= ?3 AND key < ?4
                ORDER BY revision, key""";

    private final Connection connection;

    SqliteReader(Connection connection) {
        this.connection = connection;
    }

    synchronized long mark(String name) throws SQLException {
        return SqliteFile.number(connection, "SELECT revision FROM mark WHERE name = '" + name + "'");
    }

    synchronized long newest() throws SQLException {
        return Math.max(mark("newest"), SqliteFile.number(connection, "SELECT MAX(revision) FROM log"));
    }

    /** The value of a key as of a revision. */
    synchronized Optional<Entry> get(String key, long revision) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(AT)) {
            select.setString(1, key);
            select.setLong(2, revision);
            try (ResultSet rows = select.executeQuery()) {
                return rows.next() && !deleted(rows) ? Optional.of(entry(rows)) : Optional.empty();
            }
        }
    }

    synchronized List<Entry> list(String prefix, String after, int limit, long revision) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(LIST)) {
            select.setString(1, after);
            select.setString(2, prefix);
            select.setString(3, Keys.end(prefix));
            select.setLong(4, revision);
            select.setInt(5, limit);
            List<Entry> entries = new ArrayList<>();
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    entries.add(entry(rows));
                }
            }
            return entries;
        }
    }

    synchronized List<Event> events(String prefix, long after, long newest, int limit) throws SQLException {
        List<Event> events = new ArrayList<>();
        try (PreparedStatement select = connection.prepareStatement(EVENTS)) {
            select.setLong(1, after);
            select.setLong(2, newest);
            select.setString(3, prefix);
            select.setString(4, Keys.end(prefix));
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    Entry entry = entry(rows);
                    boolean sameTransaction =
                            !events.isEmpty() && events.getLast().entry().revision() == entry.revision();
                    if (events.size() >= limit && !sameTransaction) {
                        break;
                    }
                    events.add(new Event(deleted(rows), entry, get(entry.key(), entry.revision() - 1)));
                }
            }
        }
        return List.copyOf(events);
    }

    private static boolean deleted(ResultSet rows) throws SQLException {
        return rows.getInt(5) != 0;
    }

    private static Entry entry(ResultSet rows) throws SQLException {
        return new Entry(rows.getString(1), rows.getLong(2), rows.getLong(3), rows.getBytes(4));
    }

    @Override
    public synchronized void close() throws SQLException {
        connection.close();
    }
}
