package dev.sluice.cli;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** Writes docs/reference/command-line.md from the model that the parser uses. */
public final class CommandLineReference {
    private CommandLineReference() {}

    /** The whole page. */
    public static String markdown() {
        StringBuilder out = new StringBuilder("""
                # Command line

                Generated from the commands' annotations by `./dev docs`; don't edit.

                Exit status of every command: %s Results go to stdout, errors and logs to stderr; with `-o json` also an error goes to stdout, as `{"error": ...}`. Every command has
                `-h`, `--help` and `-V`, `--version`.

                """.formatted(ExitCode.MEANINGS));
        CommandLine line = Main.commandLine();
        overview(line, out);
        command(line, out);
        return out.toString().stripTrailing() + "\n";
    }

    /** Every command with the first sentence about it. */
    private static void overview(CommandLine line, StringBuilder out) {
        out.append("| command | does |\n|---|---|\n");
        for (CommandLine sub : line.getSubcommands().values()) {
            CommandSpec spec = sub.getCommandSpec();
            String name = spec.qualifiedName();
            String first = text(spec.usageMessage().description(), spec)
                    .getFirst()
                    .replaceFirst("(?s)[.:] .*", "")
                    .replaceFirst("\\.$", "");
            out.append(row("[`" + name + "`](#" + name.replace(' ', '-') + ")", List.of(first)));
        }
        out.append('\n');
    }

    private static void command(CommandLine line, StringBuilder out) {
        CommandSpec spec = line.getCommandSpec();
        out.append("## ").append(spec.qualifiedName()).append("\n\n");
        if (!spec.subcommands().isEmpty() && spec.parent() != null) {
            out.append(String.join("\n\n", text(spec.usageMessage().description(), spec)))
                    .append("\n\n");
        } else if (spec.parent() == null) {
            out.append(String.join("\n\n", text(spec.usageMessage().description(), spec)))
                    .append("\n\n");
        } else {
            details(line, spec, out);
        }
        line.getSubcommands().values().forEach(sub -> command(sub, out));
    }

    private static void details(CommandLine line, CommandSpec spec, StringBuilder out) {
        CommandLine.Help help = line.getHelp();
        out.append("    ")
                .append(help.synopsis(0).strip().replaceAll("\\s*\\R\\s*", " "))
                .append("\n\n");
        out.append(String.join("\n\n", text(spec.usageMessage().description(), spec)))
                .append("\n\n");
        List<String> rows = new ArrayList<>();
        for (PositionalParamSpec parameter : spec.positionalParameters()) {
            if (!parameter.hidden()) {
                rows.add(row("`" + parameter.paramLabel() + "`", text(parameter.description(), parameter)));
            }
        }
        spec.options().stream()
                .filter(option -> !option.hidden() && !option.usageHelp() && !option.versionHelp())
                .sorted(Comparator.comparing(OptionSpec::longestName))
                .forEach(option -> rows.add(row(names(option), text(option.description(), option))));
        if (!rows.isEmpty()) {
            out.append("| argument | meaning |\n|---|---|\n");
            rows.forEach(out::append);
            out.append('\n');
        }
    }

    private static String names(OptionSpec option) {
        String label = option.arity().max() == 0 ? "" : " " + option.paramLabel();
        List<String> names = new ArrayList<>();
        for (String name : option.names()) {
            names.add("`" + name + label + "`");
        }
        return String.join(", ", names);
    }

    private static String row(String left, List<String> right) {
        return "| " + left.replace("|", "\\|") + " | " + String.join(" ", right).replace("|", "\\|") + " |\n";
    }

    private static List<String> text(String[] lines, CommandSpec spec) {
        List<String> plain = new ArrayList<>();
        for (String line : lines) {
            plain.add(Ansi.OFF.string(line).replace("${COMMAND-FULL-NAME}", spec.qualifiedName()));
        }
        return plain;
    }

    private static List<String> text(String[] lines, CommandLine.Model.ArgSpec argument) {
        List<String> candidates = new ArrayList<>();
        Iterable<String> known = argument.completionCandidates();
        if (known != null) {
            known.forEach(candidates::add);
        }
        List<String> plain = new ArrayList<>();
        for (String line : lines) {
            plain.add(line.replace("${DEFAULT-VALUE}", String.valueOf(argument.defaultValueString(true)))
                    .replace("${COMPLETION-CANDIDATES}", String.join(", ", candidates)));
        }
        return plain;
    }
}
