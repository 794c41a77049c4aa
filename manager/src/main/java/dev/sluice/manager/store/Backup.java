package dev.sluice.manager.store;

import dev.sluice.manager.store.Store.Entry;
import dev.sluice.manager.store.Store.Listing;
import dev.sluice.manager.store.StoreException.Reason;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * All entries of a store at one revision, as bytes that any kind of store can be filled from: a line of text, revision and count, then key, revisions and value of each
 * entry, and the SHA-256 of all that. Taken while the store is used.
 */
public final class Backup {
    /** Versions that may have been given out after a backup was taken are not given out again after it is restored. */
    static final long REVISIONS_SKIPPED = 1_000_000;

    private static final byte[] HEAD = "sluice backup 1\n".getBytes(StandardCharsets.US_ASCII);
    private static final int HASH_BYTES = 32;
    private static final int TRIES_MAX = 5;

    private Backup() {}

    /** The entries whose keys begin with one of the prefixes, all of one revision. */
    public static byte[] take(Store store, List<String> prefixes) {
        for (int tries = 0; tries < TRIES_MAX; tries++) {
            try {
                long revision = store.revision();
                List<Entry> entries = new ArrayList<>();
                if (revision > 0) {
                    for (String prefix : prefixes) {
                        list(store, prefix, revision, entries);
                    }
                }
                return write(revision, entries);
            } catch (CompactedException e) {
                // Compacted while it was read: again, at a newer revision.
            }
        }
        throw new StoreException(Reason.FAILED, "the store is compacted faster than it can be read; try again");
    }

    private static void list(Store store, String prefix, long revision, List<Entry> entries) throws CompactedException {
        String after = "";
        Listing part;
        do {
            part = store.list(prefix, after, Store.LIST_MAX, revision);
            entries.addAll(part.entries());
            after = part.entries().isEmpty() ? "" : part.entries().getLast().key();
        } while (part.more());
    }

    private static byte[] write(long revision, List<Entry> entries) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.write(HEAD);
            out.writeLong(revision);
            out.writeInt(entries.size());
            for (Entry entry : entries) {
                out.writeUTF(entry.key());
                out.writeLong(entry.created());
                out.writeLong(entry.revision());
                out.writeInt(entry.value().length);
                out.write(entry.value());
            }
            out.write(hash(bytes.toByteArray(), bytes.size()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private static byte[] hash(byte[] bytes, int length) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(bytes, 0, length);
            return digest.digest();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * Fills an empty store. Whoever watched the old one lists anew.
     *
     * @return how many entries there are
     * @throws StoreException if these bytes are no backup, or not whole, or the store is not empty
     */
    public static int restore(byte[] backup, Store store) {
        int end = backup.length - HASH_BYTES;
        boolean isBackup = end >= HEAD.length && Arrays.equals(backup, 0, HEAD.length, HEAD, 0, HEAD.length);
        if (!isBackup) {
            throw new StoreException(Reason.CORRUPT, "this is no backup of a manager");
        }
        if (!Arrays.equals(backup, end, backup.length, hash(backup, end), 0, HASH_BYTES)) {
            throw new StoreException(Reason.CORRUPT, "the backup is damaged or cut off; use another one");
        }
        if (store.revision() != 0) {
            throw new StoreException(
                    Reason.IN_USE, "there are objects already; a backup is restored to an empty directory");
        }
        try (DataInputStream in =
                new DataInputStream(new ByteArrayInputStream(backup, HEAD.length, end - HEAD.length))) {
            long revision = in.readLong();
            int count = in.readInt();
            List<Entry> entries = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                String key = in.readUTF();
                long created = in.readLong();
                long changed = in.readLong();
                entries.add(new Entry(key, created, changed, in.readNBytes(in.readInt())));
            }
            store.restore(revision + REVISIONS_SKIPPED, entries);
            return count;
        } catch (IOException | IllegalArgumentException e) {
            throw new StoreException(Reason.CORRUPT, "the backup is of another version: " + e.getMessage(), e);
        }
    }
}
