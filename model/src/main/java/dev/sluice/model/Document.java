package dev.sluice.model;

import dev.sluice.model.Problem.Severity;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One object as it stands in a file: where its fields are, and the references that reading found in it.
 *
 * @param file the file
 * @param title {@code Kind/name} as problems show it
 * @param root the whole document
 * @param log where problems go
 * @param references names of other objects, filled while reading
 */
record Document(String file, String title, YamlNode root, ProblemLog log, List<Reference> references) {
    /**
     * The name of another object.
     *
     * @param kinds its kind, or those that it may be of
     * @param at where the name stands
     * @param path field that holds it
     */
    record Reference(List<Kind> kinds, YamlNode.Scalar at, String path) {}

    Document(String file, String title, YamlNode root, ProblemLog log) {
        this(file, title, root, log, new ArrayList<>());
    }

    /** The same object, whose problems go elsewhere from now on. */
    Document reportingTo(ProblemLog other) {
        return new Document(file, title, root, other, references);
    }

    /** Reports an error at a value that is at hand. */
    void error(YamlNode at, String path, String message, String found, String allowed) {
        log.add(new Problem(Severity.ERROR, file, at.line(), at.column(), title, path, message, found, allowed));
    }

    /** Reports an error at a field that was read before, showing its value if it is a single one. */
    void error(String path, String message, String allowed) {
        report(Severity.ERROR, path, message, allowed);
    }

    /** Reports a warning at a field that was read before. */
    void warning(String path, String message) {
        report(Severity.WARNING, path, message, "");
    }

    private void report(Severity severity, String path, String message, String allowed) {
        YamlNode at = find(path);
        String found = at instanceof YamlNode.Scalar ? at.excerpt() : "";
        log.add(new Problem(severity, file, at.line(), at.column(), title, path, message, found, allowed));
    }

    /** The value at a path such as {@code spec.rules[2].match}; where that is not written, the nearest value around it. */
    YamlNode find(String path) {
        YamlNode at = root;
        int from = 0;
        while (from < path.length()) {
            boolean isItem = path.charAt(from) == '[';
            int to = isItem ? path.indexOf(']', from) + 1 : stepEnd(path, from);
            YamlNode next = isItem
                    ? item(at, Integer.parseInt(path, from + 1, to - 1, 10))
                    : field(at, path.substring(from, to));
            if (next == null) {
                return at;
            }
            at = next;
            from = to < path.length() && path.charAt(to) == '.' ? to + 1 : to;
        }
        return at;
    }

    /** The name of the field at a path; null where it is not written, or stands in a list. */
    @Nullable
    YamlNode name(String path) {
        int dot = path.lastIndexOf('.');
        YamlNode around = dot < 0 ? root : find(path.substring(0, dot));
        String last = path.substring(dot + 1);
        if (around instanceof YamlNode.Mapping mapping) {
            for (YamlNode.Entry entry : mapping.entries()) {
                if (entry.key() instanceof YamlNode.Scalar key && key.text().equals(last)) {
                    return key;
                }
            }
        }
        return null;
    }

    private static int stepEnd(String path, int from) {
        int to = from;
        while (to < path.length() && path.charAt(to) != '.' && path.charAt(to) != '[') {
            to++;
        }
        return to;
    }

    private static @Nullable YamlNode field(YamlNode at, String name) {
        if (at instanceof YamlNode.Mapping mapping) {
            for (YamlNode.Entry entry : mapping.entries()) {
                if (entry.key() instanceof YamlNode.Scalar key && key.text().equals(name)) {
                    return entry.value();
                }
            }
        }
        return null;
    }

    private static @Nullable YamlNode item(YamlNode at, int index) {
        return at instanceof YamlNode.Sequence sequence
                        && index < sequence.items().size()
                ? sequence.items().get(index)
                : null;
    }
}
