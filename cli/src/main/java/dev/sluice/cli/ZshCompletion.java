package dev.sluice.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** Writes the script that completes commands in zsh: a function for each command, in the words of {@code _arguments}. */
final class ZshCompletion {
    private final StringBuilder out = new StringBuilder();

    private ZshCompletion() {}

    static String of(CommandLine root) {
        ZshCompletion script = new ZshCompletion();
        String name = root.getCommandName();
        script.line("#compdef " + name);
        script.line("# Made by '" + name + " completion zsh'.");
        script.command(root);
        // Autoloaded, the file is the body of the function; sourced, it says what the function is for.
        script.line("if [ \"$funcstack[1]\" = _" + name + " ]; then");
        script.line("  _" + name + " \"$@\"");
        script.line("else");
        script.line("  compdef _" + name + " " + name);
        script.line("fi");
        return script.out.toString();
    }

    private void command(CommandLine line) {
        List<CommandLine> below = List.copyOf(line.getSubcommands().values());
        CommandSpec spec = line.getCommandSpec();
        line(function(spec) + "() {");
        if (below.isEmpty()) {
            arguments(spec, List.of());
        } else {
            line("  local context state state_descr line");
            line("  typeset -A opt_args");
            arguments(spec, List.of("'1:command:->command'", "'*::argument:->argument'"));
            line("  case $state in");
            line("    command)");
            line("      local -a commands=(");
            below.forEach(sub -> line("        "
                    + quoted(sub.getCommandName() + ":" + plain(CompletedWords.text(sub.getCommandSpec())))));
            line("      )");
            line("      _describe command commands");
            line("      ;;");
            line("    argument)");
            line("      case $words[1] in");
            below.forEach(
                    sub -> line("        " + sub.getCommandName() + ") " + function(sub.getCommandSpec()) + " ;;"));
            line("      esac");
            line("      ;;");
            line("  esac");
        }
        line("}");
        line("");
        below.forEach(this::command);
    }

    private static String function(CommandSpec spec) {
        return "_" + spec.qualifiedName("_").replace('-', '_').toLowerCase(Locale.ROOT);
    }

    private void arguments(CommandSpec spec, List<String> more) {
        List<String> words = new ArrayList<>();
        for (OptionSpec option : CompletedWords.options(spec)) {
            for (String name : option.names()) {
                words.add(quoted(option(option, name)));
            }
        }
        for (PositionalParamSpec parameter : CompletedWords.parameters(spec)) {
            String place = parameter.index().max() == Integer.MAX_VALUE
                    ? "*"
                    : String.valueOf(parameter.index().min() + 1);
            words.add(quoted(place + value(parameter)));
        }
        words.addAll(more);
        line("  _arguments -s" + (more.isEmpty() ? "" : " -C") + " \\");
        line("    " + String.join(" \\\n    ", words));
    }

    private static String option(OptionSpec option, String name) {
        String others = option.isMultiValue() ? "*" : "(" + String.join(" ", option.names()) + ")";
        boolean hasValue = option.arity().max() > 0;
        // --name=value or the next word; -nvalue or the next word.
        String joined = !hasValue || option.arity().min() == 0 ? "" : name.startsWith("--") ? "=" : "+";
        String value = !hasValue ? "" : option.arity().min() == 0 ? ":" + value(option) : value(option);
        return others + name + joined + "[" + plain(CompletedWords.text(option)) + "]" + value;
    }

    /** {@code :FORMAT:(text json)}. */
    private static String value(ArgSpec argument) {
        List<String> words = CompletedWords.of(argument);
        String what = !words.isEmpty()
                ? "("
                        + String.join(
                                " ", words.stream().map(ZshCompletion::plain).toList()) + ")"
                : CompletedWords.areFiles(argument) ? "_files" : " ";
        return ":" + plain(argument.paramLabel()) + ":" + what;
    }

    /** Without what {@code _arguments} takes for its own. */
    private static String plain(String text) {
        return text.replace("\\", "\\\\")
                .replace(":", "\\:")
                .replace("[", "\\[")
                .replace("]", "\\]");
    }

    private static String quoted(String text) {
        return "'" + text.replace("'", "'\\''") + "'";
    }

    private void line(String text) {
        out.append(text).append('\n');
    }
}
