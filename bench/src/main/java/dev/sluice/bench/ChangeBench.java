package dev.sluice.bench;

import dev.sluice.datapath.snapshot.Snapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** P9: the cost of a change of configuration with many flows beside the same with few. */
final class ChangeBench {
    private static final int FEW = 1 << 10;
    private static final int MANY = 10 << 20;
    private static final int CHANGES = 200;
    private static final int PACKETS_BETWEEN = 4096;
    private static final double GOAL = 1.1;

    private ChangeBench() {}

    static int run(Options options) {
        Report report = new Report("change", "putting a changed configuration in force with 10M flows beside 1k flows");
        List<Double> few = new ArrayList<>();
        List<Double> many = new ArrayList<>();
        long lost;
        try (MemoryTraffic small = new MemoryTraffic(FEW);
                MemoryTraffic large = new MemoryTraffic(MANY)) {
            report.line("making " + MANY + " flows ...");
            small.establish();
            large.establish();
            report.fact("flows, few", small.connections());
            report.fact("flows, many", large.connections());
            changes(small, 1);
            changes(large, 1);
            for (int round = 1; round <= options.rounds(); round++) {
                few.add(changes(small, 2 * round));
                many.add(changes(large, 2 * round));
                report.line(String.format(
                        Locale.ROOT,
                        "round %d  %.2f us with few flows, %.2f us with many",
                        round,
                        few.getLast(),
                        many.getLast()));
            }
            lost = small.dropped() + large.dropped();
        }
        Series ratio = new Series(many).dividedBy(new Series(few));
        report.fact("us per change, few flows", new Series(few).toString());
        report.fact("us per change, many flows", new Series(many).toString());
        report.fact("ratio", ratio.toString());
        report.fact("packets lost", lost);
        report.fact("P9", ratio.median() <= GOAL && lost == 0 ? "met" : "not met (1.1, no packet lost)");
        report.write();
        return 0;
    }

    /** Microseconds per change: the median of many, each to other rules than before, with traffic between them. */
    private static double changes(MemoryTraffic traffic, int seed) {
        List<Double> each = new ArrayList<>();
        for (int i = 0; i < CHANGES; i++) {
            // A rule for other traffic comes and goes: the same rules again could be taken for no change.
            Snapshot next = BridgePath.snapshotOfRules(seed * CHANGES + i + 2, 1 - i % 2);
            long start = System.nanoTime();
            traffic.apply(next);
            each.add((System.nanoTime() - start) / 1_000.0);
            traffic.run(PACKETS_BETWEEN, MemoryTraffic.HITS_ONLY);
        }
        return new Series(each).median();
    }
}
