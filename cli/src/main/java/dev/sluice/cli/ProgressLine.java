package dev.sluice.cli;

import java.io.PrintWriter;

/** One line that changes while something takes its time, where somebody looks at it; elsewhere nothing. Used by one thread. */
final class ProgressLine {
    private static final int WIDTH = 100;

    private final PrintWriter err;
    private final boolean interactive = Terminal.isInteractive();

    /** On the output for errors, so that what the command answers stays by itself. */
    ProgressLine(PrintWriter err) {
        this.err = err;
    }

    /** Shows what goes on. */
    void show(String text) {
        if (interactive) {
            String cut = text.length() > WIDTH ? text.substring(0, WIDTH - 3) + "..." : text;
            err.print("\r" + cut + " ".repeat(WIDTH - cut.length()) + "\r");
            err.flush();
        }
    }

    /** Takes the line away. */
    void clear() {
        show("");
    }
}
