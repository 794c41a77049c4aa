package dev.sluice.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** A command that asks a manager. Used once, by the thread that runs the command. */
abstract class ManagerRequest implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli before call
    CommandSpec spec;

    @Mixin
    ManagerOptions manager = new ManagerOptions();

    @Mixin
    ObjectOutput output = new ObjectOutput();

    /** Asks, and prints what is answered; what the manager refuses is said in one way. */
    abstract int ask(ManagerClient client);

    @Override
    public final Integer call() {
        try {
            return ask(manager.client());
        } catch (ManagerClient.Refused e) {
            throw ObjectFiles.failureWithoutFiles(e);
        }
    }

    final int print(Object value, String text) {
        output.print(spec.commandLine().getOut(), value, text);
        return ExitCode.OK;
    }

    final ParameterException wrongUsage(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
