package dev.sluice.model;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a field may hold: reads it and describes it, so that readers, problems and documentation say the same. */
interface ValueType<T> {
    /** The value, or null after reporting what is wrong with it. */
    @Nullable
    T read(FieldReader at);

    /** The allowed values in a few words, e.g. {@code 1..4094}. */
    String allowed();

    /** The allowed values as JSON Schema; refuses nothing that {@link #read} takes. */
    Map<String, Object> schema();

    /** The kind of object that fields of this type hold (in lists, the items), for the documentation; null: none. */
    default @Nullable ObjectType<?> object() {
        return null;
    }

    /** What is appended to a field's path to get to {@link #object()}: {@code []} for lists. */
    default String step() {
        return "";
    }
}
