package dev.sluice.cli;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** Prints {@code sluice(1)}, in the language of man pages, from the model that the parser uses; the package is built with it. By itself it is of no use. */
final class ManPage {
    private final StringBuilder out = new StringBuilder();

    private ManPage() {}

    /** Entry of the process. */
    public static void main(String[] arguments) {
        PrintStream stdout = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        stdout.print(page());
    }

    /** The whole page. */
    static String page() {
        ManPage page = new ManPage();
        page.everything(Main.commandLine());
        return page.out.toString();
    }

    private void everything(CommandLine root) {
        CommandSpec spec = root.getCommandSpec();
        line(".TH SLUICE 1 \"\" \"sluice " + Version.number() + "\" \"User commands\"");
        line(".SH NAME");
        line(escaped(
                spec.name() + " - " + decapitalized(first(spec.usageMessage().description()))));
        line(".SH SYNOPSIS");
        line(".B sluice");
        line("COMMAND [ARGUMENT...]");
        line(".SH DESCRIPTION");
        line(escaped("Every command has -h, --help and -V, --version. Results go to stdout, errors and logs to"
                + " stderr. Guides: /usr/share/doc/sluice/guides."));
        line(".SH COMMANDS");
        root.getSubcommands().values().forEach(this::command);
        line(".SH EXIT STATUS");
        line(ExitCode.MEANINGS);
        line(".SH FILES");
        file("/etc/sluice/NAME", "Objects of the node NAME, as YAML (sluice@NAME.service).");
        file("/etc/default/sluice", "Options of the services.");
        file("/var/lib/sluice", "What nodes and the manager keep.");
        file("/run/sluice", "Sockets of nodes, and what outlives their processes.");
    }

    private void command(CommandLine line) {
        CommandSpec spec = line.getCommandSpec();
        line(".SS " + escaped(spec.qualifiedName()));
        if (spec.subcommands().isEmpty()) {
            line(escaped(line.getHelp().synopsis(0).strip().replaceAll("\\s*\\R\\s*", " ")));
            line(".PP");
        }
        for (String text : spec.usageMessage().description()) {
            line(escaped(Ansi.OFF.string(text).replace("${COMMAND-FULL-NAME}", spec.qualifiedName())));
            line(".PP");
        }
        for (PositionalParamSpec parameter : spec.positionalParameters()) {
            if (!parameter.hidden()) {
                argument(parameter.paramLabel(), parameter);
            }
        }
        for (OptionSpec option : spec.options()) {
            if (!option.hidden() && !option.usageHelp() && !option.versionHelp()) {
                String label = option.arity().max() == 0 ? "" : " " + option.paramLabel();
                argument(String.join(", ", option.names()) + label, option);
            }
        }
        line.getSubcommands().values().forEach(this::command);
    }

    private void argument(String name, ArgSpec argument) {
        line(".TP");
        line(".B " + escaped(name));
        List<String> candidates = new ArrayList<>();
        Iterable<String> known = argument.completionCandidates();
        if (known != null) {
            known.forEach(candidates::add);
        }
        line(escaped(String.join(" ", argument.description())
                .replace("${DEFAULT-VALUE}", String.valueOf(argument.defaultValueString(true)))
                .replace("${COMPLETION-CANDIDATES}", String.join(", ", candidates))));
    }

    private void file(String name, String meaning) {
        line(".TP");
        line(".I " + escaped(name));
        line(escaped(meaning));
    }

    private static String first(String[] lines) {
        return lines.length == 0 ? "" : lines[0].replaceAll("\\.$", "");
    }

    private static String decapitalized(String text) {
        return text.isEmpty() ? text : text.substring(0, 1).toLowerCase(Locale.ROOT) + text.substring(1);
    }

    /** As text: without what the language takes for its own. */
    private static String escaped(String text) {
        String plain = text.replace("\\", "\\e").replace("-", "\\-").replace("\n", " ");
        return plain.startsWith(".") || plain.startsWith("'") ? "\\&" + plain : plain;
    }

    private void line(String text) {
        out.append(text).append('\n');
    }
}
