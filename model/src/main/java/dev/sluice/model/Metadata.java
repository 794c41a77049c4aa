package dev.sluice.model;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What every object carries besides its specification.
 *
 * @param name unique among the objects of its kind; see {@code [a-z0-9]([-a-z0-9.]*[a-z0-9])?}, at most 63 characters
 * @param labels free words to select objects by, in the order written
 * @param annotations free remarks, in the order written
 */
public record Metadata(String name, Map<String, String> labels, Map<String, String> annotations) {
    /** Checks the name and copies the maps. */
    public Metadata {
        Checks.requireName("metadata.name", name);
        labels = Collections.unmodifiableMap(new LinkedHashMap<>(labels));
        annotations = Collections.unmodifiableMap(new LinkedHashMap<>(annotations));
    }

    /** Metadata with a name only. */
    public static Metadata named(String name) {
        return new Metadata(name, Map.of(), Map.of());
    }
}
