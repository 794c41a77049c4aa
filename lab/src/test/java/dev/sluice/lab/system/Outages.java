package dev.sluice.lab.system;

import java.util.List;
import java.util.Locale;

/** Outages in milliseconds as a histogram with percentiles, for people. */
final class Outages {
    private static final int BAR_MS = 20;

    private Outages() {}

    /** A line for each 20 ms, then the percentiles; shortest first. */
    static String text(List<Long> sorted) {
        StringBuilder text = new StringBuilder();
        for (long low = 0; low <= sorted.getLast(); low += BAR_MS) {
            long from = low;
            long count = sorted.stream()
                    .filter(ms -> ms >= from && ms < from + BAR_MS)
                    .count();
            text.append(String.format(
                    Locale.ROOT, "  %4d..%4d ms %4d %s%n", low, low + BAR_MS - 1, count, "#".repeat((int) count)));
        }
        return text + "p50 " + percentile(sorted, 50) + " ms, p99 " + percentile(sorted, 99) + " ms, max "
                + sorted.getLast() + " ms";
    }

    /** The smallest value that so many percent are not above. */
    static long percentile(List<Long> sorted, int percent) {
        return sorted.get(Math.max(0, (sorted.size() * percent + 99) / 100 - 1));
    }
}
