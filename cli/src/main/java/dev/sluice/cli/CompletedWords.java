package dev.sluice.cli;

import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** What shells are told of commands and their arguments, from the model that the parser uses. */
final class CompletedWords {
    private CompletedWords() {}

    /** What may stand there; empty: anything. */
    static List<String> of(ArgSpec argument) {
        List<String> words = new ArrayList<>();
        Iterable<String> known = argument.completionCandidates();
        if (known != null) {
            known.forEach(words::add);
        }
        return words;
    }

    /** Whether names of files stand there. */
    static boolean areFiles(ArgSpec argument) {
        for (Class<?> type : argument.auxiliaryTypes()) {
            if (type == Path.class || type == File.class) {
                return true;
            }
        }
        return argument.type() == Path.class || argument.type() == File.class;
    }

    static List<OptionSpec> options(CommandSpec command) {
        return command.options().stream().filter(option -> !option.hidden()).toList();
    }

    static List<PositionalParamSpec> parameters(CommandSpec command) {
        return command.positionalParameters().stream()
                .filter(parameter -> !parameter.hidden())
                .toList();
    }

    static String text(CommandSpec command) {
        return first(command.usageMessage().description(), "");
    }

    static String text(ArgSpec argument) {
        return first(argument.description(), argument.paramLabel());
    }

    /** What is said first, without what is in brackets behind it. */
    private static String first(String[] lines, String otherwise) {
        String line = lines.length == 0 ? otherwise : Ansi.OFF.string(lines[0]);
        return line.replaceFirst("\\s*(?:[.;](?:\\s|$)|\\((?:default|allowed)\\b|\\$\\{).*", "");
    }
}
