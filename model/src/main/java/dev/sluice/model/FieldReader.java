package dev.sluice.model;

import org.jspecify.annotations.Nullable;

/**
 * A value being read, with the path that leads to it.
 *
 * @param document what it is part of
 * @param node the value
 * @param path e.g. {@code spec.rules[2].match}
 */
record FieldReader(Document document, YamlNode node, String path) {
    /** The value of a field of this one. */
    FieldReader field(String name, YamlNode value) {
        return new FieldReader(document, value, path.isEmpty() ? name : path + "." + name);
    }

    /** An item of this list. */
    FieldReader item(int index, YamlNode value) {
        return new FieldReader(document, value, path + "[" + index + "]");
    }

    /** Reports what is wrong with this value; null, for readers to return. */
    @SuppressWarnings("TypeParameterUnusedInFormals") // the value is always null, so no cast can be wrong
    <T> @Nullable T refuse(String message, String allowed) {
        document.error(node, path, message, node.excerpt(), allowed);
        return null;
    }

    /** The single value, or null after reporting that it is something else. */
    YamlNode.@Nullable Scalar scalar(String allowed) {
        if (!(node instanceof YamlNode.Scalar scalar)) {
            return refuse("is " + node.shape() + " where a single value is expected", allowed);
        }
        if (scalar.isNull()) {
            return refuse("has no value; give one or remove the field", allowed);
        }
        return scalar;
    }

    /** The text, or null after reporting that YAML takes the value for a number or the like. */
    @Nullable
    String text(String allowed) {
        YamlNode.Scalar scalar = scalar(allowed);
        if (scalar == null) {
            return null;
        }
        if (scalar.plain() && Literals.isNumberOrBoolean(scalar.text())) {
            return refuse("is a number or truth value where text is expected; put it in quotes", allowed);
        }
        return scalar.text();
    }
}
