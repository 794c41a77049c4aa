package dev.sluice.model;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * How one kind of object is read and documented.
 *
 * @param kind the kind
 * @param spec the fields of its spec
 * @param object the fields of the whole object
 * @param text what the kind is, in a few sentences
 * @param example valid YAML
 */
record KindReader(Kind kind, ObjectType<?> spec, ObjectType<? extends Resource> object, String text, String example) {
    /** Words of the architecture that have no reader yet. */
    private static final List<String> LATER = List.of("Tenant", "VirtualService", "Mapping");

    private static final Field<String> NAME =
            Field.required("name", Types.NAME, "Unique among the objects of this kind.");
    private static final Field<Map<String, String>> LABELS =
            Field.defaulted("labels", Types.TEXTS, Map.of(), "{}", "Free words to select objects by.");
    private static final Field<Map<String, String>> ANNOTATIONS =
            Field.defaulted("annotations", Types.TEXTS, Map.of(), "{}", "Free remarks.");
    private static final ObjectType<Metadata> METADATA_TYPE = ObjectType.of(
                    v -> new Metadata(v.get(NAME), v.get(LABELS), v.get(ANNOTATIONS)), NAME, LABELS, ANNOTATIONS)
            .passingOver(Set.of("uid", "resourceVersion", "generation", "creationTimestamp", "managedFields"));

    /** The kind of a document; it is read before anything else. */
    static final ValueType<Kind> KIND_TYPE = kindType();

    private static final ValueType<String> VERSION_TYPE = Types.checked(
            Resource.API_VERSION,
            "is not a version that is known here",
            Map.of("const", Resource.API_VERSION),
            text -> text.equals(Resource.API_VERSION) ? Optional.of(text) : Optional.empty());

    /** {@code apiVersion}. */
    static final Field<String> API_VERSION =
            Field.required("apiVersion", VERSION_TYPE, "The version of the format of this object.");

    /** {@code kind}. */
    static final Field<Kind> KIND = Field.required("kind", KIND_TYPE, "What the object is.");

    /** {@code metadata}. */
    static final Field<Metadata> METADATA = Field.required("metadata", METADATA_TYPE, "How the object is called.");

    /** Every kind, in the order of the documentation. */
    static final List<KindReader> ALL = KindTable.rows();

    private static ValueType<Kind> kindType() {
        List<String> words = Kind.written().stream().map(Kind::word).toList();
        String allowed = String.join(", ", words);
        return Types.checkedWord(
                allowed,
                JsonSchema.words(words),
                text -> {
                    if (Kind.named(text).filter(Kind::isGenerated).isPresent()) {
                        return "is a kind whose objects a manager makes and nobody writes";
                    }
                    return LATER.contains(text)
                            ? "is a word of a later version; this version has " + allowed
                            : "is not one of the known words" + Spelling.hint(text, words);
                },
                text -> Kind.written().stream()
                        .filter(kind -> kind.word().equals(text))
                        .findFirst());
    }

    static KindReader of(Kind kind) {
        return ALL.stream().filter(reader -> reader.kind == kind).findFirst().orElseThrow();
    }

    /** A row of the table; an absent spec is a problem if there is no default for it. */
    static <S> KindReader row(
            Kind kind,
            ObjectType<S> spec,
            @Nullable S absent,
            BiFunction<Metadata, S, Resource> maker,
            String text,
            String example) {
        Field<S> specField = absent == null
                ? Field.required("spec", spec, "What is wanted.")
                : Field.defaulted("spec", spec, absent, "", "What is wanted.");
        ObjectType<Resource> object = ObjectType.<Resource>of(
                        v -> maker.apply(v.get(METADATA), v.get(specField)), API_VERSION, KIND, METADATA, specField)
                // What a manager keeps of an object besides: 'sluice get -o yaml' shows it, and 'apply' does not take
                // it.
                .passingOver(Set.of("status"));
        return new KindReader(kind, spec, object, text, example);
    }
}
