package dev.sluice.agent.compile;

import dev.sluice.datapath.rules.RuleCounters;
import dev.sluice.datapath.snapshot.AttachmentCounters;
import dev.sluice.datapath.snapshot.PathCounters;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The small numbers of a node, for as long as its process lives. One writer: the control thread.
 *
 * <p>Two kinds. An <i>index</i> belongs to a name (port, router, instance, target), so that a record never means
 * another port than the one it was made for: it goes to another name only when the name is long gone and nothing refers to it any more ({@link NumberReuse}). An <i>id</i> belongs to content (rule, group, path, attachment): the same content has the same id, other
 * content another one, and no id is used twice. Content that was in none of the last {@value #REMEMBERED_COMPILATIONS} snapshots is
 * forgotten; should it come back it gets a new id.
 */
public final class IdRegistry {
    /** How many snapshots content may be missing in before its id is forgotten. */
    static final int REMEMBERED_COMPILATIONS = 8;

    /** What names are numbered. */
    public enum Space {
        PORT,
        ROUTER,
        INSTANCE,
        TARGET
    }

    private static final class Entry {
        final int id;
        int lastUsed;

        Entry(int id) {
            this.id = id;
        }
    }

    private final Map<Space, NumberedNames> indices = new EnumMap<>(Space.class);
    private final Map<Object, Entry> ids = new HashMap<>();
    private final Map<Integer, PathCounters> pathCounters = new HashMap<>();
    private final Map<Integer, AttachmentCounters> attachmentCounters = new HashMap<>();
    private final Map<Integer, RuleCounters> ruleCounters = new HashMap<>();
    private final AttributeValues attributes = new AttributeValues();
    private int lastId;
    private int compilation;

    /** What the process before numbered, by digest of the content; empty without one. */
    private final Map<String, Integer> remembered = new HashMap<>();

    private @Nullable NumbersFile file;
    private int firstGeneration = 1;

    /** A registry in which nothing has a number. */
    public IdRegistry() {
        for (Space space : Space.values()) {
            indices.put(space, new NumberedNames());
        }
    }

    /** Goes on with the numbers in a file, and writes there what is in use after each compilation. Once, before the first. */
    public void keepIn(NumbersFile numbers) {
        file = numbers;
        numbers.names().forEach((space, all) -> names(space).restore(all));
        remembered.putAll(numbers.ids());
        lastId = numbers.lastId();
        firstGeneration = numbers.generation() + 1;
    }

    /** Generation of the first snapshot: after the last one of the process before. */
    int firstGeneration() {
        return firstGeneration;
    }

    NumberedNames names(Space space) {
        return indices.computeIfAbsent(space, _ -> new NumberedNames());
    }

    /** The index of a name, from 0; the lowest free one if the name is new. */
    public int index(Space space, String name) {
        return names(space).of(name);
    }

    /** Every name that has an index; element i has index i. Elements that begin with # are no names: nobody has that index now. */
    public List<String> allNames(Space space) {
        return names(space).all();
    }

    /** One more than the highest index. */
    public int size(Space space) {
        return names(space).size();
    }

    /**
     * The id of content, above 0.
     *
     * @param content a value whose class tells rules, groups, paths and attachments apart
     */
    public int id(Object content) {
        Entry entry = ids.computeIfAbsent(content, this::newEntry);
        entry.lastUsed = compilation;
        return entry.id;
    }

    private Entry newEntry(Object content) {
        Integer known = remembered.isEmpty() ? null : remembered.remove(ContentDigest.of(content));
        return new Entry(known == null ? ++lastId : known);
    }

    /** The counters of a path: one object for the life of the id. */
    public PathCounters pathCounters(int id) {
        return pathCounters.computeIfAbsent(id, _ -> new PathCounters());
    }

    /** The counters of an attachment: one object for the life of the id. */
    public AttachmentCounters attachmentCounters(int id) {
        return attachmentCounters.computeIfAbsent(id, _ -> new AttachmentCounters());
    }

    /** The counters of a rule: one object for the life of the id. */
    public RuleCounters ruleCounters(int id) {
        return ruleCounters.computeIfAbsent(id, _ -> new RuleCounters());
    }

    /** Numbers of the values of contextual attributes; for any thread. */
    public AttributeValues attributes() {
        return attributes;
    }

    /** Begins a compilation. Names that one before was the first to have, and that failed, lose their index. */
    void beginCompilation() {
        indices.values().forEach(NumberedNames::begin);
    }

    /**
     * Ends a compilation whose snapshot will be used: content that was missing for long is forgotten.
     *
     * @param generation of the snapshot
     * @param inUse indices that the snapshot refers to beside those that were asked for
     */
    void endCompilation(int generation, NumbersInUse inUse, long nowNs) {
        indices.forEach((space, names) -> names.keep(inUse.of(space), nowNs));
        ids.values().removeIf(entry -> {
            boolean forgotten = compilation - entry.lastUsed >= REMEMBERED_COMPILATIONS;
            if (forgotten) {
                pathCounters.remove(entry.id);
                attachmentCounters.remove(entry.id);
                ruleCounters.remove(entry.id);
            }
            return forgotten;
        });
        if (++compilation == REMEMBERED_COMPILATIONS) {
            remembered.clear();
        }
        NumbersFile numbers = file;
        if (numbers != null) {
            Map<String, Integer> all = new LinkedHashMap<>(remembered);
            ids.forEach((content, entry) -> all.put(ContentDigest.of(content), entry.id));
            Map<Space, List<String>> names = new EnumMap<>(Space.class);
            indices.forEach((space, _) -> names.put(space, allNames(space)));
            numbers.save(generation, lastId, names, all);
        }
    }
}
