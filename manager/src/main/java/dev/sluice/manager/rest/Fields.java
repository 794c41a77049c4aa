package dev.sluice.manager.rest;

import dev.sluice.manager.objects.Refusal;
import dev.sluice.model.Kind;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/**
 * The fields of a body that is no object with kind and name. A field that is misspelled or of another type must not count as left out.
 *
 * @param object what they are about, as problems say it
 * @param path what stands before their names in problems
 * @param tree the fields
 * @param known all that there are
 */
record Fields(String object, String path, JsonNode tree, Set<String> known) {
    /** Refuses what is no object, and fields that are not known. */
    Fields {
        String names = String.join(", ", known.stream().sorted().toList());
        if (!tree.isObject()) {
            throw Refusal.invalid(object, path, "has no fields", tree.toString(), "an object with " + names);
        }
        for (String name : tree.propertyNames()) {
            if (!known.contains(name)) {
                throw Refusal.invalid(object, path + name, "unknown field" + Kind.hint(name, known), "", names);
            }
        }
    }

    /** A field as it is; missing if it is left out. */
    JsonNode value(String name) {
        return tree.path(name);
    }

    /** A text that has to be there. */
    String text(String name) {
        return text(name, "");
    }

    String text(String name, String absent) {
        JsonNode value = tree.path(name);
        if (!value.isMissingNode() && !value.isString()) {
            throw Refusal.invalid(object, path + name, "is no text", value.toString(), "text; numbers in quotes");
        }
        return value.asString(absent);
    }

    /** A whole number, not below 0. */
    long number(String name, long absent) {
        JsonNode value = tree.path(name);
        if (value.isMissingNode()) {
            return absent;
        }
        if (!value.isIntegralNumber() || !value.canConvertToLong() || value.asLong() < 0) {
            throw Refusal.invalid(object, path + name, "is no number that can be", value.toString(), "a whole number");
        }
        return value.asLong();
    }

    /** A list that has to be there. */
    JsonNode list(String name, String allowed) {
        JsonNode value = tree.path(name);
        if (!value.isArray()) {
            String message = value.isMissingNode() ? "is missing" : "is no list";
            throw Refusal.invalid(object, path + name, message, "", allowed);
        }
        return value;
    }
}
