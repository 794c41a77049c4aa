package dev.sluice.manager.store;

import java.util.List;
import java.util.Optional;

/**
 * Values under keys, in revisions. A transaction is one revision: all its changes or none, for readers, watchers and after a crash alike. Revisions
 * count up from 1 and are never used again. Any thread; what a transaction answered with is on disk when it answers.
 *
 * <p>The words are etcd's, so that a cluster of etcd can stand behind this interface.
 */
public interface Store extends AutoCloseable {
    /** Longest key, in characters. */
    int KEY_LENGTH_MAX = 512;

    /** Longest value. */
    int VALUE_BYTES_MAX = 8 * 1024 * 1024;

    /** Most changes in one transaction. */
    int CHANGES_MAX = 20_000;

    /** Most entries that one listing gives. */
    int LIST_MAX = 1_000;

    /** The revision of the newest transaction; 0: none yet. */
    long revision();

    /** The oldest revision that can be listed; watches go on from this one or a later one. */
    long compacted();

    /** The value of a key now. */
    Optional<Entry> get(String key);

    /**
     * The entries whose keys begin with a prefix, in the order of keys.
     *
     * @param prefix at least one character
     * @param after only keys behind this one; empty: from the first
     * @param limit 1..{@value #LIST_MAX}
     * @param revision as it was then; 0: now
     * @throws CompactedException if that revision is not kept any more, or has not been yet
     */
    Listing list(String prefix, String after, int limit, long revision) throws CompactedException;

    /**
     * What happened to keys with a prefix behind a revision, oldest first; whole transactions only.
     *
     * @param limit after how many events to stop at the end of a transaction, at least 1
     * @throws CompactedException if what happened since is not kept any more, or the revision has not been yet
     */
    List<Event> events(String prefix, long after, int limit) throws CompactedException;

    /**
     * Waits until there is a newer revision than one.
     *
     * @return the newest revision; not newer than asked for if the time ran out
     * @throws StoreException if the store is closed
     */
    long await(long after, long timeoutMs) throws InterruptedException;

    /**
     * Changes keys, if all conditions hold.
     *
     * @return the new revision, or the first condition that does not hold; then nothing is changed
     * @throws StoreException if it cannot be written: nothing is changed, what was there is intact
     */
    Outcome commit(List<Condition> conditions, List<Change> changes);

    /**
     * Forgets what was before a revision: entries that were replaced or deleted up to it.
     *
     * @throws CompactedException if it is older than {@link #compacted}, or has not been yet
     */
    void compact(long revision) throws CompactedException;

    /**
     * Fills an empty store, in one transaction. What was watched or read before counts as compacted.
     *
     * @param revision the revision of that transaction, at least 1
     * @throws IllegalStateException if the store is not empty
     */
    void restore(long revision, List<Entry> entries);

    /** Whether the last change was refused for want of room that {@link #compact} could make. */
    default boolean lacksRoom() {
        return false;
    }

    /** Whether several managers may have it open at a time. */
    default boolean isShared() {
        return false;
    }

    /** Has a manager stand for leading those of this store. One that has the store for itself leads at once, and its exceptions are thrown here. */
    default Election elect(Election.Candidate candidate) {
        return Election.alone(candidate);
    }

    /** How much the store takes on disk, in bytes; 0: nothing. */
    long sizeBytes();

    @Override
    void close();

    /**
     * What is stored under a key.
     *
     * @param created revision that brought the key, after it was last deleted
     * @param revision revision that brought this value
     * @param value not to be changed
     */
    @SuppressWarnings("ArrayRecordComponent") // compared nowhere
    record Entry(String key, long created, long revision, byte[] value) {}

    /**
     * A part of a listing.
     *
     * @param revision what the entries are the state of
     * @param more whether there are entries behind the last one
     */
    record Listing(long revision, List<Entry> entries, boolean more) {}

    /**
     * What one transaction did to a key.
     *
     * @param entry the new value; of a deletion, the revision is that of the deletion, the value is empty
     * @param previous the value before; empty if there was none, or it has been compacted
     */
    record Event(boolean deleted, Entry entry, Optional<Entry> previous) {}

    /**
     * What has to hold for a transaction.
     *
     * @param revision the revision that the key's value has; 0: there is no such key
     */
    record Condition(String key, long revision) {}

    /** A change of one key. */
    sealed interface Change {
        /** The key. */
        String key();
    }

    /** Stores a value, whether or not there is one already. */
    @SuppressWarnings("ArrayRecordComponent") // compared nowhere
    record Put(String key, byte[] value) implements Change {}

    /** Removes a key; it has to exist. */
    record Delete(String key) implements Change {}

    /** What became of a transaction. */
    sealed interface Outcome {}

    /** It is on disk. */
    record Committed(long revision) implements Outcome {}

    /**
     * Nothing was done.
     *
     * @param failed what did not hold; for a deleted key that does not exist, the key with the revision -1
     * @param actual the revision that the key has; 0: it does not exist
     */
    record Conflict(Condition failed, long actual) implements Outcome {}
}
