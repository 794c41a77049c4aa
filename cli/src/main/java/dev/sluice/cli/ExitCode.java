package dev.sluice.cli;

/** What the process says when it ends. */
final class ExitCode {
    /** Done. */
    static final int OK = 0;

    /** Not done, or what was checked is wrong. */
    static final int FAILED = 1;

    /** The command line itself is wrong; nothing was tried. */
    static final int USAGE = 2;

    /** What was to be compared cannot be read; nothing can be said. */
    static final int NOT_READABLE = 3;

    private ExitCode() {}
}
