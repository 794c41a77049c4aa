package dev.sluice.cli;

import dev.sluice.model.YamlText;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code sluice delete}. */
@Command(
        name = "delete",
        description = {
            "Deletes objects of a manager: all that are named or, if anything is wrong, none.",
            "An object that others refer to is not deleted; each place that does is named."
        })
final class DeleteCommand extends ManagerRequest {
    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "KIND",
            completionCandidates = KindWords.class,
            description = "A kind in singular or plural, or KIND/NAME. Kinds: ${COMPLETION-CANDIDATES}.")
    private @Nullable String kind;

    @Parameters(index = "1..*", paramLabel = "NAME", description = "Names of objects.")
    private List<String> names = new ArrayList<>();

    @Option(
            names = {"-f", "--file"},
            paramLabel = "FILE|DIR",
            description = "The objects of these files instead; only their kinds and names count.")
    private List<Path> files = new ArrayList<>();

    @Option(names = "--dry-run", description = "Let the manager check everything, and delete nothing.")
    private boolean dryRun;

    @Override
    int ask(ManagerClient client) {
        if ((kind == null) == files.isEmpty()) {
            throw wrongUsage("delete needs KIND NAME or -f FILE, one of the two");
        }
        String path = ManagerClient.path("/api/v1/delete", Map.of("dryRun", dryRun ? "true" : ""));
        Map<String, @Nullable Object> changed = client.post(path, documents());
        return print(changed, ApplyCommand.text(changed));
    }

    private String documents() {
        if (kind == null) {
            return ObjectFiles.read(files).yaml();
        }
        KindWords.Named named = KindWords.parse(spec, kind, names);
        if (named.kind() == null || named.names().isEmpty()) {
            throw wrongUsage("delete needs the names of the objects: sluice delete service fw-1");
        }
        String word = named.kind().word();
        return YamlText.documents(named.names().stream()
                .map(name -> Map.of("kind", word, "metadata", Map.of("name", name)))
                .toList());
    }
}
