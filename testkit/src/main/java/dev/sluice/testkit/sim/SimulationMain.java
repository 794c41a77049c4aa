package dev.sluice.testkit.sim;

import java.io.PrintStream;
import java.util.OptionalLong;

/** {@code ./dev sim}: many seeds, or one with everything that happens in it. */
public final class SimulationMain {
    private static final long SEEDS = 10_000;
    private static final long PROGRESS_NS = 10_000_000_000L;
    private static final int BAD_USAGE = 2;
    private static final String USAGE = "usage: ./dev sim [--seed N] [--seeds COUNT]";

    private final PrintStream out;

    private SimulationMain(PrintStream out) {
        this.out = out;
    }

    /** Arguments: {@code --seed N}, the only one or with {@code --seeds COUNT} the first one. Ends with 1 if a seed fails. */
    public static void main(String[] arguments) {
        System.exit(run(arguments, System.out));
    }

    /** The same; what the process is to end with. */
    static int run(String[] arguments, PrintStream out) {
        OptionalLong seed = OptionalLong.empty();
        OptionalLong seeds = OptionalLong.empty();
        try {
            for (int i = 0; i < arguments.length; i += 2) {
                if (i + 1 == arguments.length) {
                    throw new IllegalArgumentException(arguments[i] + " needs a number");
                }
                OptionalLong number = OptionalLong.of(Long.parseLong(arguments[i + 1]));
                switch (arguments[i]) {
                    case "--seed" -> seed = number;
                    case "--seeds" -> seeds = number;
                    default -> throw new IllegalArgumentException("there is no " + arguments[i]);
                }
            }
        } catch (IllegalArgumentException e) {
            out.println(e.getMessage() + "\n" + USAGE);
            return BAD_USAGE;
        }
        SimulationMain main = new SimulationMain(out);
        return seed.isPresent() && seeds.isEmpty()
                ? main.replay(seed.getAsLong())
                : main.many(seed.orElse(1), seeds.orElse(SEEDS));
    }

    private int replay(long seed) {
        try {
            Simulation.Report report = Simulation.run(seed, true);
            report.trace().forEach(out::println);
            out.println("seed " + seed + ": nothing found; " + words(report.events(), report.simulatedNs()));
            return 0;
        } catch (Violation e) {
            e.trace().forEach(out::println);
            out.println("seed " + seed + ": " + e.getMessage());
            if (e.getCause() != null) {
                e.getCause().printStackTrace(out);
            }
            return 1;
        }
    }

    private int many(long first, long count) {
        long toldNs = System.nanoTime();
        long events = 0;
        long simulatedNs = 0;
        long failed = 0;
        for (long done = 0; done < count; done++) {
            long seed = first + done;
            try {
                Simulation.Report report = Simulation.run(seed, false);
                events += report.events();
                simulatedNs += report.simulatedNs();
            } catch (Violation e) {
                failed++;
                out.println("seed " + seed + ": " + e.getMessage() + "\n    replay: ./dev sim --seed " + seed);
            }
            if (System.nanoTime() - toldNs >= PROGRESS_NS) {
                toldNs = System.nanoTime();
                out.println(done + 1 + " of " + count + " seeds, " + failed + " failed; " + words(events, simulatedNs));
            }
        }
        out.println(count + " seeds from " + first + ", " + failed + " failed; " + words(events, simulatedNs));
        return failed == 0 ? 0 : 1;
    }

    private static String words(long events, long simulatedNs) {
        return String.format("%,d events in %,d s that nobody waited for", events, simulatedNs / Events.SECOND);
    }
}
