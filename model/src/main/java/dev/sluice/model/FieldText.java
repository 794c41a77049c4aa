package dev.sluice.model;

import java.util.ArrayList;
import java.util.List;

/**
 * A field of objects of one kind in words, from the table that reads it: for programs that explain it. Immutable.
 *
 * @param path from the object on; items of lists have brackets: {@code spec.rules[].match}
 * @param values what it may hold, such as {@code 1..4094}
 * @param fallback what it is where it is missing; {@code required}; empty: nothing
 * @param meaning a sentence or a few
 * @param fields those inside of it, in the order of the documentation; empty: it is a single value, or its fields are free
 */
public record FieldText(String path, String values, String fallback, String meaning, List<FieldText> fields) {
    /** Copies the list. */
    public FieldText {
        fields = List.copyOf(fields);
    }

    /** The last word of the path. */
    public String name() {
        String name = path.substring(path.lastIndexOf('.') + 1);
        return name.endsWith("[]") ? name.substring(0, name.length() - 2) : name;
    }

    static FieldText of(String prefix, Field<?> field) {
        String path = prefix + field.name();
        ObjectType<?> inner = field.type().object();
        List<FieldText> fields = new ArrayList<>();
        if (inner != null) {
            inner.fields().forEach(each -> fields.add(of(path + field.type().step() + ".", each)));
        }
        return new FieldText(path, field.type().allowed(), field.fallback(), field.text(), fields);
    }
}
