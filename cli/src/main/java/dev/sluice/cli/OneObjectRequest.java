package dev.sluice.cli;

import dev.sluice.model.Kind;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Parameters;

/** A command about one object of a manager, named by kind and name. */
abstract class OneObjectRequest extends ManagerRequest {
    @Parameters(
            index = "0",
            paramLabel = "KIND",
            completionCandidates = KindWords.class,
            description = "A kind in singular or plural, or KIND/NAME. Kinds: ${COMPLETION-CANDIDATES}.")
    private String kind = "";

    @Parameters(index = "1", arity = "0..1", paramLabel = "NAME", description = "The name of the object.")
    private @Nullable String name;

    /** Asks about it, and prints what is answered. */
    abstract int ask(ManagerClient client, Kind ofKind, String ofName);

    @Override
    final int ask(ManagerClient client) {
        KindWords.Named named = KindWords.parse(spec, kind, name == null ? List.of() : List.of(name));
        if (named.kind() == null || named.names().size() != 1) {
            String command = spec.name();
            throw wrongUsage(command + " needs one object: sluice " + command + " service fw-1");
        }
        return ask(client, named.kind(), named.names().getFirst());
    }
}
