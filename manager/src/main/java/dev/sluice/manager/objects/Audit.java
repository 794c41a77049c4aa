package dev.sluice.manager.objects;

import dev.sluice.manager.store.Store.Entry;
import dev.sluice.manager.store.Store.Put;
import dev.sluice.southbound.Protocol;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The record of changes: who changed what, and how. Each entry is written in the transaction of its change and holds the hash of the entry before it, so
 * that none can be changed, left out or put in later without its being seen.
 */
public final class Audit {
    static final String PREFIX = "audit/";

    /** Changes of one entry that are listed; the rest is only counted. */
    private static final int CHANGES_MAX = 200;

    private Audit() {}

    /**
     * The end of the chain.
     *
     * @param count entries so far
     * @param hash of the last one; empty: there is none
     * @param changes number of the newest change of the history
     * @param kept changes behind this one are kept, so that this is the oldest one to go back to
     * @param bytes of all changes that there ever were in the history
     */
    record Head(long count, String hash, long changes, long kept, long bytes) {
        static Head of(Optional<Entry> stored) {
            if (stored.isEmpty()) {
                return new Head(0, "", 0, 0, 0);
            }
            ObjectNode tree = Trees.read(stored.get().value());
            long count = tree.path("audit").asLong();
            // A version that knows of no history wrote last: what it changed is in none, so a new one begins, with
            // numbers that were never given out.
            return new Head(
                    count,
                    tree.path("hash").asString(""),
                    tree.path("changes").asLong(count),
                    tree.path("kept").asLong(count),
                    tree.path("bytes").asLong(0));
        }

        byte[] value() {
            return Trees.bytes(Map.of("audit", count, "hash", hash, "changes", changes, "kept", kept, "bytes", bytes));
        }

        /** With one more change in the history. */
        Head changed(long newBytes) {
            return new Head(count, hash, changes + 1, kept, bytes + newBytes);
        }

        /** With a history that begins later. */
        Head keeping(long from) {
            return new Head(count, hash, changes, from, bytes);
        }
    }

    /** A new entry at the end. */
    record Next(Put entry, Head head) {}

    static String key(long number) {
        return PREFIX + String.format("%012d", number);
    }

    /**
     * A new entry.
     *
     * @param objects what was changed, and how in one word: {@code created Service/fw}
     * @param changes field by field
     * @param backTo the revision that was gone back to; empty: it is no rollback
     */
    static Next next(
            Head before, String time, Caller caller, List<String> objects, List<String> changes, OptionalLong backTo) {
        long number = before.count() + 1;
        ObjectNode entry = Trees.object();
        entry.put("number", number);
        entry.put("time", time);
        entry.put("user", caller.user());
        entry.put("manager", caller.manager());
        entry.set("objects", Trees.tree(objects));
        entry.set("changes", Trees.tree(changes.stream().limit(CHANGES_MAX).toList()));
        entry.put("changeCount", changes.size());
        backTo.ifPresent(revision -> entry.put("rolledBackTo", revision));
        entry.put("previous", before.hash());
        String hash = hash(entry);
        entry.put("hash", hash);
        return new Next(
                new Put(key(number), Trees.bytes(entry)),
                new Head(number, hash, before.changes(), before.kept(), before.bytes()));
    }

    /** Of an entry without its own hash; the order of fields is that in which it was written. */
    private static String hash(ObjectNode entry) {
        return Protocol.sha256(Trees.text(entry).getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Whether the record is what was written.
     *
     * @param entries how many there are
     * @param problems what is wrong; nothing if it is whole
     */
    public record Verdict(long entries, List<String> problems) {}

    /** Looks at a chain entry by entry, from the first one on; one thread. */
    static final class Chain {
        private final List<String> problems = new ArrayList<>();
        private String previous = "";
        private long number;

        void add(JsonNode entry) {
            number++;
            ObjectNode content = (ObjectNode) entry.deepCopy();
            content.remove("hash");
            boolean sound = entry.path("number").asLong() == number
                    && entry.path("previous").asString("").equals(previous)
                    && entry.path("hash").asString("").equals(hash(content));
            if (!sound) {
                problems.add("entry " + number + " is not what was written there");
            }
            previous = entry.path("hash").asString("");
        }

        /** What has to stand at the end; entries that were cut off are missed here. */
        Verdict end(Head head) {
            if (head.count() != number || !head.hash().equals(previous)) {
                problems.add("the record ends with entry " + number + ", not with entry " + head.count()
                        + " as it was written");
            }
            return new Verdict(number, List.copyOf(problems));
        }
    }
}
