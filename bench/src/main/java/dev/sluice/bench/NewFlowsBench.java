package dev.sluice.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** P6: flows decided per second with many rules, in memory, one core. */
final class NewFlowsBench {
    private static final int RULES = 10_000;
    private static final int ROUND_FLOWS = 1 << 20;
    private static final int ROOM = 1 << 22;
    private static final double GOAL = 300_000;

    private NewFlowsBench() {}

    static int run(Options options) {
        Report report = new Report("newflows", "new flows per second with 10,000 rules, in memory, one core");
        report.fact("rules", RULES);
        List<Double> rates = new ArrayList<>();
        for (int round = 0; round <= options.rounds(); round++) {
            try (MemoryTraffic traffic = new MemoryTraffic(ROOM, BridgePath.snapshotOfRules(RULES))) {
                // The first round is warm-up.
                long ns = traffic.time(ROUND_FLOWS, 1);
                if (traffic.connections() < ROUND_FLOWS) {
                    throw new IllegalStateException("only " + traffic.connections() + " flows were made");
                }
                double rate = ROUND_FLOWS * 1e9 / ns;
                if (round > 0) {
                    rates.add(rate);
                    report.line(String.format(Locale.ROOT, "round %d  %,.0f flows per second", round, rate));
                }
            }
        }
        Series all = new Series(rates);
        report.fact("flows per second", all.toString());
        report.fact("P6, >= 300,000 per second", all.median() >= GOAL ? "met" : "not met");
        report.write();
        return 0;
    }
}
