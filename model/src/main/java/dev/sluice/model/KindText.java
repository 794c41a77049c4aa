package dev.sluice.model;

import java.util.List;

/**
 * A kind of objects in words, from the tables that read them: for programs that explain it. Immutable.
 *
 * @param meaning what the kind is, in a few sentences
 * @param example YAML that is valid; empty: nobody writes such objects
 * @param fields of the whole object, in the order of the documentation
 */
public record KindText(Kind kind, String meaning, String example, List<FieldText> fields) {
    /** Copies the list. */
    public KindText {
        fields = List.copyOf(fields);
    }

    /** What is known of a kind. */
    public static KindText of(Kind kind) {
        if (kind.isGenerated()) {
            return GeneratedKind.of(kind).text();
        }
        KindReader reader = KindReader.of(kind);
        return new KindText(
                kind,
                reader.text().strip(),
                reader.example(),
                reader.object().fields().stream()
                        .map(field -> FieldText.of("", field))
                        .toList());
    }
}
