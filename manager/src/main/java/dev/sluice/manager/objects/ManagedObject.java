package dev.sluice.manager.objects;

import dev.sluice.manager.store.Store.Entry;
import dev.sluice.manager.store.StoreException;
import dev.sluice.model.Kind;
import dev.sluice.model.Resource;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * An object as the manager keeps it.
 *
 * @param revision of the store that brought it; 0: not stored yet
 * @param tree everything but the revision; not to be changed
 */
public record ManagedObject(Kind kind, String name, long revision, ObjectNode tree) {
    /** The version of the format of objects. */
    public static final String API_VERSION = Resource.API_VERSION;

    /** Where the objects are in the store. */
    static final String PREFIX = "objects/";

    /** Who owns what the manager found by itself; nobody else has this name. */
    public static final String DISCOVERY = "discovery";

    /** Who owns the instances that the manager makes for deployments. */
    public static final String DEPLOYMENTS = "deployments";

    /** What the manager writes into metadata; users read it, and what they write there is ignored. */
    static final Set<String> OWN_METADATA =
            Set.of("uid", "resourceVersion", "generation", "creationTimestamp", "managedFields");

    /** Names under which the manager itself owns what it writes of objects. */
    private static final Set<String> OWN_OWNERS = Set.of(DISCOVERY, DEPLOYMENTS);

    /** Where those are that the manager makes: versions that do not know such kinds need not read them, and backups leave them out. */
    static final String GENERATED_PREFIX = "generated/";

    static String prefix(Kind kind) {
        return (kind.isGenerated() ? GENERATED_PREFIX : PREFIX) + kind.plural() + "/";
    }

    static String key(Kind kind, String name) {
        return prefix(kind) + name;
    }

    String key() {
        return key(kind, name);
    }

    /** {@code Kind/name}. */
    public String title() {
        return kind.word() + "/" + name;
    }

    /**
     * An object as it is stored.
     *
     * @throws StoreException if a newer version of this program stored it, and this one does not know what it is
     */
    static ManagedObject of(Entry entry) {
        String[] parts = entry.key().split("/", 3);
        Kind kind = kind(parts);
        return new ManagedObject(kind, parts[2], entry.revision(), Trees.read(entry.value()));
    }

    /** Whether this version knows what it is. */
    static boolean isKnown(Entry entry) {
        return Kind.named(entry.key().split("/", 3)[1]).isPresent();
    }

    /** Of an object of which nothing else is known any more. */
    static ManagedObject nameOnly(String key) {
        String[] parts = key.split("/", 3);
        Kind kind = kind(parts);
        ObjectNode tree = Trees.object();
        tree.put("kind", kind.word());
        tree.putObject("metadata").put("name", parts[2]);
        return new ManagedObject(kind, parts[2], 0, tree);
    }

    private static Kind kind(String[] key) {
        return Kind.named(key[1])
                .orElseThrow(() -> new StoreException(
                        StoreException.Reason.FAILED,
                        "the store holds " + key[1] + "/" + key[2]
                                + ", of a kind that this version does not know: a newer one wrote it. Start that version again, and delete"
                                + " all " + key[1] + " with it before you go back; nothing was changed"));
    }

    byte[] value() {
        return Trees.bytes(tree);
    }

    JsonNode metadata() {
        return tree.path("metadata");
    }

    /** Tells it from one of the same name before or after it. */
    public String uid() {
        return metadata().path("uid").asString("");
    }

    /** Counts the changes of the specification. */
    public long generation() {
        return metadata().path("generation").asLong(0);
    }

    /** The labels. */
    public Map<String, String> labels() {
        Map<String, String> labels = new TreeMap<>();
        metadata()
                .path("labels")
                .properties()
                .forEach(label -> labels.put(label.getKey(), label.getValue().asString("")));
        return labels;
    }

    /** Who owns the field at a pointer, or one around or inside it; who wrote an empty object does not own what others put into it. */
    public Set<String> ownersOf(String pointer) {
        Set<String> owners = new TreeSet<>();
        for (FieldOwner owner : FieldOwner.of(tree)) {
            boolean owns = owner.touched(pointer).stream()
                    .anyMatch(own -> !(pointer.startsWith(own + "/") && Trees.at(tree, own) instanceof ObjectNode));
            if (owns) {
                owners.add(owner.manager());
            }
        }
        return owners;
    }

    /** Who owns fields of it, without the manager itself. */
    Set<String> ownersAmongPeople() {
        return FieldOwner.of(tree).stream()
                .filter(owner -> !owner.fields().isEmpty() && !OWN_OWNERS.contains(owner.manager()))
                .map(FieldOwner::manager)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** As users see it: with the revision, in the usual order of fields. */
    public ObjectNode shown() {
        ObjectNode shown = Trees.object();
        shown.set("apiVersion", tree.path("apiVersion"));
        shown.set("kind", tree.path("kind"));
        ObjectNode metadata = (ObjectNode) metadata().deepCopy();
        JsonNode owners = metadata.remove("managedFields");
        if (revision > 0) {
            metadata.put("resourceVersion", String.valueOf(revision));
        }
        if (owners != null) {
            metadata.set("managedFields", owners);
        }
        shown.set("metadata", metadata);
        tree.properties().forEach(field -> {
            if (!shown.has(field.getKey())) {
                shown.set(field.getKey(), field.getValue().deepCopy());
            }
        });
        return shown;
    }

    /** What users wrote, and nothing that the manager added: for export, and for the model to check. */
    public ObjectNode written() {
        return written(tree);
    }

    /** What users wrote, without what the manager found: it finds that again. Empty if it found all of it. */
    public Optional<ObjectNode> writtenByUsers() {
        return writtenWithout(Set.of(DISCOVERY));
    }

    /** The same, without what the manager wrote for deployments either. */
    Optional<ObjectNode> writtenByPeople() {
        return writtenWithout(OWN_OWNERS);
    }

    private Optional<ObjectNode> writtenWithout(Set<String> owners) {
        ObjectNode written = written();
        Set<String> others = new TreeSet<>();
        Set<String> found = new TreeSet<>();
        for (FieldOwner owner : FieldOwner.of(tree)) {
            (owners.contains(owner.manager()) ? found : others).addAll(owner.fields());
        }
        if (found.isEmpty()) {
            return Optional.of(written);
        }
        found.removeAll(others);
        found.forEach(pointer -> Trees.remove(written, pointer));
        return others.isEmpty() ? Optional.empty() : Optional.of(written);
    }

    /** Which object it is, and the fields that the manager itself owns. */
    ObjectNode writtenByManager() {
        ObjectNode written = written();
        Set<String> own = new TreeSet<>();
        for (FieldOwner owner : FieldOwner.of(tree)) {
            if (OWN_OWNERS.contains(owner.manager())) {
                own.addAll(owner.fields());
            }
        }
        Trees.leaves(written).keySet().stream()
                .filter(pointer -> !own.contains(pointer))
                .forEach(pointer -> Trees.remove(written, pointer));
        return written;
    }

    /** Whether the manager made it, found as a port or for a deployment: then it makes it again where it has to be. */
    boolean isMade() {
        return FieldOwner.of(tree).stream()
                .map(FieldOwner::manager)
                .anyMatch(owner -> owner.equals(DEPLOYMENTS) || (kind == Kind.PORT && owner.equals(DISCOVERY)));
    }

    static ObjectNode written(ObjectNode tree) {
        ObjectNode written = tree.deepCopy();
        written.remove("status");
        if (written.get("metadata") instanceof ObjectNode metadata) {
            metadata.remove(OWN_METADATA);
        }
        return written;
    }
}
