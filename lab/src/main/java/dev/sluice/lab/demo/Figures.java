package dev.sluice.lab.demo;

import dev.sluice.lab.TrafficReport;
import java.util.Locale;

/** How figures are written for people. */
final class Figures {
    private Figures() {}

    /** A number with its thousands apart. */
    static String number(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }

    /** A rate. */
    static String megabits(double perSecond) {
        return String.format(Locale.ROOT, "%,.0f Mbit/s", perSecond);
    }

    /** The time since then, as System.nanoTime() gave it. */
    static String since(long startNs) {
        long ms = (System.nanoTime() - startNs) / 1_000_000;
        return ms < 1_000 ? ms + " ms" : String.format(Locale.ROOT, "%.1f s", ms / 1e3);
    }

    /** The account of a stream. */
    static String account(TrafficReport report) {
        return number(report.receivedCount()) + " of " + number(report.sentCount()) + ", "
                + number(report.lostCount()) + " lost, " + number(report.duplicatedCount()) + " twice, "
                + number(report.reorderedCount()) + " late"
                + (report.longestLossCount() > 1 ? ", " + number(report.longestLossCount()) + " in a row" : "");
    }
}
