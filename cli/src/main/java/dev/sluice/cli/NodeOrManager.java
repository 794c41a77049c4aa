package dev.sluice.cli;

import java.util.List;
import java.util.function.Supplier;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** What commands have in common that ask a node on this host or, with {@code --manager}, a manager. */
final class NodeOrManager {
    /** Why options of nodes do not go with a manager. */
    static final String OF_NODES = "is for a node on this host; leave it out, or --manager";

    /** Why options of managers do not go with a node. */
    static final String OF_MANAGERS = "is for a manager; give --manager URL too";

    private NodeOrManager() {}

    /** Refuses options that are for the other one. */
    static void refuse(CommandSpec spec, List<String> options, String why) {
        ParseResult parsed = spec.commandLine().getParseResult();
        for (String option : options) {
            if (parsed.hasMatchedOption(option)) {
                throw new ParameterException(spec.commandLine(), option + " " + why);
            }
        }
    }

    /** Asks a manager; what it refuses is said in one way. */
    static <T> T asked(Supplier<T> question) {
        try {
            return question.get();
        } catch (ManagerClient.Refused e) {
            throw ObjectFiles.failureWithoutFiles(e);
        }
    }
}
