package dev.sluice.cli;

import dev.sluice.model.YamlText;
import java.io.PrintWriter;
import java.util.Locale;
import picocli.CommandLine.Option;

/** The option of every command that shows objects. */
final class ObjectOutput {
    /** How objects are written. */
    enum Format {
        /** Tables, for people; they may change. */
        TEXT,

        /** As users write them. */
        YAML,

        /** One JSON document, for programs. */
        JSON;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            converter = LowerCaseWord.OfObjectFormat.class,
            description = "text for people, yaml or json for programs (default: ${DEFAULT-VALUE}).")
    private Format format = Format.TEXT;

    Format format() {
        return format;
    }

    boolean isText() {
        return format == Format.TEXT;
    }

    /** Writes a value in the format that was asked for; the text is what people get. */
    void print(PrintWriter out, Object value, String text) {
        switch (format) {
            case TEXT -> out.print(text);
            case YAML -> out.print(YamlText.of(value));
            case JSON -> out.println(Json.text(value));
        }
        out.flush();
    }
}
