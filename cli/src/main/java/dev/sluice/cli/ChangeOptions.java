package dev.sluice.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How a node is to take another configuration into force, whichever it is. */
final class ChangeOptions {
    @Mixin
    private FlowsOption flows = new FlowsOption();

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
        if (!existingFlows().isEmpty()) {
            fields.put("existingFlows", existingFlows());
        }
        return fields;
    }

    /** What the change means for flows in progress; empty: nothing is said. */
    String existingFlows() {
        return flows.word();
    }
}
