package dev.sluice.cli;

import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** How {@code sluice get} writes objects. */
final class ListOutput {
    private static final String JSONPATH = "jsonpath=";

    /** What people and programs can have. */
    enum Format {
        TEXT,
        WIDE,
        NAME,
        YAML,
        JSON,
        JSONPATH
    }

    /**
     * What was asked for.
     *
     * @param path of jsonpath; null with the others
     */
    record Choice(Format format, @Nullable JsonPath path) {}

    /** Reads {@code wide} or {@code jsonpath=TEMPLATE}. */
    static final class Reader implements ITypeConverter<Choice> {
        @Override
        public Choice convert(String text) {
            if (text.startsWith(JSONPATH)) {
                try {
                    return new Choice(Format.JSONPATH, JsonPath.parse(text.substring(JSONPATH.length())));
                } catch (IllegalArgumentException e) {
                    throw new TypeConversionException(String.valueOf(e.getMessage()));
                }
            }
            for (Format format : Format.values()) {
                if (format != Format.JSONPATH
                        && format.name().toLowerCase(Locale.ROOT).equals(text.toLowerCase(Locale.ROOT))) {
                    return new Choice(format, null);
                }
            }
            throw new TypeConversionException(
                    "'" + text + "' is not one of: text, wide, name, yaml, json, jsonpath=TEMPLATE");
        }
    }

    /** For completion. */
    static final class Words implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return List.of("text", "wide", "name", "yaml", "json", JSONPATH).iterator();
        }
    }

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            converter = Reader.class,
            completionCandidates = Words.class,
            defaultValue = "text",
            description =
                    "text for people, wide with labels, version and what is wrong; name for other commands (service/fw-1); yaml, json, or jsonpath=TEMPLATE for programs, with paths in braces: jsonpath={.items[*].spec.node} (default: ${DEFAULT-VALUE}).")
    private Choice choice = new Choice(Format.TEXT, null);

    Format format() {
        return choice.format;
    }

    /** For people: a table. */
    boolean isTable() {
        return choice.format == Format.TEXT || choice.format == Format.WIDE;
    }

    boolean isWide() {
        return choice.format == Format.WIDE;
    }

    /** What a jsonpath makes of an answer, as whole lines. */
    String byPath(Object answer) {
        String text = choice.path == null ? "" : choice.path.of(answer);
        return text.isEmpty() || text.endsWith("\n") ? text : text + "\n";
    }

    /** What other commands call an object. */
    static String name(Map<String, @Nullable Object> object) {
        return Fields.text(object, "kind").toLowerCase(Locale.ROOT) + "/" + Fields.text(object, "metadata.name");
    }
}
