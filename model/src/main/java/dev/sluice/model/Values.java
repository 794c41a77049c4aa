package dev.sluice.model;

import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** The fields of one object, all read without a problem; what a builder makes the object of. */
final class Values {
    private final FieldReader at;
    private final Map<Field<?>, Object> values = new HashMap<>();

    Values(FieldReader at) {
        this.at = at;
    }

    <T> void put(Field<T> field, T value) {
        values.put(field, value);
    }

    /** The value of a field, its default if it was missing. */
    @SuppressWarnings("unchecked") // put() admits only values of the field's own type
    <T> T get(Field<T> field) {
        return (T) Objects.requireNonNull(values.get(field), field.name());
    }

    /** The value of an optional number. */
    OptionalInt number(Field<Optional<Integer>> field) {
        Optional<Integer> value = get(field);
        return value.isPresent() ? OptionalInt.of(value.get()) : OptionalInt.empty();
    }

    /** The path of one of the fields. */
    String path(String field) {
        return at.path().isEmpty() ? field : at.path() + "." + field;
    }

    /** Reports that a field does not fit the others; null, for builders to return. */
    @SuppressWarnings("TypeParameterUnusedInFormals") // the value is always null, so no cast can be wrong
    <T> @Nullable T refuse(String field, String message, String allowed) {
        at.document().error(field.isEmpty() ? at.path() : path(field), message, allowed);
        return null;
    }
}
