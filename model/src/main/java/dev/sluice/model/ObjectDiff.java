package dev.sluice.model;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is different between two configurations, object by object, as their authors wrote them: comments, order of objects and the files they stand in do
 * not count. Items of lists that have a name (rules) are compared by name, wherever they stand; a changed order is a change of its own.
 */
public final class ObjectDiff {
    /** Longest value that is shown, in characters. */
    private static final int SHOWN_MAX = 160;

    private final List<Change> changes = new ArrayList<>();

    private ObjectDiff() {}

    /** What happened to an object. */
    public enum What {
        /** It is in the second configuration only. */
        ADDED,

        /** It is in the first configuration only. */
        REMOVED,

        /** A field of it is different. */
        CHANGED
    }

    /**
     * One difference.
     *
     * @param what what happened
     * @param object {@code Kind/name}
     * @param field path of the field, e.g. {@code spec.rules[web].action.chain}; empty: the object as a whole
     * @param before the value in the first configuration, shortened; empty: not written
     * @param after the value in the second configuration, shortened; empty: not written
     */
    public record Change(What what, String object, String field, String before, String after) {
        /** {@code added Kind/name}, {@code changed Kind/name field: old -> new}. */
        @Override
        public String toString() {
            return switch (what) {
                case ADDED -> "added   " + object;
                case REMOVED -> "removed " + object;
                case CHANGED -> "changed " + object + " " + field + ": " + shown(before) + " -> " + shown(after);
            };
        }

        private static String shown(String value) {
            return value.isEmpty() ? "(not set)" : value;
        }
    }

    /**
     * Compares the texts of two configurations; the keys (names of files) do not matter. What is not readable as YAML is left out: check both with
     * {@link ConfigurationLoader} if that can be.
     */
    public static List<Change> between(Map<String, String> first, Map<String, String> second) {
        ObjectDiff diff = new ObjectDiff();
        Map<String, YamlNode> before = objects(first);
        Map<String, YamlNode> after = objects(second);
        Set<String> titles = new LinkedHashSet<>(before.keySet());
        titles.addAll(after.keySet());
        for (String title : titles) {
            YamlNode old = before.get(title);
            YamlNode now = after.get(title);
            if (old == null) {
                diff.changes.add(new Change(What.ADDED, title, "", "", ""));
            } else if (now == null) {
                diff.changes.add(new Change(What.REMOVED, title, "", "", ""));
            } else {
                diff.compare(title, "", old, now);
            }
        }
        return List.copyOf(diff.changes);
    }

    private static Map<String, YamlNode> objects(Map<String, String> texts) {
        Map<String, YamlNode> objects = new LinkedHashMap<>();
        for (String text : texts.values()) {
            for (YamlNode document : YamlReader.read(text.startsWith("\ufeff") ? text.substring(1) : text)
                    .documents()) {
                YamlNode metadata = field(document, "metadata");
                YamlNode name = metadata == null ? null : field(metadata, "name");
                YamlNode kind = field(document, "kind");
                if (kind != null && name != null) {
                    objects.put(render(kind) + "/" + render(name), document);
                }
            }
        }
        return objects;
    }

    private static @Nullable YamlNode field(YamlNode at, String name) {
        return at instanceof YamlNode.Mapping mapping ? fields(mapping).get(name) : null;
    }

    private static Map<String, YamlNode> fields(YamlNode.Mapping mapping) {
        Map<String, YamlNode> fields = new LinkedHashMap<>();
        mapping.entries().forEach(entry -> fields.put(render(entry.key()), entry.value()));
        return fields;
    }

    private void compare(String object, String path, @Nullable YamlNode before, @Nullable YamlNode after) {
        if (before instanceof YamlNode.Mapping a && after instanceof YamlNode.Mapping b) {
            compareFields(object, path.isEmpty() ? "" : path + ".", "", fields(a), fields(b));
        } else if (before instanceof YamlNode.Sequence a
                && after instanceof YamlNode.Sequence b
                && named(a) != null
                && named(b) != null) {
            Map<String, YamlNode> old = Objects.requireNonNull(named(a));
            Map<String, YamlNode> now = Objects.requireNonNull(named(b));
            compareFields(object, path + "[", "]", old, now);
            compareOrder(object, path, old.keySet(), now.keySet());
        } else {
            String old = render(before);
            String now = render(after);
            if (!old.equals(now)) {
                changes.add(new Change(What.CHANGED, object, path, shorten(old), shorten(now)));
            }
        }
    }

    private void compareFields(
            String object, String left, String right, Map<String, YamlNode> before, Map<String, YamlNode> after) {
        Set<String> names = new LinkedHashSet<>(before.keySet());
        names.addAll(after.keySet());
        names.forEach(name -> compare(object, left + name + right, before.get(name), after.get(name)));
    }

    private void compareOrder(String object, String path, Set<String> before, Set<String> after) {
        List<String> old = new ArrayList<>(before);
        old.retainAll(after);
        List<String> now = new ArrayList<>(after);
        now.retainAll(before);
        if (!old.equals(now)) {
            changes.add(new Change(
                    What.CHANGED,
                    object,
                    path + " (order)",
                    shorten(String.join(", ", old)),
                    shorten(String.join(", ", now))));
        }
    }

    /** The items by their names; null if one has none, or two have the same. */
    private static @Nullable Map<String, YamlNode> named(YamlNode.Sequence list) {
        Map<String, YamlNode> items = new LinkedHashMap<>();
        for (YamlNode item : list.items()) {
            YamlNode name = field(item, "name");
            if (!(name instanceof YamlNode.Scalar scalar) || items.put(scalar.text(), item) != null) {
                return null;
            }
        }
        return items;
    }

    private static String render(@Nullable YamlNode node) {
        return switch (node) {
            case null -> "";
            case YamlNode.Scalar scalar -> scalar.isNull() ? "" : scalar.text();
            case YamlNode.Sequence list ->
                "["
                        + String.join(
                                ", ",
                                list.items().stream().map(ObjectDiff::render).toList()) + "]";
            case YamlNode.Mapping mapping ->
                "{"
                        + String.join(
                                ", ",
                                fields(mapping).entrySet().stream()
                                        .map(e -> e.getKey() + ": " + render(e.getValue()))
                                        .sorted()
                                        .toList())
                        + "}";
        };
    }

    private static String shorten(String text) {
        String line = text.replaceAll("\\p{Cntrl}", " ");
        return line.length() <= SHOWN_MAX ? line : line.substring(0, SHOWN_MAX) + "...";
    }
}
