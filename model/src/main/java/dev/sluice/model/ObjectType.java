package dev.sluice.model;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * An object with a fixed set of fields. Reading reports every problem of every field; the builder is called only if there is none,
 * and reports what is wrong between fields.
 *
 * @param <T> what the object becomes
 */
final class ObjectType<T> implements ValueType<T> {
    private final List<Field<?>> fields;
    private final List<String> names;
    private final Set<String> passedOver;
    private final Function<Values, @Nullable T> builder;

    private ObjectType(List<Field<?>> fields, Set<String> passedOver, Function<Values, @Nullable T> builder) {
        this.fields = fields;
        this.passedOver = passedOver;
        this.names = fields.stream().<String>map(Field::name).toList();
        this.builder = builder;
    }

    static <T> ObjectType<T> of(Function<Values, @Nullable T> builder, Field<?>... fields) {
        return new ObjectType<>(List.of(fields), Set.of(), builder);
    }

    /** The same, where fields that others write may stand too: whatever they say is not looked at. */
    ObjectType<T> passingOver(Set<String> names) {
        return new ObjectType<>(fields, Set.copyOf(names), builder);
    }

    List<Field<?>> fields() {
        return fields;
    }

    @Override
    public String allowed() {
        return "object with " + String.join(", ", names);
    }

    @Override
    public Map<String, Object> schema() {
        return JsonSchema.object(fields, passedOver);
    }

    @Override
    public ObjectType<?> object() {
        return this;
    }

    @Override
    public @Nullable T read(FieldReader at) {
        if (!(at.node() instanceof YamlNode.Mapping mapping)) {
            boolean isNull = at.node() instanceof YamlNode.Scalar scalar && scalar.isNull();
            String wrong = isNull ? "has no fields" : "is " + at.node().shape() + " where an object is expected";
            return at.refuse(wrong, allowed());
        }
        Map<String, YamlNode.Entry> entries = new HashMap<>();
        boolean sound = true;
        for (YamlNode.Entry entry : mapping.entries()) {
            sound &= accept(at, entry, entries);
        }
        Values values = new Values(at);
        for (Field<?> field : fields) {
            sound &= read(at, field, entries.get(field.name()), values);
        }
        return sound ? builder.apply(values) : null;
    }

    /** Sorts an entry in, unless its key is unknown or a duplicate. */
    private boolean accept(FieldReader at, YamlNode.Entry entry, Map<String, YamlNode.Entry> entries) {
        if (!(entry.key() instanceof YamlNode.Scalar key)) {
            String message = "a field name is " + entry.key().shape();
            at.document().error(entry.key(), at.path(), message, "", String.join(", ", names));
            return false;
        }
        if (passedOver.contains(key.text())) {
            return true;
        }
        FieldReader field = at.field(key.text(), entry.key());
        if (!names.contains(key.text())) {
            String message = "unknown field" + Spelling.hint(key.text(), names);
            field.refuse(message, String.join(", ", names));
            return false;
        }
        YamlNode.Entry earlier = entries.putIfAbsent(key.text(), entry);
        if (earlier != null) {
            String message =
                    "duplicate field; the first is in line " + earlier.key().line();
            at.document().error(key, field.path(), message, "", "once");
            return false;
        }
        return true;
    }

    private static <F> boolean read(FieldReader at, Field<F> field, YamlNode.@Nullable Entry entry, Values values) {
        F value;
        if (entry != null) {
            value = field.read(at.field(field.name(), entry.value()));
        } else {
            value = field.absent();
            if (value == null) {
                FieldReader missing = at.field(field.name(), at.node());
                String allowed = field.type().allowed();
                at.document().error(at.node(), missing.path(), "is missing", "", allowed);
            }
        }
        if (value == null) {
            return false;
        }
        values.put(field, value);
        return true;
    }
}
