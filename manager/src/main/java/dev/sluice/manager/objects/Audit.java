package dev.sluice.manager.objects;

import dev.sluice.manager.store.Store.Entry;
import dev.sluice.manager.store.Store.Put;
import dev.sluice.southbound.Protocol;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
     */
    record Head(long count, String hash) {
        static Head of(Optional<Entry> stored) {
            return stored.map(entry -> Trees.read(entry.value()))
                    .map(tree -> new Head(
                            tree.path("audit").asLong(), tree.path("hash").asString("")))
                    .orElse(new Head(0, ""));
        }

        byte[] value() {
            return Trees.bytes(Map.of("audit", count, "hash", hash));
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
     */
    static Next next(Head before, String time, Caller caller, List<String> objects, List<String> changes) {
        long number = before.count() + 1;
        ObjectNode entry = Trees.object();
        entry.put("number", number);
        entry.put("time", time);
        entry.put("user", caller.user());
        entry.put("manager", caller.manager());
        entry.set("objects", Trees.tree(objects));
        entry.set("changes", Trees.tree(changes.stream().limit(CHANGES_MAX).toList()));
        entry.put("changeCount", changes.size());
        entry.put("previous", before.hash());
        String hash = hash(entry);
        entry.put("hash", hash);
        return new Next(new Put(key(number), Trees.bytes(entry)), new Head(number, hash));
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
