package dev.sluice.model;

/**
 * Something wrong, or doubtful, in what a user wrote.
 *
 * @param severity whether the configuration can be used all the same
 * @param file the file
 * @param line 1 or more; 0: the file as a whole
 * @param column 1 or more; 0: the file as a whole
 * @param object {@code Kind/name}; {@code Kind/?} without a usable name, empty without a usable kind
 * @param field path in the object, e.g. {@code spec.rules[2].match.destination.ports[0]}; empty: the object as a whole
 * @param message what is wrong and what to do
 * @param found the value as written, shortened; empty: none, or it is a secret: problems are logged, stored and shown to others
 * @param allowed the values that are allowed; empty: does not apply
 */
public record Problem(
        Severity severity,
        String file,
        int line,
        int column,
        String object,
        String field,
        String message,
        String found,
        String allowed) {
    /** Whether the configuration can be used all the same. */
    public enum Severity {
        /** No. */
        ERROR,

        /** Yes, but it probably does not do what was meant. */
        WARNING
    }

    /** Leaves secrets out. */
    public Problem {
        found = SecretFields.isSecret(field.substring(field.lastIndexOf('.') + 1)) ? "" : found;
    }

    /** Whether this makes the configuration unusable. */
    public boolean isError() {
        return severity == Severity.ERROR;
    }

    /** {@code FILE:LINE:COL: Kind/name field: message (found X; allowed: Y)}; parts that are empty are left out. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(file);
        if (line > 0) {
            text.append(':').append(line).append(':').append(column);
        }
        text.append(": ");
        if (!isError()) {
            text.append("warning: ");
        }
        if (!object.isEmpty() || !field.isEmpty()) {
            text.append(object).append(object.isEmpty() || field.isEmpty() ? "" : " ");
            text.append(field).append(": ");
        }
        text.append(message);
        if (!found.isEmpty() || !allowed.isEmpty()) {
            text.append(" (");
            text.append(found.isEmpty() ? "" : "found " + found);
            text.append(found.isEmpty() || allowed.isEmpty() ? "" : "; ");
            text.append(allowed.isEmpty() ? "" : "allowed: " + allowed);
            text.append(')');
        }
        return text.toString();
    }
}
