package dev.sluice.cli;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Fields of values that were read from JSON or YAML; what is missing or of another type is empty. */
final class Fields {
    private Fields() {}

    @SuppressWarnings("unchecked") // the reader makes maps with texts as keys only
    static Map<String, @Nullable Object> object(@Nullable Object value) {
        return value instanceof Map<?, ?> map ? (Map<String, @Nullable Object>) map : Map.of();
    }

    /** The value at a path such as {@code metadata.name}. */
    static @Nullable Object at(@Nullable Object value, String path) {
        Object at = value;
        for (String step : path.split("\\.", -1)) {
            at = object(at).get(step);
        }
        return at;
    }

    static String text(@Nullable Object value, String path) {
        Object found = at(value, path);
        return found == null ? "" : String.valueOf(found);
    }

    static List<?> list(@Nullable Object value, String path) {
        return at(value, path) instanceof List<?> list ? list : List.of();
    }

    static List<Map<String, @Nullable Object>> objects(@Nullable Object value, String path) {
        return list(value, path).stream()
                .<Map<String, @Nullable Object>>map(Fields::object)
                .toList();
    }
}
