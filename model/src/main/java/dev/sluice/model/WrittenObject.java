package dev.sluice.model;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * An object as it was written, before anything but its syntax is checked: for programs that pass objects on, such as the manager and what talks to it. Kind and
 * fields may be wrong; {@link ConfigurationLoader} says so.
 */
public final class WrittenObject {
    private final Document document;
    private final Map<String, @Nullable Object> fields;

    private WrittenObject(Document document, Map<String, @Nullable Object> fields) {
        this.document = document;
        this.fields = fields;
    }

    /**
     * What reading gave.
     *
     * @param objects in the order written, without empty documents
     * @param problems what is not YAML, not an object, or has a field twice
     */
    public record Read(List<WrittenObject> objects, List<Problem> problems) {
        /** Copies the lists. */
        public Read {
            objects = List.copyOf(objects);
            problems = List.copyOf(problems);
        }
    }

    /** The objects of a text in YAML or JSON; the name is what problems show. Bounds of length, depth and aliases are those of files. */
    public static Read read(String fileName, String text) {
        ProblemLog log = new ProblemLog();
        List<WrittenObject> objects = new ArrayList<>();
        if (text.length() > ConfigurationLoader.FILE_BYTES_MAX) {
            String allowed = "0.." + ConfigurationLoader.FILE_BYTES_MAX + " bytes";
            log.addToFile(Problem.Severity.ERROR, fileName, 0, 0, "the text is too long; split it", allowed);
            return new Read(objects, log.sorted());
        }
        YamlReader.Result read = YamlReader.read(text.startsWith("\ufeff") ? text.substring(1) : text);
        for (YamlNode root : read.documents()) {
            if (root instanceof YamlNode.Scalar scalar && scalar.isNull()) {
                continue;
            }
            Document document = new Document(fileName, title(root), root, log);
            if (root instanceof YamlNode.Mapping mapping) {
                objects.add(new WrittenObject(document, mapping(document, "", mapping)));
            } else {
                String message = "is " + root.shape() + " where an object is expected";
                document.error(root, "", message, root.excerpt(), "object with apiVersion, kind, metadata, spec");
            }
        }
        read.failure()
                .ifPresent(failure -> log.addToFile(
                        Problem.Severity.ERROR,
                        fileName,
                        failure.line(),
                        failure.column(),
                        failure.message(),
                        failure.allowed()));
        return new Read(objects, log.sorted());
    }

    private static String title(YamlNode root) {
        String kind = text(root, "kind");
        YamlNode metadata = field(root, "metadata");
        String name = metadata == null ? "" : text(metadata, "name");
        return kind.isEmpty() ? "" : kind + "/" + (name.isEmpty() ? "?" : name);
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

    private static String text(YamlNode at, String name) {
        return field(at, name) instanceof YamlNode.Scalar scalar ? scalar.text() : "";
    }

    private static Map<String, @Nullable Object> mapping(Document document, String path, YamlNode.Mapping mapping) {
        Map<String, @Nullable Object> fields = new LinkedHashMap<>();
        for (YamlNode.Entry entry : mapping.entries()) {
            if (!(entry.key() instanceof YamlNode.Scalar key)) {
                document.error(
                        entry.key(), path, "a field name is " + entry.key().shape(), "", "text");
                continue;
            }
            String at = path.isEmpty() ? key.text() : path + "." + key.text();
            if (fields.containsKey(key.text())) {
                document.error(key, at, "duplicate field", "", "once");
            }
            fields.put(key.text(), value(document, at, entry.value()));
        }
        return fields;
    }

    private static @Nullable Object value(Document document, String path, YamlNode node) {
        return switch (node) {
            case YamlNode.Scalar scalar -> scalar(scalar);
            case YamlNode.Mapping mapping -> mapping(document, path, mapping);
            case YamlNode.Sequence sequence -> {
                List<@Nullable Object> items = new ArrayList<>();
                for (int i = 0; i < sequence.items().size(); i++) {
                    items.add(value(
                            document, path + "[" + i + "]", sequence.items().get(i)));
                }
                yield items;
            }
        };
    }

    /** What reads back as the same: texts that stand without quotes and look like numbers are numbers. */
    private static @Nullable Object scalar(YamlNode.Scalar scalar) {
        String text = scalar.text();
        if (!scalar.plain()) {
            return text;
        }
        if (scalar.isNull()) {
            return null;
        }
        OptionalLong number = Literals.integer(text);
        if (number.isPresent()) {
            return number.getAsLong();
        }
        if (text.equals("true") || text.equals("false")) {
            return Boolean.valueOf(text);
        }
        if (Literals.isNumberOrBoolean(text)) {
            try {
                double value = Double.parseDouble(text);
                return Double.isFinite(value) ? (Object) value : text;
            } catch (NumberFormatException e) {
                return text;
            }
        }
        return text;
    }

    /** The fields as maps, lists, texts, {@link Long}s, {@link Double}s, {@link Boolean}s and nulls, in the order written. */
    public Map<String, @Nullable Object> fields() {
        return fields;
    }

    /** The word that stands under {@code kind}, or nothing. */
    public String kind() {
        return text(document.root(), "kind");
    }

    /** The name that stands in the metadata, if it can be one. */
    public Optional<String> name() {
        YamlNode metadata = field(document.root(), "metadata");
        String name = metadata == null ? "" : text(metadata, "name");
        return Checks.isName(name) ? Optional.of(name) : Optional.empty();
    }

    /** {@code Kind/name} as problems show it. */
    public String title() {
        return document.title();
    }

    /** {@code FILE:LINE:COLUMN} of a field such as {@code spec.rules[2].match}; of what is around it where it is not written. */
    public String place(String path) {
        return of(document.find(path)).toString();
    }

    /** A place in a file. */
    public record Place(String file, int line, int column) {
        @Override
        public String toString() {
            return file + ":" + line + ":" + column;
        }
    }

    /** Where a value stands or, if the field itself is what is wrong, its name; what is around it where it is not written. */
    public Place place(String path, boolean ofName) {
        YamlNode name = ofName ? document.name(path) : null;
        return of(name == null ? document.find(path) : name);
    }

    private Place of(YamlNode at) {
        return new Place(document.file(), at.line(), at.column());
    }
}
