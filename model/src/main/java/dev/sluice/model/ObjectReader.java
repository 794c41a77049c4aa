package dev.sluice.model;

import dev.sluice.model.Problem.Severity;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads documents into objects, keeping what the checks between objects need; one writer. */
final class ObjectReader {
    private final ProblemLog log;
    private final List<Sound> sound = new ArrayList<>();
    private final List<Document> documents = new ArrayList<>();
    private final Map<Kind, Map<String, Document>> declared = new EnumMap<>(Kind.class);
    private int count;

    /**
     * An object without problems of its own.
     *
     * @param resource the object
     * @param document where it stands
     */
    record Sound(Resource resource, Document document) {}

    ObjectReader(ProblemLog log) {
        this.log = log;
    }

    /** Objects without problems of their own, in the order read. */
    List<Sound> sound() {
        return sound;
    }

    /** Every document of a known kind, sound or not. */
    List<Document> documents() {
        return documents;
    }

    /** Names by kind, also of objects that have problems: whoever refers to them is not wrong. */
    Map<Kind, Map<String, Document>> declared() {
        return declared;
    }

    /** How many documents held something. */
    int count() {
        return count;
    }

    /**
     * What is known of a document without looking at others; not changed any more once it is there.
     *
     * @param something whether it holds anything
     * @param document where it stands; null: it is of no known kind
     * @param kind the kind
     * @param name its name; null: it has none that could be one
     * @param resource what it says; null: it has problems of its own
     * @param problems these
     */
    record Alone(
            boolean something,
            @Nullable Document document,
            @Nullable Kind kind,
            @Nullable String name,
            @Nullable Resource resource,
            ProblemLog problems) {}

    /** Reads one document for itself. */
    static Alone alone(String file, YamlNode root) {
        ProblemLog own = new ProblemLog();
        if (root instanceof YamlNode.Scalar scalar && scalar.isNull()) {
            String message = "empty document; remove one of the '---' around it";
            own.addToFile(Severity.WARNING, file, root.line(), root.column(), message, "");
            return new Alone(false, null, null, null, null, own);
        }
        Document untitled = new Document(file, "", root, own);
        Kind kind = kind(untitled, root);
        if (kind == null || !(root instanceof YamlNode.Mapping mapping)) {
            return new Alone(true, null, null, null, null, own);
        }
        YamlNode metadata = field(mapping, "metadata");
        YamlNode name = metadata instanceof YamlNode.Mapping inner ? field(inner, "name") : null;
        String text = name instanceof YamlNode.Scalar scalar && Checks.isName(scalar.text()) ? scalar.text() : null;
        Document document = new Document(file, kind.word() + "/" + (text == null ? "?" : text), root, own);
        Resource resource = KindReader.of(kind).object().read(new FieldReader(document, root, ""));
        return new Alone(true, document, kind, text, resource, own);
    }

    private static @Nullable Kind kind(Document untitled, YamlNode root) {
        if (!(root instanceof YamlNode.Mapping mapping)) {
            String message = "is " + root.shape() + " where an object is expected";
            untitled.error(root, "", message, root.excerpt(), "object with apiVersion, kind, metadata, spec");
            return null;
        }
        YamlNode kindNode = field(mapping, "kind");
        if (kindNode == null) {
            untitled.error(root, "kind", "is missing", "", KindReader.KIND_TYPE.allowed());
            return null;
        }
        return KindReader.KIND_TYPE.read(new FieldReader(untitled, kindNode, "kind"));
    }

    /** Adds what was read for itself. */
    void add(Alone alone) {
        log.addAll(alone.problems());
        if (!alone.something()) {
            return;
        }
        count++;
        Document read = alone.document();
        Kind kind = alone.kind();
        if (read == null || kind == null) {
            return;
        }
        Document document = read.reportingTo(log);
        documents.add(document);
        String name = alone.name();
        if (name != null && !declare(kind, name, document)) {
            return;
        }
        Resource resource = alone.resource();
        if (resource != null) {
            sound.add(new Sound(resource, document));
        }
    }

    private boolean declare(Kind kind, String name, Document document) {
        Document earlier =
                declared.computeIfAbsent(kind, k -> new LinkedHashMap<>()).putIfAbsent(name, document);
        if (earlier == null) {
            return true;
        }
        String where = earlier.file() + ":" + earlier.root().line();
        document.error(
                "metadata.name", "duplicate name; the first " + kind.word() + " of it is at " + where, "unique names");
        return false;
    }

    private static @Nullable YamlNode field(YamlNode.Mapping mapping, String name) {
        for (YamlNode.Entry entry : mapping.entries()) {
            if (entry.key() instanceof YamlNode.Scalar key && key.text().equals(name)) {
                return entry.value();
            }
        }
        return null;
    }
}
