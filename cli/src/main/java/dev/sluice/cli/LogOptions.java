package dev.sluice.cli;

import java.util.Locale;
import picocli.CommandLine.Option;

/** What a process that stays logs, and how. */
final class LogOptions {
    /** How much is logged. */
    enum Level {
        ERROR,
        WARN,
        INFO,
        DEBUG,
        TRACE;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    @Option(
            names = "--log-level",
            paramLabel = "LEVEL",
            converter = LowerCaseWord.OfLogLevel.class,
            description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
    private Level level = Level.INFO;

    @Option(
            names = "--log-format",
            paramLabel = "FORMAT",
            converter = LowerCaseWord.OfOutputFormat.class,
            description =
                    "Of the log on stderr: text for people, json (one object per line) for programs (default: ${DEFAULT-VALUE}).")
    private OutputFormat format = OutputFormat.TEXT;

    /** From now on logs are as was asked for. */
    void use() {
        LogSetup.use(level, format);
    }
}
