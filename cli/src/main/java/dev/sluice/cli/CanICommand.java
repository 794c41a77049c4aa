package dev.sluice.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code sluice can-i}. */
@Command(
        name = "can-i",
        description = {
            "Says whether a manager would let you do something with objects of a kind.",
            "For example: sluice can-i write servicepolicy acme.web. Exit status: 0 yes, 1 no, 2 a word that is not known."
        })
final class CanICommand extends ManagerRequest {
    private static final List<String> VERBS = List.of("read", "write", "status", "contents");

    @Parameters(
            index = "0",
            paramLabel = "VERB",
            description = "read, write (create, change, delete), status, or contents (packets of a capture).")
    private String verb = "";

    @Parameters(
            index = "1",
            paramLabel = "KIND",
            completionCandidates = KindWords.class,
            description = "A kind in singular or plural. Kinds: ${COMPLETION-CANDIDATES}.")
    private String kind = "";

    @Parameters(
            index = "2",
            arity = "0..1",
            paramLabel = "NAME",
            description = "Of the object; it says whose it is (default: one that all tenants share).")
    private String name = "";

    @Override
    int ask(ManagerClient client) {
        if (!VERBS.contains(verb)) {
            throw wrongUsage("'" + verb + "' is not something to do; write one of: " + String.join(", ", VERBS));
        }
        KindWords.Named named = KindWords.parse(spec, kind, name.isEmpty() ? List.of() : List.of(name));
        if (named.kind() == null || named.names().size() > 1) {
            throw wrongUsage("can-i needs one kind, and at most one name: sluice can-i write servicepolicy web");
        }
        Map<String, String> parameters = new LinkedHashMap<>();
        parameters.put("verb", verb);
        parameters.put("kind", named.kind().plural());
        parameters.put("name", named.names().isEmpty() ? "" : named.names().getFirst());
        Map<String, @Nullable Object> answer = client.get(ManagerClient.path("/api/v1/self/rights", parameters));
        boolean allowed = Boolean.TRUE.equals(answer.get("allowed"));
        print(answer, allowed ? "yes\n" : "no\n");
        return allowed ? ExitCode.OK : ExitCode.FAILED;
    }
}
