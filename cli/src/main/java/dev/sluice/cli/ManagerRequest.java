package dev.sluice.cli;

import picocli.CommandLine.Mixin;

/** A command that asks a manager, and answers with text, YAML or JSON. */
abstract class ManagerRequest extends ManagerQuestion {
    @Mixin
    ObjectOutput output = new ObjectOutput();

    final int print(Object value, String text) {
        output.print(spec.commandLine().getOut(), value, text);
        return ExitCode.OK;
    }
}
