package dev.sluice.cli;

import dev.sluice.model.Kind;
import dev.sluice.model.YamlText;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code sluice delete}. */
@Command(
        name = "delete",
        description = {
            "Deletes objects of a manager: all that are named or, if anything is wrong, none.",
            "An object that others refer to is not deleted; each place that does is named.",
            "For example: sluice delete service fw-1 fw-2, sluice delete port/left service/fw-1, sluice delete traceflows --all, sluice delete all -l rack=r1 --dry-run"
        })
final class DeleteCommand extends ManagerRequest {
    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "KIND",
            completionCandidates = KindWords.class,
            description = "A kind in singular or plural, KIND/NAME or, with -l, all. Kinds: ${COMPLETION-CANDIDATES}.")
    private @Nullable String kind;

    @Parameters(index = "1..*", paramLabel = "NAME", description = "Names of objects, or KIND/NAME of more.")
    private List<String> names = new ArrayList<>();

    @Option(
            names = {"-f", "--file"},
            paramLabel = "FILE|DIR",
            description =
                    "The objects of these files instead (- for the standard input); only their kinds and names count.")
    private List<Path> files = new ArrayList<>();

    @Option(
            names = {"-l", "--selector"},
            paramLabel = "LABELS",
            description = "The objects of the kind with these labels instead of names: rack=r1,stage!=test,owner,!old")
    private String selector = "";

    @Option(names = "--all", description = "All objects of the kind.")
    private boolean all;

    @Option(names = "--dry-run", description = "Let the manager check everything, and delete nothing.")
    private boolean dryRun;

    @Mixin
    private FlowsOption flows = new FlowsOption();

    @Override
    int ask(ManagerClient client) {
        if ((kind == null) == files.isEmpty()) {
            throw wrongUsage("delete needs KIND NAME or -f FILE, one of the two");
        }
        if (kind == null && (all || !selector.isEmpty())) {
            throw wrongUsage("-l and --all choose among the objects of a kind; with -f the files say which");
        }
        String documents = kind == null ? ObjectFiles.read(files).yaml() : documents(client, kind);
        if (documents.isEmpty()) {
            return print(Map.of("items", List.of()), "(there is nothing to delete)\n");
        }
        String path = ManagerClient.path(
                "/api/v1/delete", Map.of("dryRun", dryRun ? "true" : "", "existingFlows", flows.word()));
        Map<String, @Nullable Object> changed = client.post(path, documents);
        return print(changed, ApplyCommand.text(changed));
    }

    private String documents(ManagerClient client, String first) {
        List<KindWords.Named> wanted = KindWords.parseEach(spec, first, names);
        List<Map<String, ?>> documents = new ArrayList<>();
        if (all || !selector.isEmpty()) {
            chosen(client, wanted).forEach(object -> documents.add(document(Fields.text(object, "kind"), object)));
        } else {
            for (KindWords.Named each : wanted) {
                if (each.kind() == null || each.names().isEmpty()) {
                    throw wrongUsage(
                            "delete needs the names of the objects, -l LABELS or --all: sluice delete service fw-1");
                }
                String word = each.kind().word();
                each.names().forEach(name -> documents.add(document(word, Map.of("metadata", Map.of("name", name)))));
            }
        }
        return YamlText.documents(documents);
    }

    private static Map<String, ?> document(String kind, Map<String, ?> of) {
        return Map.of("kind", kind, "metadata", Map.of("name", Fields.text(of, "metadata.name")));
    }

    /** What -l or --all chooses of a kind, or of all that users write. */
    private List<Map<String, @Nullable Object>> chosen(ManagerClient client, List<KindWords.Named> wanted) {
        KindWords.Named only = wanted.getFirst();
        if (wanted.size() > 1 || !only.names().isEmpty() || (all && !selector.isEmpty())) {
            throw wrongUsage("names, -l and --all each say which objects; give one of the three");
        }
        if (!all && selector.isBlank()) {
            throw wrongUsage("-l is blank, which would choose every object; give labels, or --all");
        }
        if (only.kind() == null && all) {
            throw wrongUsage("'delete all --all' would delete everything there is; name a kind, or choose with -l");
        }
        List<Map<String, @Nullable Object>> chosen = new ArrayList<>();
        for (Kind each : only.kind() == null ? Kind.written() : List.of(only.kind())) {
            chosen.addAll(GetCommand.list(client, each, selector));
        }
        return chosen;
    }
}
