package dev.sluice.cli;

import dev.sluice.model.ExistingFlows;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How a node is to take another configuration into force, whichever it is. */
final class ChangeOptions {
    @Option(
            names = "--existing-flows",
            paramLabel = "MODE",
            converter = LowerCaseWord.OfExistingFlows.class,
            description = {
                "What the change means for flows in progress (default: as the Node object says, else auto).",
                "keep: they keep rule and path, even if those are gone. migrate: the new rules decide them anew. auto: those whose rule still stands stay."
            })
    private @Nullable ExistingFlows existingFlows;

    @Option(
            names = "--force",
            description = "Take interfaces as ports even if they carry the host's default route or a login session.")
    private boolean force;

    /** The fields of a request that say so. */
    Map<String, Object> fields() {
        Map<String, Object> fields = new LinkedHashMap<>();
        if (force) {
            fields.put("force", true);
        }
        if (existingFlows != null) {
            fields.put("existingFlows", existingFlows.word());
        }
        return fields;
    }
}
