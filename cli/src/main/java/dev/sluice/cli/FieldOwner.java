package dev.sluice.cli;

import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** Under which name objects are applied; the same for whoever applies and whoever asks what that would change. */
final class FieldOwner {
    private static final String NAME = "--field-manager";

    @Option(names = "--force", description = "Take over fields that others applied.")
    private boolean force;

    @Option(
            names = NAME,
            paramLabel = "NAME",
            defaultValue = "sluice",
            description = "Under which name you own fields (default: ${DEFAULT-VALUE}).")
    private String name = "sluice";

    @Option(
            names = "--prune",
            description =
                    "Delete in the same change what you wrote before under this --field-manager and is not in the files any more, of tenants that have objects in them. Objects that somebody else set fields of too stay, and are named.")
    private boolean prune;

    /** Adds what a request says of it. */
    void addTo(CommandSpec spec, Map<String, String> parameters) {
        boolean ownName = spec.commandLine().getParseResult().hasMatchedOption(NAME) && !name.equals("sluice");
        if (prune && !ownName) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--prune deletes what was applied under a name and is in no file any more; say under which with "
                            + NAME + ", one that is for these files only");
        }
        parameters.put("fieldManager", name);
        parameters.put("force", force ? "true" : "");
        parameters.put("prune", prune ? "true" : "");
    }
}
