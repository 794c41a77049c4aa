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

    /** What each of them means to whoever started a command. */
    static final String MEANINGS =
            "0: done, or the answer is yes. 1: failed or refused, or the answer is no (can-i), there are differences (diff), something is wrong (validate, doctor, analyze)."
                    + " 2: the command line is wrong, nothing was tried. 3: diff, one side cannot be read. 130, 143: ended by Ctrl-C or SIGTERM.";

    private ExitCode() {}
}
