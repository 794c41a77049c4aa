package dev.sluice.model;

import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;

/**
 * One object that was read for itself: sound as such, whatever other objects there are.
 *
 * @param resource the object
 * @param references the objects that it needs to be there; a name that may be of several kinds once for each
 */
public record ReadObject(Resource resource, Set<Reference> references) {
    /**
     * The name of another object.
     *
     * @param kind its kind
     * @param name its name
     */
    public record Reference(Kind kind, String name) {}

    /** Copies the references. */
    public ReadObject {
        references = Set.copyOf(references);
    }

    /** The only object of a text; empty if there is another number of them, or something is wrong with it. */
    public static Optional<ReadObject> read(String text) {
        ProblemLog log = new ProblemLog();
        ObjectReader reader = new ObjectReader(log);
        YamlReader.Result read = YamlReader.read(text);
        read.documents().forEach(document -> reader.add(ObjectReader.alone("object", document)));
        if (read.failure().isPresent() || log.errors() > 0 || reader.sound().size() != 1) {
            return Optional.empty();
        }
        ObjectReader.Sound only = reader.sound().getFirst();
        Set<Reference> references = new LinkedHashSet<>();
        for (Document.Reference each : only.document().references()) {
            each.kinds()
                    .forEach(
                            kind -> references.add(new Reference(kind, each.at().text())));
        }
        return Optional.of(new ReadObject(only.resource(), references));
    }
}
