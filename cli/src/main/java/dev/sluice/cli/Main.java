package dev.sluice.cli;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.OutcomeUnknownException;
import dev.sluice.lab.LabException;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Entry of the {@code sluice} command. */
public final class Main {
    /** What is started anew when it ends: a half of it is worse than none for a moment. */
    private static final Set<String> SUPERVISED = Set.of("manager", "agent");

    private Main() {}

    /** Runs one command and ends the process with its status: 0 done, 1 failed, 2 wrong usage. */
    public static void main(String[] arguments) {
        // The parser would look for Groovy in every library.
        System.setProperty("picocli.disable.closures", "true");
        if (isSupervised(arguments)) {
            EndOnError.install();
        }
        System.exit(run(commandLine(arguments), Output.standard(), arguments));
    }

    /** A node from files looks after its own threads; one with a manager has those of the manager too. */
    private static boolean isSupervised(String... arguments) {
        return arguments.length > 0
                && (SUPERVISED.contains(arguments[0])
                        || (arguments[0].equals("run")
                                && Arrays.stream(arguments).anyMatch(word -> word.startsWith("--data"))));
    }

    /** Runs one command; what it says and cannot be written is a failure too. */
    static int run(CommandLine line, Output output, String... arguments) {
        PrintWriter out = output.writer();
        line.setOut(out);
        int status = line.execute(arguments);
        out.flush();
        IOException failure = output.failure();
        if (failure == null) {
            return status;
        }
        line.getErr().println("sluice: the answer cannot be written: " + failure.getMessage());
        return status == ExitCode.OK ? ExitCode.FAILED : status;
    }

    /**
     * The command line for these arguments: with the one command that they name, because reading the options of all of them takes longer than most commands take (P14), or with all commands. Tests give it writers of their
     * own.
     */
    static CommandLine commandLine(String... arguments) {
        CommandLine line = new CommandLine(new SluiceCommand());
        needed(arguments).forEach(line::addSubcommand);
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setUsageHelpWidth(120);
        line.setAbbreviatedOptionsAllowed(false);
        line.setParameterExceptionHandler((failure, words) -> wrongUsage(failure, wantsJson(words)));
        line.setExecutionExceptionHandler((failure, at, parsed) -> failed(at, failure, wantsJson(arguments)));
        return line;
    }

    private static List<Class<?>> needed(String... arguments) {
        return SluiceCommand.COMMANDS.stream()
                .filter(command -> arguments.length > 0 && nameOf(command).equals(arguments[0]))
                .filter(command -> command != CompletionCommand.class)
                .findFirst()
                .<List<Class<?>>>map(List::of)
                .orElse(SluiceCommand.COMMANDS);
    }

    private static String nameOf(Class<?> command) {
        return command.getAnnotation(Command.class).name();
    }

    /** Whether a program asks: {@code -o json} in one of the ways to write it, also where the rest cannot be read. */
    private static boolean wantsJson(String... arguments) {
        for (int i = 0; i < arguments.length; i++) {
            String next = i + 1 < arguments.length ? arguments[i + 1] : "";
            boolean option = arguments[i].equals("-o") || arguments[i].equals("--output");
            if ((option && next.equalsIgnoreCase("json"))
                    || arguments[i].toLowerCase(Locale.ROOT).matches("(-o=?|--output=)json")) {
                return true;
            }
        }
        return false;
    }

    private static int wrongUsage(ParameterException failure, boolean json) {
        CommandLine at = failure.getCommandLine();
        PrintWriter err = at.getErr();
        if (json) {
            at.getOut().println(Json.text(Map.of("error", String.valueOf(failure.getMessage()))));
        }
        err.println("sluice: " + failure.getMessage());
        if (failure instanceof UnmatchedArgumentException unmatched) {
            List<String> suggestions = unmatched.getSuggestions();
            if (!suggestions.isEmpty()) {
                err.println("did you mean: " + String.join(", ", suggestions));
            }
        }
        err.println("see: " + at.getCommandSpec().qualifiedName() + " --help");
        return ExitCode.USAGE;
    }

    /**
     * What programs get instead of the answer to a change.
     *
     * @param error what went wrong
     * @param mayBeApplied whether the change may be in force, or come into force yet
     */
    private record NoAnswer(String error, boolean mayBeApplied) {}

    private static int failed(CommandLine at, Exception failure, boolean json) {
        if (json) {
            String error = String.valueOf(failure.getMessage());
            at.getOut()
                    .println(Json.text(
                            failure instanceof OutcomeUnknownException
                                    ? new NoAnswer(error, true)
                                    : Map.of("error", error)));
        }
        if (failure instanceof CommandFailure || failure instanceof LabException || failure instanceof NodeException) {
            at.getErr().println("sluice: " + failure.getMessage());
        } else {
            at.getErr().println("sluice: a defect of this program, please report it:");
            failure.printStackTrace(at.getErr());
        }
        return ExitCode.FAILED;
    }
}
