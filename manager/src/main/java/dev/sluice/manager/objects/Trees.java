package dev.sluice.manager.objects;

import dev.sluice.model.WrittenObject;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** JSON trees of objects, and the fields in them, told by pointers (RFC 6901): {@code /spec/health/probe}. Lists are one value each. */
public final class Trees {
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .disable(SerializationFeature.FAIL_ON_EMPTY_BEANS)
            .build();

    /** What users say in an object that is not a field of its own: it says which object it is. */
    private static final Set<String> IDENTITY = Set.of("/apiVersion", "/kind", "/metadata/name");

    private Trees() {}

    /** An empty object. */
    public static ObjectNode object() {
        return MAPPER.createObjectNode();
    }

    /** An empty list. */
    public static ArrayNode array() {
        return MAPPER.createArrayNode();
    }

    /** Any record, map or list as a tree. */
    public static JsonNode tree(Object value) {
        return MAPPER.valueToTree(value);
    }

    /** The same as text in one line. */
    public static String text(Object value) {
        return MAPPER.writeValueAsString(value);
    }

    /** The same in UTF-8. */
    public static byte[] bytes(Object value) {
        return MAPPER.writeValueAsBytes(value);
    }

    /**
     * Reads what {@link #bytes} wrote.
     *
     * @throws IllegalStateException if it is something else: the store holds what the manager never wrote
     */
    public static ObjectNode read(byte[] json) {
        try {
            if (MAPPER.readTree(json) instanceof ObjectNode object) {
                return object;
            }
        } catch (JacksonException e) {
            throw new IllegalStateException("the store holds no object where one is expected", e);
        }
        throw new IllegalStateException("the store holds no object where one is expected");
    }

    /** What somebody wrote, with numbers in the form in which they are read again. */
    static ObjectNode of(WrittenObject written) {
        return read(bytes(written.fields()));
    }

    /** A tree as maps, lists and single values, for writing it in another form. */
    @SuppressWarnings("unchecked") // an object is always a map
    public static Map<String, @Nullable Object> plain(JsonNode tree) {
        return MAPPER.convertValue(tree, LinkedHashMap.class);
    }

    /** Every value that is not an object with fields, by its pointer, without what says which object it is. */
    static Map<String, JsonNode> leaves(ObjectNode tree) {
        Map<String, JsonNode> leaves = new LinkedHashMap<>();
        collect("", tree, leaves);
        leaves.keySet().removeAll(IDENTITY);
        return leaves;
    }

    private static void collect(String path, JsonNode at, Map<String, JsonNode> leaves) {
        for (Map.Entry<String, JsonNode> field : at.properties()) {
            String pointer = path + "/" + field.getKey().replace("~", "~0").replace("/", "~1");
            if (field.getValue() instanceof ObjectNode object && !object.isEmpty()) {
                collect(pointer, object, leaves);
            } else {
                leaves.put(pointer, field.getValue());
            }
        }
    }

    /** The value at a pointer, or null. */
    static @Nullable JsonNode at(ObjectNode tree, String pointer) {
        JsonNode value = tree.at(pointer);
        return value.isMissingNode() ? null : value;
    }

    /** Puts a value at a pointer; whatever stands in the way of it is replaced by objects. */
    static void set(ObjectNode tree, String pointer, JsonNode value) {
        String[] steps = steps(pointer);
        ObjectNode at = tree;
        for (int i = 0; i < steps.length - 1; i++) {
            at = at.get(steps[i]) instanceof ObjectNode inner ? inner : at.putObject(steps[i]);
        }
        String last = steps[steps.length - 1];
        boolean keep = value instanceof ObjectNode empty && empty.isEmpty() && at.get(last) instanceof ObjectNode;
        if (!keep) {
            at.set(last, value.deepCopy());
        }
    }

    /** Removes a value, and the objects around it that are empty then; {@code metadata} and {@code spec} stay. */
    static void remove(ObjectNode tree, String pointer) {
        String[] steps = steps(pointer);
        ObjectNode[] way = new ObjectNode[steps.length];
        way[0] = tree;
        for (int i = 0; i < steps.length - 1; i++) {
            if (!(way[i].get(steps[i]) instanceof ObjectNode inner)) {
                return;
            }
            way[i + 1] = inner;
        }
        way[steps.length - 1].remove(steps[steps.length - 1]);
        for (int i = steps.length - 1; i > 1 && way[i].isEmpty(); i--) {
            way[i - 1].remove(steps[i - 1]);
        }
    }

    private static String[] steps(String pointer) {
        String[] steps = pointer.substring(1).split("/", -1);
        for (int i = 0; i < steps.length; i++) {
            steps[i] = steps[i].replace("~1", "/").replace("~0", "~");
        }
        return steps;
    }

    /** A pointer as problems show fields: {@code spec.health.probe}. */
    static String dotted(String pointer) {
        return String.join(".", steps(pointer));
    }

    /** A text of others, cut where it is longer than so many characters; never within one. */
    public static String shorten(String text, int most) {
        if (text.length() <= most) {
            return text;
        }
        boolean within = Character.isHighSurrogate(text.charAt(most - 1));
        return text.substring(0, within ? most - 1 : most) + "...";
    }
}
