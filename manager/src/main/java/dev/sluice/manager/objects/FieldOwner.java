package dev.sluice.manager.objects;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Somebody who said what some fields of an object are to be.
 *
 * @param manager the name that he gave
 * @param operation {@code Apply} or {@code Update}: how he did so last
 * @param time when, as text of ISO 8601
 * @param fields pointers of the fields
 */
record FieldOwner(String manager, String operation, String time, SortedSet<String> fields) {
    static List<FieldOwner> of(ObjectNode object) {
        List<FieldOwner> owners = new ArrayList<>();
        for (JsonNode owner : object.path("metadata").path("managedFields")) {
            SortedSet<String> fields = new TreeSet<>();
            owner.path("fields").forEach(field -> fields.add(field.asString()));
            owners.add(new FieldOwner(
                    owner.path("manager").asString(""),
                    owner.path("operation").asString(""),
                    owner.path("time").asString(""),
                    fields));
        }
        return owners;
    }

    /** Writes the owners into an object, without those that own nothing any more. */
    static void write(List<FieldOwner> owners, ObjectNode object) {
        ArrayNode list = ((ObjectNode) object.path("metadata")).putArray("managedFields");
        for (FieldOwner owner : owners) {
            if (!owner.fields.isEmpty()) {
                list.add(Trees.tree(owner));
            }
        }
    }

    /** The fields of his that setting the given one would change: the same, one inside it, or one around it. */
    List<String> touched(String pointer) {
        return fields.stream()
                .filter(own -> own.equals(pointer) || own.startsWith(pointer + "/") || pointer.startsWith(own + "/"))
                .toList();
    }

    FieldOwner without(Collection<String> gone) {
        SortedSet<String> left = new TreeSet<>(fields);
        left.removeAll(gone);
        return new FieldOwner(manager, operation, time, left);
    }
}
