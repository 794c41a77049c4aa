package dev.sluice.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** A command that asks a running node and prints what it answers, for people or for programs. Used once, by the thread that runs the command. */
abstract class NodeCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli before call
    CommandSpec spec;

    @Mixin
    AdminOptions admin = new AdminOptions();

    @Mixin
    OutputOption output = new OutputOption();

    /** Prints an answer: the report as JSON, or the text that says the same; the exit status. */
    final int answer(Object report, String text) {
        return say(output.json() ? Json.text(report) : text);
    }

    /** Prints a text; the exit status. */
    final int say(String text) {
        spec.commandLine().getOut().println(text);
        return ExitCode.OK;
    }
}
