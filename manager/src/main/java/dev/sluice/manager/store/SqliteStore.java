package dev.sluice.manager.store;

import dev.sluice.manager.store.StoreException.Reason;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * A store in one SQLite file: an append-only log of revisions, as in kine. One writer thread; transactions that wait while one is forced to disk
 * go to disk together (group commit). A transaction answers when it is on disk.
 */
public final class SqliteStore implements Store {
    private static final int GROUP_MAX = 256;
    private static final int WAITING_MAX = 10_000;

    private final SqliteFile file;
    private final SqliteWriter writer;
    private final SqliteReader reader;
    private final Revisions revisions = new Revisions();
    private final LinkedBlockingQueue<Task> waiting = new LinkedBlockingQueue<>(WAITING_MAX);
    private final Thread thread;
    private volatile boolean closed;

    /** What the writer thread is to do; the revision that an answer may depend on is given by the writer. */
    private interface Work {
        /** Does it within the open transaction; null: the newest revision stays. */
        @Nullable
        Outcome apply(long revision) throws SQLException;
    }

    private record Task(Work work, CompletableFuture<@Nullable Outcome> answer) {}

    private SqliteStore(SqliteFile file, SqliteWriter writer, SqliteReader reader) throws SQLException {
        this.file = file;
        this.writer = writer;
        this.reader = reader;
        revisions.start(reader.newest(), reader.mark("compacted"));
        this.thread = Thread.ofPlatform().daemon().name("sluice-store").unstarted(this::write);
    }

    /**
     * Opens the store in a directory, which is made if it is not there.
     *
     * @throws StoreException if it cannot be used; the message says why and what to do
     */
    public static SqliteStore open(Path directory) {
        SqliteFile file = SqliteFile.open(directory);
        try {
            var connection = file.connect();
            file.prepare(connection);
            SqliteStore store = new SqliteStore(file, new SqliteWriter(connection), new SqliteReader(file.connect()));
            store.thread.start();
            return store;
        } catch (SQLException e) {
            file.close();
            throw file.failure(e);
        } catch (StoreException e) {
            file.close();
            throw e;
        }
    }

    private void write() {
        List<Task> group = new ArrayList<>();
        try {
            while (!closed || !waiting.isEmpty()) {
                group.add(waiting.take());
                waiting.drainTo(group, GROUP_MAX - 1);
                write(group);
                group.clear();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            closed = true;
            waiting.drainTo(group);
            group.forEach(task -> task.answer.completeExceptionally(closedException()));
        }
    }

    private void write(List<Task> group) {
        List<@Nullable Outcome> outcomes = new ArrayList<>();
        long revision = revisions.newest();
        try {
            writer.begin();
            for (Task task : group) {
                Outcome outcome = task.work.apply(revision + 1);
                if (outcome instanceof Committed) {
                    revision++;
                }
                outcomes.add(outcome);
            }
            writer.commit();
        } catch (SQLException e) {
            writer.rollback();
            StoreException failure = file.failure(e);
            group.forEach(task -> task.answer.completeExceptionally(failure));
            return;
        } catch (RuntimeException e) {
            writer.rollback();
            group.forEach(task -> task.answer.completeExceptionally(e));
            return;
        }
        if (revision > revisions.newest()) {
            revisions.advance(revision);
        }
        for (int i = 0; i < group.size(); i++) {
            group.get(i).answer.complete(outcomes.get(i));
        }
    }

    private @Nullable Outcome submit(Work work) {
        Task task = new Task(work, new CompletableFuture<>());
        if (closed || !waiting.offer(task)) {
            throw closed
                    ? closedException()
                    : new StoreException(
                            Reason.FAILED, WAITING_MAX + " transactions wait for the disk; try again later");
        }
        if (closed) {
            // The writer may have looked for the last time before this was in the queue.
            task.answer.completeExceptionally(closedException());
        }
        try {
            return task.answer.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof StoreException failure) {
                throw new StoreException(failure.reason(), String.valueOf(failure.getMessage()), failure);
            }
            if (e.getCause() instanceof IllegalStateException state) {
                throw new IllegalStateException(state.getMessage(), state);
            }
            throw e;
        }
    }

    private static StoreException closedException() {
        return new StoreException(Reason.CLOSED, "the store is closed");
    }

    /** A question to the file. */
    private interface Question<T> {
        T ask() throws SQLException;
    }

    private <T> T read(Question<T> question) {
        try {
            return question.ask();
        } catch (SQLException e) {
            throw closed ? closedException() : file.failure(e);
        }
    }

    @Override
    public long revision() {
        return revisions.newest();
    }

    @Override
    public long compacted() {
        return revisions.compacted();
    }

    @Override
    public Optional<Entry> get(String key) {
        Keys.check(key);
        return read(() -> reader.get(key, revisions.newest()));
    }

    @Override
    public Listing list(String prefix, String after, int limit, long revision) throws CompactedException {
        Keys.checkLimit(limit);
        long asOf = revision == 0 ? revisions.newest() : revision;
        revisions.checkKept(asOf);
        List<Entry> entries = read(() -> reader.list(prefix, after, limit + 1, asOf));
        // A compaction may have come between; it moves its mark before it deletes.
        revisions.checkKept(asOf);
        boolean more = entries.size() > limit;
        return new Listing(asOf, List.copyOf(more ? entries.subList(0, limit) : entries), more);
    }

    @Override
    public List<Event> events(String prefix, long after, int limit) throws CompactedException {
        revisions.checkKept(after);
        List<Event> events = read(() -> reader.events(prefix, after, revisions.newest(), limit));
        revisions.checkKept(after);
        return events;
    }

    @Override
    public long await(long after, long timeoutMs) throws InterruptedException {
        return revisions.await(after, timeoutMs);
    }

    @Override
    public Outcome commit(List<Condition> conditions, List<Change> changes) {
        Keys.check(conditions, changes);
        Outcome outcome = submit(revision -> writer.apply(conditions, changes, revision));
        if (outcome == null) {
            throw new IllegalStateException("no outcome");
        }
        return outcome;
    }

    @Override
    public void compact(long revision) throws CompactedException {
        revisions.checkKept(revision);
        long before = revisions.compacted();
        revisions.compact(revision);
        try {
            submit(next -> {
                writer.compact(revision, next - 1);
                return null;
            });
        } catch (StoreException e) {
            revisions.compact(before);
            throw e;
        }
    }

    @Override
    public void restore(long revision, List<Entry> entries) {
        for (Entry entry : entries) {
            Keys.check(List.of(), List.of(new Put(entry.key(), entry.value())));
        }
        submit(next -> {
            if (next != 1) {
                throw new IllegalStateException("not empty: revision " + (next - 1));
            }
            writer.restore(revision, entries);
            return null;
        });
        revisions.start(revision, revision);
    }

    @Override
    public long sizeBytes() {
        return file.sizeBytes();
    }

    /** Lets transactions that wait end, then closes the file. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        revisions.close();
        try {
            // A task that does nothing wakes the writer, which then sees that it is to end.
            waiting.put(new Task(revision -> null, new CompletableFuture<>()));
            thread.join();
            reader.close();
            writer.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (SQLException e) {
            throw file.failure(e);
        } finally {
            file.close();
        }
    }
}
