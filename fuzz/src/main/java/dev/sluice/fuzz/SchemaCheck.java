package dev.sluice.fuzz;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Whether values fit a JSON Schema (2020-12), as far as contracts here use it; a word that it does not know is an error of the schema. Values and schemas are maps, lists, texts,
 * {@link Long}s or {@link Integer}s, {@link Double}s, {@link Boolean}s and nulls.
 */
public final class SchemaCheck {
    /** What says nothing of values. */
    private static final Set<String> REMARKS =
            Set.of("description", "default", "readOnly", "writeOnly", "format", "discriminator", "examples");

    private final Map<String, ?> root;
    private final Map<String, Pattern> patterns = new ConcurrentHashMap<>();

    /**
     * A check against schemas of one document.
     *
     * @param root what references begin at: {@code #/components/schemas/Service}
     */
    public SchemaCheck(Map<String, ?> root) {
        this.root = root;
    }

    /**
     * What is wrong with a value; empty: it fits.
     *
     * @throws IllegalArgumentException if the schema is wrong
     */
    public List<String> problems(Object schema, @Nullable Object value) {
        List<String> problems = new ArrayList<>();
        check(schema, value, "", problems);
        return problems;
    }

    /** Whether a value fits. */
    public boolean fits(Object schema, @Nullable Object value) {
        return problems(schema, value).isEmpty();
    }

    /** What a reference leads to. */
    public Object resolve(String reference) {
        if (!reference.startsWith("#/")) {
            throw new IllegalArgumentException("reference " + reference + " leads out of the document");
        }
        Object at = root;
        for (String step : reference.substring(2).split("/", -1)) {
            at = at instanceof Map<?, ?> map ? map.get(step) : null;
            if (at == null) {
                throw new IllegalArgumentException("reference " + reference + " leads nowhere");
            }
        }
        return at;
    }

    private void check(Object schema, @Nullable Object value, String path, List<String> problems) {
        if (schema instanceof Boolean allowed) {
            if (!allowed) {
                problems.add(path + ": nothing may stand here");
            }
            return;
        }
        if (!(schema instanceof Map<?, ?> map)) {
            throw new IllegalArgumentException(path + ": no schema: " + schema);
        }
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            String word = String.valueOf(entry.getKey());
            if (!REMARKS.contains(word)) {
                Object said = entry.getValue();
                if (said == null) {
                    throw new IllegalArgumentException(path + ": " + word + " of the schema says nothing");
                }
                word(map, word, said, value, path, problems);
            }
        }
    }

    private void word(
            Map<?, ?> schema, String word, Object said, @Nullable Object value, String path, List<String> problems) {
        boolean fits = switch (word) {
            case "$ref" -> {
                check(resolve((String) said), value, path, problems);
                yield true;
            }
            case "allOf" -> {
                ((List<?>) said).forEach(each -> check(each, value, path, problems));
                yield true;
            }
            case "anyOf" -> fitting((List<?>) said, value) > 0;
            case "oneOf" -> fitting((List<?>) said, value) == 1;
            case "not" -> !fits(said, value);
            case "type" ->
                said instanceof List<?> types
                        ? types.stream().anyMatch(type -> isOf((String) type, value))
                        : isOf((String) said, value);
            case "const" -> same(said, value);
            case "enum" -> ((List<?>) said).stream().anyMatch(each -> same(each, value));
            case "minimum" -> !(value instanceof Number n) || n.doubleValue() >= number(said);
            case "maximum" -> !(value instanceof Number n) || n.doubleValue() <= number(said);
            case "minLength" -> !(value instanceof String s) || s.codePointCount(0, s.length()) >= number(said);
            case "maxLength" -> !(value instanceof String s) || s.codePointCount(0, s.length()) <= number(said);
            case "pattern" -> !(value instanceof String s) || matches((String) said, s);
            case "minItems" -> !(value instanceof List<?> l) || l.size() >= number(said);
            case "maxItems" -> !(value instanceof List<?> l) || l.size() <= number(said);
            case "minProperties" -> !(value instanceof Map<?, ?> m) || m.size() >= number(said);
            case "maxProperties" -> !(value instanceof Map<?, ?> m) || m.size() <= number(said);
            case "items" -> {
                items(said, value, path, problems);
                yield true;
            }
            case "required" -> {
                required((List<?>) said, value, path, problems);
                yield true;
            }
            case "properties", "additionalProperties", "propertyNames" -> {
                fields(schema, word, said, value, path, problems);
                yield true;
            }
            default -> throw new IllegalArgumentException(path + ": unknown word " + word);
        };
        if (!fits) {
            problems.add(path + ": " + value + " does not fit " + word + " " + said);
        }
    }

    private long fitting(List<?> schemas, @Nullable Object value) {
        return schemas.stream()
                .filter(each -> fits(Objects.requireNonNull(each), value))
                .count();
    }

    private static double number(Object said) {
        return ((Number) said).doubleValue();
    }

    /** Patterns of contracts are about the whole text: in Java a $ at the end would let a line feed pass. */
    private boolean matches(String pattern, String text) {
        if (!pattern.startsWith("^") || !pattern.endsWith("$")) {
            throw new IllegalArgumentException("pattern " + pattern + " is not about the whole text");
        }
        return patterns.computeIfAbsent(pattern, Pattern::compile).matcher(text).matches();
    }

    private static boolean same(@Nullable Object one, @Nullable Object other) {
        return (one instanceof Number a && other instanceof Number b)
                ? a.doubleValue() == b.doubleValue()
                : Objects.equals(one, other);
    }

    private static boolean isOf(String type, @Nullable Object value) {
        return switch (type) {
            case "object" -> value instanceof Map;
            case "array" -> value instanceof List;
            case "string" -> value instanceof String;
            case "integer" -> value instanceof Long || value instanceof Integer;
            case "number" -> value instanceof Number;
            case "boolean" -> value instanceof Boolean;
            case "null" -> value == null;
            default -> throw new IllegalArgumentException("unknown type " + type);
        };
    }

    private void items(Object schema, @Nullable Object value, String path, List<String> problems) {
        if (value instanceof List<?> list) {
            for (int i = 0; i < list.size(); i++) {
                check(schema, list.get(i), path + "[" + i + "]", problems);
            }
        }
    }

    private static void required(List<?> names, @Nullable Object value, String path, List<String> problems) {
        if (value instanceof Map<?, ?> map) {
            names.stream()
                    .filter(name -> !map.containsKey(name))
                    .forEach(name -> problems.add(path + "." + name + ": is missing"));
        }
    }

    private void fields(
            Map<?, ?> schema, String word, Object said, @Nullable Object value, String path, List<String> problems) {
        if (!(value instanceof Map<?, ?> map)) {
            return;
        }
        Map<?, ?> known = schema.get("properties") instanceof Map<?, ?> properties ? properties : Map.of();
        for (Map.Entry<?, ?> field : map.entrySet()) {
            String at = path + "." + field.getKey();
            Object own = known.get(field.getKey());
            if (word.equals("propertyNames")) {
                check(said, field.getKey(), at, problems);
            } else if (word.equals("properties") && own != null) {
                check(own, field.getValue(), at, problems);
            } else if (word.equals("additionalProperties") && own == null) {
                check(said, field.getValue(), at, problems);
            }
        }
    }
}
