package dev.sluice.lab;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * An impaired wire: frames between two interfaces of one namespace are lost, delayed, duplicated and reordered by a seeded generator, each
 * direction by one of its own.
 */
public final class ImpairmentRelay {
    /**
     * How the wire is impaired, both ways.
     *
     * @param lossRate share of frames lost, 0 to 1
     * @param duplicateRate share of frames sent twice
     * @param reorderRate share of frames held back
     * @param reorderHold how long these are held back
     * @param delay delay of each frame
     * @param jitter further delay, evenly distributed from 0; never reorders
     * @param seed where the generators begin
     */
    public record Settings(
            double lossRate,
            double duplicateRate,
            double reorderRate,
            Duration reorderHold,
            Duration delay,
            Duration jitter,
            long seed) {
        /** A perfect wire. */
        public static Settings perfect(long seed) {
            return new Settings(0, 0, 0, Duration.ZERO, Duration.ZERO, Duration.ZERO, seed);
        }

        /** This with loss. */
        public Settings withLoss(double rate) {
            return new Settings(rate, duplicateRate, reorderRate, reorderHold, delay, jitter, seed);
        }

        /** This with duplication. */
        public Settings withDuplication(double rate) {
            return new Settings(lossRate, rate, reorderRate, reorderHold, delay, jitter, seed);
        }

        /** This with reordering. */
        public Settings withReordering(double rate, Duration hold) {
            return new Settings(lossRate, duplicateRate, rate, hold, delay, jitter, seed);
        }

        /** This with delay. */
        public Settings withDelay(Duration newDelay, Duration newJitter) {
            return new Settings(lossRate, duplicateRate, reorderRate, reorderHold, newDelay, newJitter, seed);
        }
    }

    private static final Duration START = Duration.ofSeconds(20);

    private final LabProcess process;

    private ImpairmentRelay(LabProcess process) {
        this.process = process;
    }

    /** Starts a relay between two interfaces of one namespace. */
    public static ImpairmentRelay start(LabInterface a, LabInterface b, Settings settings) {
        a.quiet();
        b.quiet();
        List<String> arguments = new ArrayList<>(List.of(
                "--a", a.name(), //
                "--b", b.name(), //
                "--loss", Double.toString(settings.lossRate), //
                "--duplicate", Double.toString(settings.duplicateRate), //
                "--reorder", Double.toString(settings.reorderRate), //
                "--reorder-hold-ns", Long.toString(settings.reorderHold.toNanos()), //
                "--delay-ns", Long.toString(settings.delay.toNanos()), //
                "--jitter-ns", Long.toString(settings.jitter.toNanos()), //
                "--seed", Long.toString(settings.seed)));
        return new ImpairmentRelay(
                a.namespace().startJava("relay", RelayMain.class, arguments).awaitReady(START));
    }

    /** What happened to frames from a to b; behind by 50 ms at most. */
    public RelayFigures forward() {
        return figures("forward ");
    }

    /** What happened to frames from b to a; behind by 50 ms at most. */
    public RelayFigures reverse() {
        return figures("reverse ");
    }

    /** The process that it is. */
    public LabProcess process() {
        return process;
    }

    private RelayFigures figures(String direction) {
        return process.lastLine(direction).map(RelayFigures::parse).orElse(new RelayFigures(0, 0, 0, 0));
    }
}
