package dev.sluice.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** A command that asks a manager, and writes what is answered in a way of its own. Used once, by the thread that runs the command. */
abstract class ManagerQuestion implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli before call
    CommandSpec spec;

    @Mixin
    ManagerOptions manager = new ManagerOptions();

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

    final ParameterException wrongUsage(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
