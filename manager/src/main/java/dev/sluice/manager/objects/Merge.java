package dev.sluice.manager.objects;

import dev.sluice.manager.objects.Refusal.Cause;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What becomes of an object when somebody applies or replaces it: the fields, and who owns them. Applying says only what one wants to own: other
 * fields stay, a field that one owned and does not say any more goes unless another owns it too, and a field that another owns with another value is a
 * conflict.
 */
final class Merge {
    private final ObjectNode result;
    private final List<FieldOwner> owners;
    private final List<Cause> conflicts = new ArrayList<>();
    private final String title;

    private Merge(String title, ObjectNode live) {
        this.title = title;
        this.result = live.deepCopy();
        this.owners = new ArrayList<>(FieldOwner.of(live));
    }

    /**
     * What became of it.
     *
     * @param conflicts if there are any, the tree is of no use
     */
    record Merged(ObjectNode tree, List<Cause> conflicts) {}

    /** Applies some fields to an object; an object that does not exist yet is an empty one with metadata. */
    static Merged apply(String title, ObjectNode live, ObjectNode wanted, String manager, boolean force, String time) {
        Merge merge = new Merge(title, live);
        Map<String, JsonNode> leaves = Trees.leaves(wanted);
        leaves.forEach((pointer, value) -> merge.want(pointer, value, manager, force));
        if (!merge.conflicts.isEmpty()) {
            return new Merged(live, merge.conflicts);
        }
        merge.drop(leaves.keySet(), manager);
        leaves.forEach((pointer, value) -> Trees.set(merge.result, pointer, value));
        merge.own(manager, "Apply", time, leaves.keySet());
        return merge.merged(wanted);
    }

    /** Replaces all that users can say; what is new or different then belongs to whoever did it. */
    static Merged replace(String title, ObjectNode live, ObjectNode wanted, String manager, String time) {
        Merge merge = new Merge(title, live);
        Map<String, JsonNode> before = Trees.leaves(ManagedObject.written(live));
        Map<String, JsonNode> after = Trees.leaves(wanted);
        Set<String> gone = new TreeSet<>(before.keySet());
        gone.removeAll(after.keySet());
        Set<String> changed = new TreeSet<>();
        after.forEach((pointer, value) -> {
            if (!value.equals(before.get(pointer))) {
                changed.add(pointer);
            }
        });
        gone.forEach(pointer -> Trees.remove(merge.result, pointer));
        after.forEach((pointer, value) -> {
            if (changed.contains(pointer)) {
                Trees.set(merge.result, pointer, value);
            }
        });
        merge.owners.replaceAll(owner -> owner.without(gone));
        merge.owners.replaceAll(owner -> owner.manager().equals(manager) ? owner : owner.without(changed));
        Set<String> own = new TreeSet<>(changed);
        merge.owners.stream().filter(o -> o.manager().equals(manager)).forEach(o -> own.addAll(o.fields()));
        if (!changed.isEmpty()) {
            merge.own(manager, "Update", time, own);
        }
        return merge.merged(wanted);
    }

    private void want(String pointer, JsonNode value, String manager, boolean force) {
        JsonNode live = Trees.at(result, pointer);
        boolean same = value.equals(live) || (isEmptyObject(value) && live instanceof ObjectNode);
        if (same) {
            return;
        }
        for (int i = 0; i < owners.size(); i++) {
            FieldOwner owner = owners.get(i);
            if (owner.manager().equals(manager)) {
                continue;
            }
            List<String> touched = owner.touched(pointer).stream()
                    .filter(own -> !(pointer.startsWith(own + "/") && Trees.at(result, own) instanceof ObjectNode))
                    .toList();
            if (force) {
                owners.set(i, owner.without(touched));
            } else {
                touched.forEach(own -> conflict(own, value, owner));
            }
        }
    }

    private void conflict(String pointer, JsonNode wanted, FieldOwner owner) {
        String field = Trees.dotted(pointer);
        String is = String.valueOf(Trees.at(result, pointer));
        String message = "belongs to " + owner.manager() + ", who set it to " + shorten(is) + " at " + owner.time();
        conflicts.add(new Cause(title, field, message, shorten(wanted.toString()), "", owner.manager()));
    }

    private static String shorten(String text) {
        return Trees.shorten(text, 80);
    }

    private static boolean isEmptyObject(JsonNode value) {
        return value instanceof ObjectNode object && object.isEmpty();
    }

    /** Removes what a manager owned alone and does not want any more. */
    private void drop(Set<String> wanted, String manager) {
        Set<String> before = new TreeSet<>();
        owners.stream().filter(o -> o.manager().equals(manager)).forEach(o -> before.addAll(o.fields()));
        before.removeAll(wanted);
        for (String pointer : before) {
            boolean shared = owners.stream()
                    .anyMatch(o ->
                            !o.manager().equals(manager) && !o.touched(pointer).isEmpty());
            if (!shared) {
                Trees.remove(result, pointer);
            }
        }
    }

    private void own(String manager, String operation, String time, Set<String> fields) {
        for (int i = 0; i < owners.size(); i++) {
            FieldOwner owner = owners.get(i);
            if (owner.manager().equals(manager)) {
                boolean same =
                        owner.operation().equals(operation) && owner.fields().equals(fields);
                owners.set(i, new FieldOwner(manager, operation, same ? owner.time() : time, new TreeSet<>(fields)));
                return;
            }
        }
        owners.add(new FieldOwner(manager, operation, time, new TreeSet<>(fields)));
    }

    private Merged merged(ObjectNode wanted) {
        result.set("apiVersion", wanted.path("apiVersion"));
        FieldOwner.write(owners, result);
        return new Merged(result, List.of());
    }
}
