package dev.sluice.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The types made of other types. */
final class Lists {
    private Lists() {}

    /** A list. */
    static <T> ValueType<List<T>> of(ValueType<T> item, int min, int max) {
        return new ListType<>(item, min, max, false);
    }

    /** A list, or one item without the brackets. */
    static <T> ValueType<List<T>> orOne(ValueType<T> item, int min, int max) {
        return new ListType<>(item, min, max, true);
    }

    /** A single value, or an object for those who want to say more. */
    static <T> ValueType<T> either(ValueType<T> single, ObjectType<T> object) {
        return new ValueType<>() {
            @Override
            public @Nullable T read(FieldReader at) {
                return switch (at.node()) {
                    case YamlNode.Mapping _ -> object.read(at);
                    case YamlNode.Scalar _ -> single.read(at);
                    case YamlNode.Sequence _ -> at.refuse("is a list where one value or object is expected", allowed());
                };
            }

            @Override
            public String allowed() {
                return single.allowed() + "; or " + object.allowed();
            }

            @Override
            public Map<String, Object> schema() {
                return JsonSchema.either(single.schema(), object.schema());
            }

            @Override
            public ObjectType<?> object() {
                return object;
            }
        };
    }

    private record ListType<T>(ValueType<T> item, int min, int max, boolean oneWithoutBrackets)
            implements ValueType<List<T>> {
        @Override
        public @Nullable List<T> read(FieldReader at) {
            if (!(at.node() instanceof YamlNode.Sequence sequence)) {
                if (oneWithoutBrackets && !(at.node() instanceof YamlNode.Scalar s && s.isNull())) {
                    T single = item.read(at);
                    return single == null ? null : List.of(single);
                }
                return at.refuse("is " + at.node().shape() + " where a list is expected", allowed());
            }
            boolean sound = true;
            int count = sequence.items().size();
            if (count < min || count > max) {
                String message = "has " + count + (count == 1 ? " item" : " items");
                at.document().error(at.node(), at.path(), message, "", min + ".." + max + " items");
                sound = false;
            }
            List<T> items = new ArrayList<>(count);
            for (int i = 0; i < count; i++) {
                T value = item.read(at.item(i, sequence.items().get(i)));
                if (value == null) {
                    sound = false;
                } else {
                    items.add(value);
                }
            }
            return sound ? List.copyOf(items) : null;
        }

        @Override
        public String allowed() {
            String list = "list of " + min + ".." + max + ": " + item.allowed();
            return oneWithoutBrackets ? list + " (or one without brackets)" : list;
        }

        @Override
        public Map<String, Object> schema() {
            Map<String, Object> list = JsonSchema.list(item, min, max);
            return oneWithoutBrackets ? JsonSchema.either(JsonSchema.whole(item), list) : list;
        }

        @Override
        public @Nullable ObjectType<?> object() {
            return item.object();
        }

        @Override
        public String step() {
            return "[]" + item.step();
        }
    }
}
