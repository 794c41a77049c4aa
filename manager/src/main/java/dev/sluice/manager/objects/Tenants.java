package dev.sluice.manager.objects;

import dev.sluice.manager.store.Store;
import dev.sluice.manager.store.Store.Entry;
import dev.sluice.manager.store.Store.Put;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The tenants there are. An object belongs to the tenant that its name begins with, up to the first dot: {@code acme.web} to {@code acme}, if there is such a
 * tenant; others are shared. So tenants may use whatever names they like without learning of each other's, and nodes tell them apart without knowing of tenants.
 *
 * @param names not to be changed
 * @param since number of the newest change of the history when a tenant was made; none: 0, a version that does not note it made the tenant
 */
public record Tenants(SortedSet<String> names, Map<String, Long> since) {
    /** Where they are in the store. */
    private static final String KEY = "access/tenants";

    /** Annotation of an exported object: the tenant that it belonged to. It is not stored. */
    private static final String EXPORTED = "sluice.dev/tenant";

    /** Most tenants. */
    public static final int TENANTS_MAX = 10_000;

    /** Tenants whatever was before them. */
    public Tenants(SortedSet<String> names) {
        this(names, Map.of());
    }

    /** The key of the store that holds them. */
    public static String key() {
        return KEY;
    }

    /** Those that are stored. */
    static Tenants of(Store store) {
        Optional<Entry> stored = store.get(KEY);
        SortedSet<String> names = new TreeSet<>();
        Map<String, Long> since = new TreeMap<>();
        if (stored.isPresent()) {
            ObjectNode tree = Trees.read(stored.get().value());
            for (JsonNode name : tree.path("tenants")) {
                names.add(name.asString());
            }
            tree.path("since")
                    .properties()
                    .forEach(of -> since.put(of.getKey(), of.getValue().asLong()));
        }
        return new Tenants(names, since);
    }

    /** With one more, to whom changes up to a number are of others. */
    public Tenants with(String name, long newest) {
        SortedSet<String> more = new TreeSet<>(names);
        Map<String, Long> moreSince = new TreeMap<>(since);
        if (more.add(name)) {
            moreSince.put(name, newest);
        }
        return new Tenants(more, moreSince);
    }

    /** With one less. */
    public Tenants without(String name) {
        SortedSet<String> less = new TreeSet<>(names);
        Map<String, Long> lessSince = new TreeMap<>(since);
        less.remove(name);
        lessSince.remove(name);
        return new Tenants(less, lessSince);
    }

    /** Whose object it is; empty: one that all share. */
    public String of(String objectName) {
        int dot = objectName.indexOf('.');
        String first = dot < 0 ? "" : objectName.substring(0, dot);
        return names.contains(first) ? first : "";
    }

    /** Adds to what is exported of an object whose it is: elsewhere there may be no such tenant, and all would share it then. */
    public void mark(ObjectNode written) {
        mark(written, of(written.path("metadata").path("name").asString("")));
    }

    static void mark(ObjectNode written, String tenant) {
        if (!tenant.isEmpty() && written.get("metadata") instanceof ObjectNode metadata) {
            metadata.withObjectProperty("annotations").put(EXPORTED, tenant);
        }
    }

    /** Takes out again what {@link #mark} added; whose the object was where it was exported, empty: nobody says. */
    static String unmark(ObjectNode written) {
        if (written.get("metadata") instanceof ObjectNode metadata
                && metadata.get("annotations") instanceof ObjectNode annotations
                && annotations.has(EXPORTED)) {
            String tenant = annotations.path(EXPORTED).asString("");
            annotations.remove(EXPORTED);
            if (annotations.isEmpty()) {
                metadata.remove("annotations");
            }
            return tenant;
        }
        return "";
    }

    /** Whether rights let somebody see an object. */
    public boolean sees(Rights rights, ManagedObject object) {
        return rights.may(Rights.Verb.READ, object.kind(), of(object.name()));
    }

    /** What brings them into the store. */
    public Put stored() {
        List<String> sorted = new ArrayList<>(names);
        var tree = Trees.object();
        tree.set("tenants", Trees.tree(sorted));
        tree.set("since", Trees.tree(since));
        return new Put(KEY, Trees.bytes(tree));
    }
}
