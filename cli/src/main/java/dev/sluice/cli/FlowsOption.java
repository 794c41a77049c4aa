package dev.sluice.cli;

import dev.sluice.model.ExistingFlows;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What a change means for flows in progress, on one host and over a manager. */
final class FlowsOption {
    @Option(
            names = "--existing-flows",
            paramLabel = "MODE",
            converter = LowerCaseWord.OfExistingFlows.class,
            description = {
                "What the change means for flows in progress (default: as the Node object says, else auto).",
                "keep: they keep rule and path, even if those are gone. migrate: the new rules decide them anew. auto: those whose rule still stands stay."
            })
    private @Nullable ExistingFlows existingFlows;

    /** The word; empty: nothing is said. */
    String word() {
        return existingFlows == null ? "" : existingFlows.word();
    }
}
