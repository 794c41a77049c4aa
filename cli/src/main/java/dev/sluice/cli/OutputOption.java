package dev.sluice.cli;

import picocli.CommandLine.Option;

/** The option of every command that answers something. */
final class OutputOption {
    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            converter = LowerCaseWord.OfOutputFormat.class,
            description = "text for people or json for programs (default: ${DEFAULT-VALUE}).")
    private OutputFormat format = OutputFormat.TEXT;

    boolean json() {
        return format == OutputFormat.JSON;
    }
}
