package dev.sluice.controller;

import dev.sluice.model.Kind;

/**
 * An object as it is to be.
 *
 * @param kind its kind
 * @param name its name
 * @param generation counts the changes of its specification
 * @param text what users wrote, as YAML or JSON; equal texts, equal objects
 */
public record WantedObject(Kind kind, String name, long generation, String text) {
    /** The name of an object as a resource: {@code servicepolicies/web}. */
    public static String key(Kind kind, String name) {
        return kind.plural() + "/" + name;
    }

    /** Its name as a resource. */
    public String key() {
        return key(kind, name);
    }

    /** {@code Kind/name}. */
    public String title() {
        return kind.word() + "/" + name;
    }
}
