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

    void read(String file, YamlNode root) {
        if (root instanceof YamlNode.Scalar scalar && scalar.isNull()) {
            String message = "empty document; remove one of the '---' around it";
            log.addToFile(Severity.WARNING, file, root.line(), root.column(), message, "");
            return;
        }
        count++;
        Document untitled = new Document(file, "", root, log);
        if (!(root instanceof YamlNode.Mapping mapping)) {
            String message = "is " + root.shape() + " where an object is expected";
            untitled.error(root, "", message, root.excerpt(), "object with apiVersion, kind, metadata, spec");
            return;
        }
        YamlNode kindNode = field(mapping, "kind");
        if (kindNode == null) {
            untitled.error(root, "kind", "is missing", "", KindReader.KIND_TYPE.allowed());
            return;
        }
        Kind kind = KindReader.KIND_TYPE.read(new FieldReader(untitled, kindNode, "kind"));
        if (kind != null) {
            read(file, mapping, kind);
        }
    }

    private void read(String file, YamlNode.Mapping root, Kind kind) {
        YamlNode metadata = field(root, "metadata");
        YamlNode name = metadata instanceof YamlNode.Mapping mapping ? field(mapping, "name") : null;
        boolean named = name instanceof YamlNode.Scalar scalar && Checks.isName(scalar.text());
        String text = named && name instanceof YamlNode.Scalar scalar ? scalar.text() : "?";
        Document document = new Document(file, kind.word() + "/" + text, root, log);
        documents.add(document);
        Resource resource = KindReader.of(kind).object().read(new FieldReader(document, root, ""));
        if (named && !declare(kind, text, document)) {
            return;
        }
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
