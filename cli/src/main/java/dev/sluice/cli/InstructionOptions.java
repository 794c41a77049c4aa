package dev.sluice.cli;

import java.util.Map;
import picocli.CommandLine.Option;

/** For how long an instruction holds. */
final class InstructionOptions {
    @Option(
            names = "--ttl",
            paramLabel = "TIME",
            defaultValue = "5m",
            converter = SecondsOption.class,
            description = "After that it is forgotten, such as 60s, 5m or 8h, 1s..24h (default: ${DEFAULT-VALUE}).")
    private int ttlSeconds;

    @Option(
            names = "--once",
            description = "For the next packet of each direction only; a path is taken once, and the flow stays on it.")
    private boolean once;

    Map<String, Object> addTo(Map<String, Object> fields) {
        fields.put("ttl", ttlSeconds);
        fields.put("once", once);
        return fields;
    }
}
