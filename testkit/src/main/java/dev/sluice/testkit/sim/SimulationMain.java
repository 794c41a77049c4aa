package dev.sluice.testkit.sim;

/** {@code ./dev sim}: many seeds, or one with everything that happens in it. */
public final class SimulationMain {
    private static final long PROGRESS_NS = 5_000_000_000L;

    private SimulationMain() {}

    /** Arguments: {@code --seed N} (the first, or only one), {@code --seeds COUNT}. */
    public static void main(String[] arguments) {
        long first = 1;
        long count = 10_000;
        boolean one = false;
        for (int i = 0; i + 1 < arguments.length; i += 2) {
            switch (arguments[i]) {
                case "--seed" -> {
                    first = Long.parseLong(arguments[i + 1]);
                    one = true;
                }
                case "--seeds" -> {
                    count = Long.parseLong(arguments[i + 1]);
                    one = false;
                }
                default -> throw new IllegalArgumentException("--seed N, --seeds COUNT: " + arguments[i]);
            }
        }
        long beginNs = System.nanoTime();
        int failed = 0;
        for (long seed = first; seed < first + (one ? 1 : count); seed++) {
            try {
                Simulation.Report report = Simulation.run(seed, one);
                if (one) {
                    report.trace().forEach(System.out::println);
                    System.out.println(report.seed() + " " + report.events() + " " + report.simulatedNs() / 1e9 + " s " + report.probes() + " " + report.changes());
                }
            } catch (Violation e) {
                failed++;
                if (one) { e.trace().forEach(System.out::println); e.printStackTrace(System.out); }
                else System.out.println("seed " + seed + ": " + e.getMessage());
            }
        }
        System.out.println(failed + " failed; " + (System.nanoTime() - beginNs) / 1e9 + " s");
    }
}
