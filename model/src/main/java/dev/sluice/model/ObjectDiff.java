package dev.sluice.model;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What is different between two configurations, object by object, as their authors wrote them: comments, order of objects and the files they stand in do
 * not count. Items of lists that have a name (rules) are compared by name, wherever they stand; a changed order is a change of its own. That a secret is another is said, what
 * it is is not.
 */
public final class ObjectDiff {
    /** Longest value that is shown, in characters. */
    private static final int SHOWN_MAX = 160;

    /** The same of what is recorded: an object as a whole, if it is not very large. */
    private static final int RECORDED_MAX = 4_000;

    /** Stands for a secret. */
    private static final String HIDDEN = "(not shown)";

    private final List<Change> changes = new ArrayList<>();
    private final boolean record;

    private ObjectDiff(boolean record) {
        this.record = record;
    }

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
     * @param before the value in the first configuration, shortened; empty: not written, or the object as a whole
     * @param after the value in the second configuration, shortened; empty: not written, or the object as a whole
     */
    public record Change(What what, String object, String field, String before, String after) {
        /** {@code added Kind/name}, {@code changed Kind/name field: old -> new}; of objects that are recorded {@code added Kind/name: content}. */
        @Override
        public String toString() {
            return switch (what) {
                case ADDED -> "added   " + object + (after.isEmpty() ? "" : ": " + after);
                case REMOVED -> "removed " + object + (before.isEmpty() ? "" : ": " + before);
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
        return new ObjectDiff(false).changes(first, second);
    }

    /** The same, with what objects were that are gone and are that are new, and longer values: what a record of changes needs. Values that may be anything, secrets too, are left out. */
    public static List<Change> recorded(Map<String, String> first, Map<String, String> second) {
        return new ObjectDiff(true).changes(first, second);
    }

    private List<Change> changes(Map<String, String> first, Map<String, String> second) {
        Map<String, YamlNode> before = objects(first);
        Map<String, YamlNode> after = objects(second);
        Set<String> titles = new LinkedHashSet<>(before.keySet());
        titles.addAll(after.keySet());
        for (String title : titles) {
            YamlNode old = before.get(title);
            YamlNode now = after.get(title);
            if (old == null) {
                changes.add(new Change(What.ADDED, title, "", "", content(now)));
            } else if (now == null) {
                changes.add(new Change(What.REMOVED, title, "", content(old), ""));
            } else {
                compare(title, "", false, old, now);
            }
        }
        return List.copyOf(changes);
    }

    private String content(@Nullable YamlNode object) {
        return record ? shorten(render(object, this::isHidden)) : "";
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

    private void compare(
            String object, String path, boolean hidden, @Nullable YamlNode before, @Nullable YamlNode after) {
        if (before instanceof YamlNode.Mapping a && after instanceof YamlNode.Mapping b) {
            Map<String, YamlNode> old = fields(a);
            Map<String, YamlNode> now = fields(b);
            String left = path.isEmpty() ? "" : path + ".";
            union(old, now)
                    .forEach(name ->
                            compare(object, left + name, hidden || isHidden(name), old.get(name), now.get(name)));
        } else if (before instanceof YamlNode.Sequence a
                && after instanceof YamlNode.Sequence b
                && named(a) != null
                && named(b) != null) {
            Map<String, YamlNode> old = Objects.requireNonNull(named(a));
            Map<String, YamlNode> now = Objects.requireNonNull(named(b));
            union(old, now)
                    .forEach(name -> compare(object, path + "[" + name + "]", hidden, old.get(name), now.get(name)));
            compareOrder(object, path, old.keySet(), now.keySet());
        } else {
            if (!render(before).equals(render(after))) {
                changes.add(new Change(What.CHANGED, object, path, shown(before, hidden), shown(after, hidden)));
            }
        }
    }

    private static Set<String> union(Map<String, YamlNode> before, Map<String, YamlNode> after) {
        Set<String> names = new LinkedHashSet<>(before.keySet());
        names.addAll(after.keySet());
        return names;
    }

    private boolean isHidden(String field) {
        return record ? SecretFields.mayBeSecret(field) : SecretFields.isSecret(field);
    }

    private String shown(@Nullable YamlNode value, boolean hidden) {
        String text = render(value, this::isHidden);
        return hidden && !text.isEmpty() ? HIDDEN : shorten(text);
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

    /** With secrets, as values are compared. */
    private static String render(@Nullable YamlNode node) {
        return render(node, _ -> false);
    }

    /** @param hidden which fields are not shown */
    private static String render(@Nullable YamlNode node, Predicate<String> hidden) {
        return switch (node) {
            case null -> "";
            case YamlNode.Scalar scalar -> scalar.isNull() ? "" : scalar.text();
            case YamlNode.Sequence list ->
                "["
                        + String.join(
                                ", ",
                                list.items().stream()
                                        .map(each -> render(each, hidden))
                                        .toList()) + "]";
            case YamlNode.Mapping mapping ->
                "{"
                        + String.join(
                                ", ",
                                fields(mapping).entrySet().stream()
                                        .map(e -> e.getKey() + ": "
                                                + (hidden.test(e.getKey()) ? HIDDEN : render(e.getValue(), hidden)))
                                        .sorted()
                                        .toList())
                        + "}";
        };
    }

    private String shorten(String text) {
        String line = text.replaceAll("\\p{Cntrl}", " ");
        int most = record ? RECORDED_MAX : SHOWN_MAX;
        if (line.length() <= most) {
            return line;
        }
        boolean within = Character.isHighSurrogate(line.charAt(most - 1));
        return line.substring(0, within ? most - 1 : most) + "..."
                + (record ? " (cut, " + line.length() + " characters)" : "");
    }
}
