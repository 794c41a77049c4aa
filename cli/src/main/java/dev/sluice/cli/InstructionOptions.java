package dev.sluice.cli;

import java.util.Map;
import picocli.CommandLine.Option;

/** For how long an instruction holds. */
final class InstructionOptions {
    @Option(
            names = "--ttl",
            paramLabel = "SECONDS",
            description = "After that it is forgotten, 1..86400 (default: ${DEFAULT-VALUE}).")
    private int ttl = 300;

    @Option(
            names = "--once",
            description = "For the next packet of each direction only; a path is taken once, and the flow stays on it.")
    private boolean once;

    Map<String, Object> addTo(Map<String, Object> fields) {
        fields.put("ttl", ttl);
        fields.put("once", once);
        return fields;
    }
}
