package dev.sluice.model;

import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A row of the table of fields: what readers check and what the documentation says.
 *
 * @param <T> what {@link Values#get} gives for it
 */
final class Field<T> {
    private final String name;
    private final ValueType<?> type;
    private final Function<FieldReader, @Nullable T> reader;
    private final @Nullable T absent;
    private final String fallback;
    private final String text;

    private Field(
            String name,
            ValueType<?> type,
            Function<FieldReader, @Nullable T> reader,
            @Nullable T absent,
            String fallback,
            String text) {
        this.name = name;
        this.type = type;
        this.reader = reader;
        this.absent = absent;
        this.fallback = fallback;
        this.text = text;
    }

    /** A field that has to be there. */
    static <T> Field<T> required(String name, ValueType<T> type, String text) {
        return new Field<>(name, type, type::read, null, "required", text);
    }

    /** A field with a default. */
    static <T> Field<T> defaulted(String name, ValueType<T> type, T value, String shown, String text) {
        return new Field<>(name, type, type::read, value, shown, text);
    }

    /** A field whose default is one of its words. */
    static <T extends Enum<T> & Word> Field<T> defaulted(String name, ValueType<T> type, T value, String text) {
        return defaulted(name, type, value, value.word(), text);
    }

    /** A field that may be missing. */
    static <T> Field<Optional<T>> optional(String name, ValueType<T> type, String text) {
        Function<FieldReader, @Nullable Optional<T>> reader = at -> {
            T value = type.read(at);
            return value == null ? null : Optional.of(value);
        };
        return new Field<>(name, type, reader, Optional.empty(), "", text);
    }

    String name() {
        return name;
    }

    ValueType<?> type() {
        return type;
    }

    /** The value where the field is missing; null if it is required. */
    @Nullable
    T absent() {
        return absent;
    }

    /** The default as the documentation shows it. */
    String fallback() {
        return fallback;
    }

    /** One sentence for the documentation. */
    String text() {
        return text;
    }

    @Nullable
    T read(FieldReader at) {
        return reader.apply(at);
    }
}
