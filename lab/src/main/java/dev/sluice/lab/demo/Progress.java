package dev.sluice.lab.demo;

import java.io.Console;
import java.io.PrintStream;
import java.util.Optional;

/** One line for each step: what it is while it runs (on a terminal), then a mark, its figure and how long it took. One thread. */
final class Progress {
    private final PrintStream out;
    private final Marks marks;
    private final boolean terminal;
    private int number;
    private long startNs;

    Progress(PrintStream out) {
        this.out = out;
        this.marks = Marks.of(out);
        this.terminal =
                Optional.ofNullable(System.console()).map(Console::isTerminal).orElse(false);
    }

    /** The marks it writes. */
    Marks marks() {
        return marks;
    }

    /** A step begins; its number. */
    int begin(String title) {
        number++;
        startNs = System.nanoTime();
        if (terminal) {
            out.print("  . " + number + " " + title + " ...");
            out.flush();
        }
        return number;
    }

    /** The step that began is over. */
    void end(String title, String figure, boolean good) {
        if (terminal) {
            // Back to the first column and clear the line (ECMA-48 8.3.41).
            out.print("\r\u001b[K");
        }
        out.println("  " + (good ? marks.good() : marks.bad()) + " " + number + " " + title + ": " + figure + "  ["
                + Figures.since(startNs) + "]");
        out.flush();
    }
}
