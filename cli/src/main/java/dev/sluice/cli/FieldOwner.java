package dev.sluice.cli;

import java.util.Map;
import picocli.CommandLine.Option;

/** Under which name objects are applied; the same for whoever applies and whoever asks what that would change. */
final class FieldOwner {
    @Option(names = "--force", description = "Take over fields that others applied.")
    private boolean force;

    @Option(
            names = "--field-manager",
            paramLabel = "NAME",
            defaultValue = "sluice",
            description = "Under which name you own fields (default: ${DEFAULT-VALUE}).")
    private String name = "sluice";

    /** Adds what a request says of it. */
    void addTo(Map<String, String> parameters) {
        parameters.put("fieldManager", name);
        parameters.put("force", force ? "true" : "");
    }
}
