package dev.sluice.cli;

import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** Writes the script that completes commands in fish: a line for each word, with the command that it belongs to. */
final class FishCompletion {
    private final String name;
    private final StringBuilder out = new StringBuilder();

    private FishCompletion(String name) {
        this.name = name;
    }

    static String of(CommandLine root) {
        FishCompletion script = new FishCompletion(root.getCommandName());
        script.out.append("# Made by '").append(script.name).append(" completion fish'.\n");
        // Words before the first option are commands, as far as they are told of.
        script.out.append("""
                function __%1$s_words
                    for word in (commandline -opc)[2..-1]
                        string match -q -- '-*' $word; and break
                        echo $word
                    end
                end

                function __%1$s_below
                    set -l words (__%1$s_words)
                    set -l number (count $argv)
                    test (count $words) -ge $number; and test "$words[1..$number]" = "$argv"
                end

                function __%1$s_at
                    set -l words (__%1$s_words)
                    test "$words" = "$argv"
                end

                complete -c %1$s -f
                """.formatted(script.name));
        script.command(root, List.of());
        return script.out.toString();
    }

    private void command(CommandLine line, List<String> path) {
        CommandSpec spec = line.getCommandSpec();
        String words = path.isEmpty() ? "" : " " + String.join(" ", path);
        boolean isGroup = !line.getSubcommands().isEmpty();
        String at = "-n '__" + name + "_at" + words + "'";
        String below = isGroup ? at : "-n '__" + name + "_below" + words + "'";
        for (OptionSpec option : CompletedWords.options(spec)) {
            line(below
                    + names(option)
                    + (option.arity().max() == 0 ? "" : " " + value(option))
                    + text(CompletedWords.text(option)));
        }
        for (PositionalParamSpec parameter : CompletedWords.parameters(spec)) {
            if (CompletedWords.areFiles(parameter)
                    || !CompletedWords.of(parameter).isEmpty()) {
                line(below + " " + (CompletedWords.areFiles(parameter) ? "-F" : value(parameter)));
            }
        }
        line.getSubcommands().forEach((sub, command) -> {
            line(at + " -a " + sub + text(CompletedWords.text(command.getCommandSpec())));
            List<String> longer = new ArrayList<>(path);
            longer.add(sub);
            command(command, longer);
        });
    }

    private static String names(OptionSpec option) {
        StringBuilder names = new StringBuilder();
        for (String each : option.names()) {
            names.append(each.startsWith("--") ? " -l " + each.substring(2) : " -s " + each.substring(1));
        }
        return names.toString();
    }

    /** {@code -x -a 'text json'}; files where files stand. */
    private static String value(ArgSpec argument) {
        List<String> words = CompletedWords.of(argument);
        if (words.isEmpty()) {
            return CompletedWords.areFiles(argument) ? "-r -F" : "-x";
        }
        return "-x -a " + quoted(String.join(" ", words));
    }

    private static String text(String text) {
        return text.isEmpty() ? "" : " -d " + quoted(text);
    }

    private static String quoted(String text) {
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'";
    }

    private void line(String text) {
        out.append("complete -c ").append(name).append(' ').append(text).append('\n');
    }
}
