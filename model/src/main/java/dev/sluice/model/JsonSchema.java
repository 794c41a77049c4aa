package dev.sluice.model;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What fields may hold in the words of JSON Schema (2020-12, which OpenAPI 3.1 speaks), made of the types that read them. What a schema refuses is refused by the reader of
 * the type; the reader may refuse more, such as a field that does not fit another. Lengths are of characters, so a text of many rare ones can be too long for the reader only.
 */
public final class JsonSchema {
    private JsonSchema() {}

    /**
     * The schemas of all kinds that users write, by names under which {@code components/schemas} of a contract has them: {@code Service}, an object that is complete;
     * {@code ServiceFields}, the same with any of its fields missing, as it is applied beside the fields of others; {@code ObjectLabels}, what users say in {@code metadata}.
     */
    public static Map<String, Map<String, Object>> kinds() {
        Map<String, Map<String, Object>> schemas = new LinkedHashMap<>();
        for (KindReader kind : KindReader.ALL) {
            String word = kind.kind().word();
            Map<String, Object> fields = new LinkedHashMap<>(kind.object().schema());
            Map<String, Object> properties = properties(fields);
            properties.put("kind", Map.of("const", word));
            properties.put("metadata", reference("ObjectMetadata"));
            fields.put("properties", properties);
            fields.put("description", kind.text().strip());
            // Which object it is has to be said even where fields are missing.
            fields.put("required", List.of("apiVersion", "kind", "metadata"));
            schemas.put(word + "Fields", fields);
            Map<String, Object> whole = new LinkedHashMap<>();
            whole.put("allOf", List.of(reference(word + "Fields"), required(kind.object())));
            schemas.put(word, whole);
        }
        Map<String, Object> metadata = new LinkedHashMap<>();
        ObjectType<?> type = KindReader.METADATA.type().object();
        if (type != null) {
            metadata.putAll(type.schema());
            metadata.putAll(required(type));
        }
        schemas.put("ObjectMetadata", metadata);
        schemas.replaceAll((_, schema) -> copy(schema));
        return schemas;
    }

    private static Map<String, Object> copy(Map<?, ?> schema) {
        Map<String, Object> copy = new LinkedHashMap<>();
        schema.forEach((word, said) -> copy.put(String.valueOf(word), each(said)));
        return copy;
    }

    /** Types that fields have in common are written out for each: what is one in memory would be an alias in YAML. */
    private static Object each(Object said) {
        return switch (said) {
            case Map<?, ?> map -> copy(map);
            case List<?> list -> list.stream().map(JsonSchema::each).toList();
            default -> said;
        };
    }

    /** Points to a schema of the contract. */
    public static Map<String, Object> reference(String name) {
        return Map.of("$ref", "#/components/schemas/" + name);
    }

    @SuppressWarnings("unchecked") // put there by object()
    private static Map<String, Object> properties(Map<String, Object> schema) {
        return new LinkedHashMap<>((Map<String, Object>) schema.getOrDefault("properties", Map.of()));
    }

    /** Fields of a fixed set, each of which may be missing. */
    static Map<String, Object> object(List<Field<?>> fields, Set<String> passedOver) {
        Map<String, Object> properties = new LinkedHashMap<>();
        for (Field<?> field : fields) {
            Map<String, Object> schema = new LinkedHashMap<>(field.type().schema());
            schema.put("description", field.text());
            putDefault(schema, field.fallback());
            properties.put(field.name(), schema);
        }
        passedOver.stream().sorted().forEach(name -> properties.put(name, Map.of("readOnly", true)));
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("type", "object");
        schema.put("properties", properties);
        schema.put("additionalProperties", false);
        return schema;
    }

    /** The default, where the documentation shows it as one writes it. */
    private static void putDefault(Map<String, Object> schema, String shown) {
        Object type = schema.getOrDefault("type", "");
        if (type.equals("integer") && Literals.integer(shown).isPresent()) {
            schema.put("default", Literals.integer(shown).getAsLong());
        } else if (type.equals("boolean") && !shown.isEmpty() && !shown.equals("required")) {
            schema.put("default", Boolean.valueOf(shown));
        } else if (schema.get("enum") instanceof List<?> words && words.contains(shown)) {
            schema.put("default", shown);
        }
    }

    /** Which fields of an object, and of objects in it, have to be there; says nothing of what is in lists, whose items are always whole. */
    private static Map<String, Object> required(ObjectType<?> type) {
        List<String> names = new ArrayList<>();
        Map<String, Object> inner = new LinkedHashMap<>();
        for (Field<?> field : type.fields()) {
            if (field.absent() == null) {
                names.add(field.name());
            }
            ObjectType<?> object = field.type().object();
            if (object != null && field.type().step().isEmpty()) {
                Map<String, Object> required = required(object);
                if (!required.isEmpty()) {
                    inner.put(field.name(), required);
                }
            }
        }
        Map<String, Object> schema = new LinkedHashMap<>();
        if (!names.isEmpty()) {
            schema.put("required", names);
        }
        if (!inner.isEmpty()) {
            schema.put("properties", inner);
        }
        return schema;
    }

    /** The items of a list; an object among them is whole. */
    static Map<String, Object> list(ValueType<?> item, int min, int max) {
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("type", "array");
        schema.put("items", whole(item));
        if (min > 0) {
            schema.put("minItems", min);
        }
        schema.put("maxItems", max);
        return schema;
    }

    /** A value whose required fields are all there. */
    static Map<String, Object> whole(ValueType<?> type) {
        ObjectType<?> object = type.object();
        Map<String, Object> required = object == null || !type.step().isEmpty() ? Map.of() : required(object);
        if (required.isEmpty()) {
            return type.schema();
        }
        Map<String, Object> schema = new LinkedHashMap<>(type.schema());
        if (schema.containsKey("anyOf")) {
            schema.put("allOf", List.of(required));
            return schema;
        }
        return both(schema, required);
    }

    /** An object's schema with what is required put into it. */
    private static Map<String, Object> both(Map<String, Object> schema, Map<String, Object> required) {
        if (!required.containsKey("properties")) {
            schema.putAll(required);
            return schema;
        }
        Map<String, Object> both = new LinkedHashMap<>();
        both.put("allOf", List.of(schema, required));
        return both;
    }

    /** Any text, with bounds of its length. */
    static Map<String, Object> text(int min, int max) {
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("type", "string");
        if (min > 0) {
            schema.put("minLength", min);
        }
        schema.put("maxLength", max);
        return schema;
    }

    /** A text all of which matches. */
    static Map<String, Object> text(String pattern) {
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("type", "string");
        schema.put("pattern", "^(?:" + pattern + ")$");
        return schema;
    }

    /** A text all of which matches. */
    static Map<String, Object> text(Pattern pattern) {
        return text(pattern.pattern());
    }

    /** A whole number. */
    static Map<String, Object> integer(long min, long max) {
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("type", "integer");
        schema.put("minimum", min);
        schema.put("maximum", max);
        return schema;
    }

    /** One of some words. */
    static Map<String, Object> words(List<String> words) {
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("type", "string");
        schema.put("enum", words);
        return schema;
    }

    /** A value that fits one of two. */
    static Map<String, Object> either(Map<String, Object> one, Map<String, Object> other) {
        return Map.of("anyOf", List.of(one, other));
    }

    /** An object with any names. */
    static Map<String, Object> texts(Map<String, Object> value) {
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("type", "object");
        schema.put("additionalProperties", value);
        return schema;
    }
}
