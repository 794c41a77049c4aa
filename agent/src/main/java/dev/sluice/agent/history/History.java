package dev.sluice.agent.history;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The revisions of a node and which of them runs. One writer: the thread that changes the configuration; anybody may read. Changes count at once in
 * memory; a thread of its own, or whoever calls {@link #writeNow}, brings them to disk, tries again every {@value #RETRY_MS} ms while that fails, and says why in {@link #problem}.
 *
 * <p>Bounded: beyond {@link Limits} the oldest revisions go, never the running, the last good or the newest one.
 */
public final class History implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(History.class);
    private static final int RETRY_MS = 2000;
    private static final Duration LAST_WRITES = Duration.ofSeconds(2);

    /**
     * How much is kept.
     *
     * @param revisionsMax revisions, 2 or more
     * @param diskBytesMax room of all on disk
     * @param memoryBytesMax room of those that could not be written to disk yet
     */
    public record Limits(int revisionsMax, long diskBytesMax, long memoryBytesMax) {
        /** 100 revisions, 64 MiB, 8 MiB in memory. */
        public static final Limits DEFAULT = new Limits(100, 64L << 20, 8L << 20);
    }

    private final HistoryDirectory disk;
    private final Limits limits;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final TreeMap<Integer, RevisionHead> heads = new TreeMap<>();
    private final Map<Integer, Revision> unwritten = new HashMap<>();
    private final NavigableSet<Integer> dirty = new TreeSet<>();
    private final NavigableSet<Integer> removed = new TreeSet<>();
    private final NavigableSet<Integer> damaged = new TreeSet<>();
    private final List<String> messages = new ArrayList<>();
    private HistoryState state = HistoryState.NONE;
    private boolean stateDirty;
    private int lastNumber;
    private long failures;
    private boolean claimed;
    private boolean inline;
    private boolean closing;
    private volatile String problem = "";
    private final Thread writer;

    private History(HistoryDirectory disk, Limits limits) {
        this.disk = disk;
        this.limits = limits;
        writer = Thread.ofPlatform().daemon().name("sluice-history").unstarted(this::write);
    }

    /** Reads what there is and starts to write; never fails: what is wrong is in {@link #problem} and {@link #messages}. */
    public static History open(Path directory) {
        return open(directory, Limits.DEFAULT);
    }

    /** The same without a thread: nothing is on disk before {@link #writeNow}, {@link #flush} or {@link #close}. */
    public static History withoutThread(HistoryDirectory disk) {
        History history = new History(disk, Limits.DEFAULT);
        history.inline = true;
        history.claim();
        history.read();
        return history;
    }

    static History open(Path directory, Limits limits) {
        return open(new HistoryDirectory(directory), limits);
    }

    static History open(HistoryDirectory disk, Limits limits) {
        History history = new History(disk, limits);
        history.claim();
        history.read();
        history.writer.start();
        return history;
    }

    private void claim() {
        try {
            disk.claim();
            claimed = true;
        } catch (IOException e) {
            failed(e);
        }
    }

    private void read() {
        try {
            for (int number : disk.numbers()) {
                lastNumber = Math.max(lastNumber, number);
                read(number);
            }
        } catch (IOException e) {
            failed(e);
        }
        try {
            byte[] stored = disk.readState();
            state = stored == null ? HistoryState.guess(heads.values()) : HistoryFormat.state(stored);
        } catch (IOException e) {
            message("state " + HistoryDirectory.reason(e) + "; it is taken from the revisions themselves");
            state = HistoryState.guess(heads.values());
        }
        if (!heads.containsKey(state.good()) || !heads.containsKey(state.running())) {
            HistoryState guess = HistoryState.guess(heads.values());
            boolean goodIsThere = heads.containsKey(state.good());
            boolean runningIsThere = heads.containsKey(state.running());
            state = new HistoryState(
                    runningIsThere ? state.running() : goodIsThere ? state.good() : guess.running(),
                    goodIsThere ? state.good() : guess.good(),
                    state.filesNotApplied(),
                    state.instances());
        }
    }

    private void read(int number) {
        try {
            byte[] bytes = disk.readRevision(number);
            Revision revision = HistoryFormat.revision(bytes);
            if (revision.number() != number) {
                throw new IOException("holds revision " + revision.number());
            }
            heads.put(number, RevisionHead.of(revision, bytes.length));
        } catch (IOException e) {
            damaged.add(number);
            message("revision " + number + " " + HistoryDirectory.reason(e) + "; it is left out");
        }
    }

    private void message(String text) {
        String whole = "history in " + disk.path() + ": " + text;
        messages.add(whole);
        LOG.warn("{}", whole);
    }

    // For readers; any thread.

    /** Where it is on disk. */
    public Path directory() {
        return disk.path();
    }

    /** Why changes are not on disk; empty: they are, or will be in a moment. */
    public String problem() {
        return problem;
    }

    /** What was wrong with files found at start. */
    public List<String> messages() {
        return List.copyOf(messages);
    }

    /** The revisions, oldest first. */
    public List<RevisionHead> revisions() {
        lock.lock();
        try {
            return List.copyOf(heads.values());
        } finally {
            lock.unlock();
        }
    }

    /** The revision of that number, without its texts. */
    public Optional<RevisionHead> revision(int number) {
        lock.lock();
        try {
            return Optional.ofNullable(heads.get(number));
        } finally {
            lock.unlock();
        }
    }

    /** Which revision runs, as far as this history was told. */
    public HistoryState state() {
        lock.lock();
        try {
            return state;
        } finally {
            lock.unlock();
        }
    }

    /**
     * A revision with its texts.
     *
     * @throws IOException if there is none of that number, or its file cannot be read or is damaged; says which
     */
    public Revision read(Integer number) throws IOException {
        lock.lock();
        try {
            Revision held = unwritten.get(number);
            RevisionHead head = heads.get(number);
            if (head == null) {
                throw new IOException("there is no revision " + number
                        + (heads.isEmpty() ? "" : "; there are " + heads.firstKey() + ".." + heads.lastKey()));
            }
            if (held != null) {
                return held.with(head);
            }
        } finally {
            lock.unlock();
        }
        return fromDisk(number);
    }

    private Revision fromDisk(int number) throws IOException {
        try {
            return HistoryFormat.revision(disk.readRevision(number));
        } catch (IOException e) {
            throw new IOException("revision " + number + " " + HistoryDirectory.reason(e), e);
        }
    }

    // For the writer of the configuration.

    /**
     * Keeps a revision; its number is given here.
     *
     * @return its number
     */
    public int add(Revision template) {
        lock.lock();
        try {
            lastNumber++;
            Revision revision = new Revision(
                    lastNumber,
                    template.time(),
                    template.node(),
                    template.source(),
                    template.generation(),
                    template.outcome(),
                    template.texts(),
                    template.forcedInterfaces());
            heads.put(lastNumber, RevisionHead.of(revision, HistoryFormat.encode(revision).length));
            unwritten.put(lastNumber, revision);
            dirty.add(lastNumber);
            evict();
            changed.signalAll();
            return lastNumber;
        } finally {
            lock.unlock();
        }
    }

    /** Notes what became of a revision. */
    public void outcome(int number, Revision.Outcome outcome) {
        change(number, head -> head.with(outcome));
    }

    /** Notes the interfaces that a revision may take although the host needs them. */
    public void forced(int number, List<String> interfaces) {
        change(number, head -> head.forced(interfaces));
    }

    private void change(int number, UnaryOperator<RevisionHead> how) {
        lock.lock();
        try {
            RevisionHead head = heads.get(number);
            RevisionHead next = head == null ? null : how.apply(head);
            if (next != null && !next.equals(head)) {
                heads.put(number, next);
                dirty.add(number);
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Notes which revision runs; what instances were given stays. */
    public void state(HistoryState now) {
        change(before -> now.with(before.instances()));
    }

    /** Notes the administrative states that service instances were given at run time, by name. */
    public void instances(Map<String, String> words) {
        change(before -> before.with(words));
    }

    private void change(UnaryOperator<HistoryState> how) {
        lock.lock();
        try {
            HistoryState now = how.apply(state);
            if (!state.equals(now)) {
                state = now;
                stateDirty = true;
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Waits until all is on disk; false if that fails or takes longer. */
    public boolean flush(Duration longest) {
        long restNs = longest.toNanos();
        if (inline) {
            return writeNow();
        }
        lock.lock();
        try {
            long before = failures;
            while (!clean()) {
                if (restNs <= 0 || failures != before || !problem.isEmpty()) {
                    return false;
                }
                restNs = changed.awaitNanos(restNs);
            }
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } finally {
            lock.unlock();
        }
    }

    private boolean clean() {
        return dirty.isEmpty() && removed.isEmpty() && !stateDirty;
    }

    private void evict() {
        while (heads.size() > limits.revisionsMax() || bytes(heads.keySet()) > limits.diskBytesMax()) {
            if (!evictOldest(heads.navigableKeySet())) {
                return;
            }
        }
        while (bytes(unwritten.keySet()) > limits.memoryBytesMax() && evictOldest(new TreeSet<>(unwritten.keySet()))) {
            // One more is gone.
        }
    }

    private long bytes(Iterable<Integer> numbers) {
        long sum = 0;
        for (int number : numbers) {
            RevisionHead head = heads.get(number);
            sum += head == null ? 0 : head.bytes();
        }
        return sum;
    }

    private boolean evictOldest(NavigableSet<Integer> numbers) {
        for (Integer number : numbers) {
            if (number != state.good() && number != state.running() && number != lastNumber) {
                heads.remove(number);
                unwritten.remove(number);
                dirty.remove(number);
                removed.add(number);
                NavigableSet<Integer> older = damaged.headSet(number, false);
                removed.addAll(older);
                older.clear();
                return true;
            }
        }
        return false;
    }

    // The thread that writes.

    private void write() {
        while (awaitWork()) {
            if (!writeNow()) {
                pause();
            }
        }
    }

    /** Brings to disk what is not there yet; whether that worked. For the thread that writes, or the one user of a history that has none. */
    public boolean writeNow() {
        try {
            if (!claimed) {
                claimLate();
            }
            while (writeOne()) {
                // And the next.
            }
            succeeded();
            return true;
        } catch (IOException e) {
            failed(e);
            return false;
        }
    }

    private boolean awaitWork() {
        lock.lock();
        try {
            while (clean() && !closing) {
                changed.await();
            }
            return !closing || (!clean() && problem.isEmpty());
        } catch (InterruptedException e) {
            return false;
        } finally {
            lock.unlock();
        }
    }

    /** The directory could not be had at start: what is in it now may be somebody else's. */
    private void claimLate() throws IOException {
        disk.claim();
        NavigableSet<Integer> found = disk.numbers();
        lock.lock();
        try {
            found.removeAll(heads.keySet());
            found.removeAll(damaged);
            found.removeAll(removed);
        } finally {
            lock.unlock();
        }
        if (!found.isEmpty()) {
            disk.close();
            throw new IOException("it now holds revisions that this node has not read at its start ("
                    + HistoryDirectory.fileName(found.getFirst()) + "); restart the node, or move them away");
        }
        claimed = true;
    }

    /**
     * Removes, or writes, one thing; false if there was nothing to do. What is to go goes first: it makes room. That a change was taken back is written last, after
     * the state that says what runs instead: after a crash between the two, the files would be taken for what is to run.
     */
    private boolean writeOne() throws IOException {
        Integer gone;
        Revision revision = null;
        HistoryState now = null;
        RevisionHead head = null;
        lock.lock();
        try {
            gone = removed.isEmpty() ? null : removed.getFirst();
            if (gone == null) {
                head = firstDirty(false);
                now = head == null && stateDirty ? state : null;
                head = head == null && now == null ? firstDirty(true) : head;
                revision = head == null ? null : unwritten.get(head.number());
            }
        } finally {
            lock.unlock();
        }
        if (gone != null) {
            disk.remove(gone);
        } else if (head != null) {
            Revision whole = revision == null ? stillWhole(head.number()) : revision;
            if (whole != null) {
                disk.writeRevision(head.number(), HistoryFormat.encode(whole.with(head)));
            }
        } else if (now != null) {
            disk.writeState(HistoryFormat.encode(now));
        } else {
            return false;
        }
        written(gone, head, now);
        return true;
    }

    /** The oldest revision to be written that was, or was not, taken back; null: none. */
    private @Nullable RevisionHead firstDirty(boolean reverted) {
        for (Integer number : dirty) {
            RevisionHead head = Objects.requireNonNull(heads.get(number));
            if ((head.outcome() == Revision.Outcome.REVERTED) == reverted) {
                return head;
            }
        }
        return null;
    }

    /** Null, and the revision is left out from now on, if its file was damaged meanwhile. */
    private @Nullable Revision stillWhole(Integer number) {
        try {
            return fromDisk(number);
        } catch (IOException e) {
            LOG.warn("history in {}: {}; it is left out", disk.path(), e.getMessage());
            lock.lock();
            try {
                heads.remove(number);
                damaged.add(number);
            } finally {
                lock.unlock();
            }
            return null;
        }
    }

    private void written(@Nullable Integer gone, @Nullable RevisionHead head, @Nullable HistoryState now) {
        lock.lock();
        try {
            if (gone != null) {
                removed.remove(gone);
            }
            if (head != null) {
                RevisionHead newest = heads.get(head.number());
                if (newest == null || newest.equals(head)) {
                    dirty.remove(head.number());
                }
                unwritten.remove(head.number());
            }
            if (now != null && now.equals(state)) {
                stateDirty = false;
            }
        } finally {
            lock.unlock();
        }
    }

    private void succeeded() {
        if (!problem.isEmpty()) {
            LOG.info("history is written to {} again", disk.path());
        }
        lock.lock();
        try {
            problem = "";
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void failed(IOException e) {
        String reason = HistoryDirectory.reason(e);
        if (!reason.equals(problem)) {
            LOG.warn(
                    "history is not written to {}: {}; configurations are applied all the same, their history is kept"
                            + " in memory and written as soon as that works",
                    disk.path(),
                    reason);
        }
        lock.lock();
        try {
            problem = reason;
            failures++;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Waits before the next attempt; a change does not make it sooner, the end does. */
    private void pause() {
        long restNs = RETRY_MS * 1_000_000L;
        lock.lock();
        try {
            while (restNs > 0 && !closing) {
                restNs = changed.awaitNanos(restNs);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
        }
    }

    /** Writes what is left, if that works within two seconds, and gives the directory free. */
    @Override
    public void close() {
        flush(LAST_WRITES);
        lock.lock();
        try {
            closing = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        try {
            if (writer.join(LAST_WRITES)) {
                disk.close();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            LOG.debug("the lock in {} could not be given free: {}", disk.path(), e.toString());
        }
    }
}
