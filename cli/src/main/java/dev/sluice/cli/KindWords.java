package dev.sluice.cli;

import dev.sluice.model.Kind;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** The words for kinds, for completion, and what users say of objects: {@code services}, {@code service fw-1 fw-2}, {@code service/fw-1}. */
final class KindWords implements Iterable<String> {
    /** Every kind. */
    static final String ALL = "all";

    /**
     * What a user named.
     *
     * @param kind null: every kind
     * @param names empty: all of the kind
     */
    record Named(@Nullable Kind kind, List<String> names) {}

    /** The words for kinds alone. */
    static final class OfKinds implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Kind.plurals().iterator();
        }
    }

    @Override
    public Iterator<String> iterator() {
        List<String> words = new ArrayList<>(Kind.plurals());
        words.add(ALL);
        return words.iterator();
    }

    /** Objects of one kind, or of several as {@code KIND/NAME KIND/NAME}. */
    static List<Named> parseEach(CommandSpec spec, String first, List<String> rest) {
        if (rest.stream().noneMatch(word -> word.contains("/"))) {
            return List.of(parse(spec, first, rest));
        }
        List<String> words = new ArrayList<>(rest);
        words.addFirst(first);
        for (String word : words) {
            if (!word.contains("/")) {
                throw new ParameterException(
                        spec.commandLine(),
                        "'" + word
                                + "' does not say which kind it is of; write KIND NAME NAME, or KIND/NAME KIND/NAME");
            }
        }
        return words.stream().map(word -> parse(spec, word, List.of())).toList();
    }

    static Named parse(CommandSpec spec, String kindText, List<String> names) {
        int slash = kindText.indexOf('/');
        String word = slash < 0 ? kindText : kindText.substring(0, slash);
        List<String> all = new ArrayList<>(names);
        if (slash >= 0) {
            all.addFirst(kindText.substring(slash + 1));
        }
        if (word.equals(ALL) && all.isEmpty()) {
            return new Named(null, all);
        }
        Kind kind = Kind.named(word)
                .orElseThrow(() -> new ParameterException(
                        spec.commandLine(),
                        "'" + word + "' is not a kind" + Kind.hint(word, Kind.plurals()) + "; kinds are: "
                                + String.join(", ", Kind.plurals())));
        for (String name : all) {
            if (!name.matches("[a-z0-9][-a-z0-9.]{0,62}")) {
                throw new ParameterException(spec.commandLine(), "'" + name + "' is not the name of an object");
            }
        }
        return new Named(kind, all);
    }
}
