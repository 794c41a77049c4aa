package dev.sluice.cli;

import dev.sluice.model.FieldText;
import dev.sluice.model.Kind;
import dev.sluice.model.KindText;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code sluice explain}. */
@Command(
        name = "explain",
        description = {
            "Says what objects of a kind are, which fields they have, what may stand there and what is so without them. Asks nobody: what this version knows.",
            "For example: sluice explain servicechains, sluice explain service.spec.health, sluice explain port --recursive. Without KIND: the kinds."
        })
final class ExplainCommand implements Callable<Integer> {
    private static final int WIDTH = 100;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli before call
    private CommandSpec spec;

    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "KIND[.FIELD]",
            completionCandidates = KindWords.OfKinds.class,
            description = "A kind in singular or plural, and the path of a field. Kinds: ${COMPLETION-CANDIDATES}.")
    private @Nullable String subject;

    @Option(
            names = {"-r", "--recursive"},
            description = "All fields, also those inside of others.")
    private boolean recursive;

    @Mixin
    private OutputOption output = new OutputOption();

    @Override
    public Integer call() {
        if (subject == null) {
            List<KindText> kinds =
                    Arrays.stream(Kind.values()).map(KindText::of).toList();
            return print(kinds, kinds(kinds));
        }
        List<String> words = List.of(subject.split("\\.", -1));
        KindText kind = KindText.of(kind(words.getFirst()));
        if (words.size() == 1) {
            return print(kind, kind(kind));
        }
        FieldText field = field(kind, words.subList(1, words.size()));
        return print(field, field(kind, field));
    }

    private Kind kind(String word) {
        return Kind.named(word)
                .orElseThrow(() -> wrong("'" + word + "' is not a kind" + Kind.hint(word, Kind.plurals())
                        + "; kinds are: " + String.join(", ", Kind.plurals())));
    }

    private FieldText field(KindText kind, List<String> path) {
        List<FieldText> fields = kind.fields();
        String at = kind.kind().word();
        FieldText found = null;
        for (String step : path) {
            String name = step.replaceFirst("\\[[^]]*]$", "");
            List<String> names = fields.stream().map(FieldText::name).toList();
            String of = at;
            found = fields.stream()
                    .filter(field -> field.name().equals(name))
                    .findFirst()
                    .orElseThrow(() -> wrong(of + " has no field '" + name + "'"
                            + (names.isEmpty()
                                    ? "; it has none"
                                    : Kind.hint(name, names) + "; it has: " + String.join(", ", names))));
            fields = found.fields();
            at = kind.kind().word() + " " + found.path();
        }
        if (found == null) {
            throw new IllegalArgumentException("a path has a field");
        }
        return found;
    }

    private ParameterException wrong(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    private int print(Object value, String text) {
        spec.commandLine().getOut().print(output.json() ? Json.text(value) + "\n" : text);
        spec.commandLine().getOut().flush();
        return ExitCode.OK;
    }

    private static String kinds(List<KindText> kinds) {
        Table table = new Table().words("KIND").words("MEANING");
        for (KindText kind : kinds) {
            String first = plain(kind.meaning()).replaceFirst("(?s)[.:] .*", "").replaceFirst("\\.$", "");
            table.row(kind.kind().plural(), first);
        }
        return table.render("");
    }

    private String kind(KindText kind) {
        StringBuilder text = new StringBuilder();
        text.append(kind.kind().word())
                .append("\n\n")
                .append(wrapped(kind.meaning(), "  "))
                .append("\nfields\n");
        fields(kind.fields(), text);
        if (!kind.example().isEmpty()) {
            text.append("\nexample\n").append(kind.example().indent(2));
        }
        return text.toString();
    }

    private String field(KindText kind, FieldText field) {
        StringBuilder text = new StringBuilder();
        text.append(kind.kind().word()).append(' ').append(field.path()).append("\n\n");
        text.append(wrapped(field.meaning(), "  ")).append('\n');
        text.append(wrapped("values: " + field.values(), "  "));
        if (!field.fallback().isEmpty()) {
            text.append(
                    wrapped(field.fallback().equals("required") ? "required" : "default: " + field.fallback(), "  "));
        }
        if (!field.fields().isEmpty()) {
            text.append("\nfields\n");
            fields(field.fields(), text);
        }
        return text.toString();
    }

    private void fields(List<FieldText> fields, StringBuilder text) {
        for (FieldText field : fields) {
            String fallback = field.fallback();
            String remark = fallback.isEmpty()
                    ? ""
                    : fallback.equals("required") ? " (required)" : " (default: " + fallback + ")";
            // What is an object has its fields below, or one can ask for them.
            String values = field.fields().isEmpty() ? ": " + field.values() : ": " + shape(field);
            text.append(wrapped(field.path() + values + remark, "  ", "      "));
            text.append(wrapped(field.meaning(), "    "));
            if (recursive) {
                fields(field.fields(), text);
            }
        }
    }

    /** What holds other fields, without their names. */
    private static String shape(FieldText field) {
        return field.values().replaceFirst("(object) with .*", "$1");
    }

    /** As a terminal shows it: links to guides as what they are called and where they are. */
    private static String plain(String text) {
        return text.replaceAll("\\[([^]]*)]\\(\\.\\./([^)#]*)[^)]*\\)", "$1 ($2)");
    }

    private static String wrapped(String text, String indent) {
        return wrapped(text, indent, indent);
    }

    /** Lines of up to {@value #WIDTH} characters. */
    private static String wrapped(String text, String first, String further) {
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder(first);
        boolean empty = true;
        for (String word : plain(text).split("\\s+", -1)) {
            if (!empty && line.length() + 1 + word.length() > WIDTH) {
                lines.add(line.toString());
                line = new StringBuilder(further);
                empty = true;
            }
            line.append(empty ? "" : " ").append(word);
            empty = false;
        }
        lines.add(line.toString());
        return String.join("\n", lines) + "\n";
    }
}
