package dev.sluice.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine;

/** Command lines of this product in pages of documentation: whether their subcommands and options are there. */
public final class WrittenCommands {
    private static final Pattern BLOCK = Pattern.compile("(?m)^ *```[a-z]*\\n([\\s\\S]*?)^ *```");
    private static final Pattern INLINE = Pattern.compile("`([^`\\n]+)`");
    private static final Pattern SPACES = Pattern.compile("\\s+");
    private static final Pattern BETWEEN = Pattern.compile("[|;&()<>]|\\$\\(| # |  #|\\$ ");

    private WrittenCommands() {}

    /** What is wrong with the commands of a page: {@code PAGE: COMMAND: what}. */
    public static List<String> wrong(String page, String text) {
        List<String> wrong = new ArrayList<>();
        for (String command : of(text)) {
            check(command).ifPresent(what -> wrong.add(page + ": " + command + ": " + what));
        }
        return wrong;
    }

    /** The command lines of a page, from the word sluice on. */
    public static List<String> of(String text) {
        List<String> commands = new ArrayList<>();
        Matcher block = BLOCK.matcher(text);
        while (block.find()) {
            block.group(1).replaceAll("\\\\\\n\\s*", " ").lines().forEach(line -> add(commands, line));
        }
        Matcher inline = INLINE.matcher(BLOCK.matcher(text).replaceAll(""));
        while (inline.find()) {
            add(commands, inline.group(1));
        }
        return commands;
    }

    private static void add(List<String> commands, String line) {
        for (String part : BETWEEN.split(line, -1)) {
            List<String> words = new ArrayList<>(List.of(SPACES.split(part.strip(), -1)));
            while (!words.isEmpty() && isBefore(words.getFirst())) {
                words.removeFirst();
            }
            if (words.size() > 1 && words.getFirst().matches("(\\S*/)?sluice")) {
                commands.add(String.join(" ", words));
            }
        }
    }

    /** What may stand before the command: a prompt, an assignment, or who runs it. */
    private static boolean isBefore(String word) {
        return word.matches("[a-z0-9-]*[$#]|[A-Z_]+=\\S*|sudo|watch");
    }

    private static Optional<String> check(String command) {
        List<String> words = List.of(command.split(" "));
        CommandLine at = Main.commandLine(words.subList(1, words.size()).toArray(String[]::new));
        boolean below = true;
        for (String word : words.subList(1, words.size())) {
            String bare = word.replaceAll("^[\\[\"']+|[\\]\"',.:]+$", "");
            if (bare.startsWith("-") && bare.length() > 1) {
                String name = bare.replaceFirst("=.*", "");
                boolean known = at.getCommandSpec().optionsMap().containsKey(name)
                        || (!name.startsWith("--")
                                && at.getCommandSpec().optionsMap().containsKey(name.substring(0, 2)));
                if (!known) {
                    return Optional.of("there is no option " + name);
                }
            } else if (below && !at.getSubcommands().isEmpty()) {
                CommandLine next = at.getSubcommands().get(bare);
                if (next == null) {
                    below = false;
                    // A word that stands for one, or a sentence about the program.
                    if (bare.matches("[a-z][-a-z]*")) {
                        return Optional.of("there is no command " + bare);
                    }
                } else {
                    at = next;
                }
            } else {
                below = false;
            }
        }
        return Optional.empty();
    }
}
