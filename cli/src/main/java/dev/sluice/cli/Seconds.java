package dev.sluice.cli;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** Intervals that users give in seconds. */
final class Seconds {
    private static final double LOW = 0.1;
    private static final double HIGH = 3600;

    private Seconds() {}

    /** In milliseconds. */
    static long ms(CommandSpec spec, String option, double seconds) {
        if (!(seconds >= LOW && seconds <= HIGH)) {
            throw new ParameterException(spec.commandLine(), option + " " + seconds + " is outside 0.1..3600 seconds");
        }
        return Math.round(seconds * 1000);
    }

    /** What a node is told about when it is asked again, in whole seconds. */
    static int until(long intervalMs) {
        return (int) Math.ceilDiv(intervalMs, 1000L);
    }
}
