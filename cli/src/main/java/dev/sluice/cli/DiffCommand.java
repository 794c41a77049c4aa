package dev.sluice.cli;

import dev.sluice.agent.NodeException;
import dev.sluice.model.ConfigurationLoader;
import dev.sluice.model.LoadResult;
import dev.sluice.model.ObjectDiff;
import dev.sluice.model.Problem;
import dev.sluice.model.WrittenObject;
import dev.sluice.model.YamlText;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code sluice diff}. */
@Command(
        name = "diff",
        description = {
            "Shows what is different between two configurations, object by object and field by field, as they are"
                    + " written.",
            "Each is a number of 'sluice history', running, good (what the node goes back to), files (those of the"
                    + " node, as they are now), or a file or directory here. Comments and the order of objects do not"
                    + " count.",
            "With -f, between what a manager has and what it would have if these files were applied, with the same"
                    + " --field-manager, --force and --prune; without that, objects that are in no file stay.",
            "Exit status: 0 no difference, 1 differences, 2 wrong usage, 3 a configuration cannot be read."
        })
final class DiffCommand extends NodeCommand {
    /** What {@code -o json} prints. */
    record Report(String first, String second, boolean sameTexts, List<ObjectDiff.Change> changes) {}

    /** One side. */
    private record Side(String title, Map<String, String> texts) {}

    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "FIRST",
            defaultValue = "running",
            description = "Default: running.")
    private String first = "running";

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "SECOND",
            defaultValue = "files",
            description = "Default: files.")
    private String second = "files";

    @Option(
            names = {"-f", "--file"},
            paramLabel = "FILE|DIR",
            description = "Objects that 'sluice apply' would be given; asks a manager, not a node.")
    private List<Path> files = new ArrayList<>();

    @Mixin
    private FieldOwner owner = new FieldOwner();

    @Mixin
    private ManagerOptions manager = new ManagerOptions();

    @Override
    public Integer call() {
        Side before;
        Side after;
        try {
            before = files.isEmpty() ? side(first) : kept();
            after = files.isEmpty() ? side(second) : applied(before);
        } catch (NodeException | CommandFailure e) {
            if (output.json()) {
                spec.commandLine().getOut().println(Json.text(Map.of("error", String.valueOf(e.getMessage()))));
            }
            spec.commandLine().getErr().println("sluice: " + e.getMessage());
            return ExitCode.NOT_READABLE;
        }
        List<ObjectDiff.Change> changes = ObjectDiff.between(before.texts(), after.texts());
        Report report = new Report(
                before.title(),
                after.title(),
                List.copyOf(before.texts().values())
                        .equals(List.copyOf(after.texts().values())),
                changes);
        PrintWriter out = spec.commandLine().getOut();
        out.println(output.json() ? Json.text(report) : text(report));
        return changes.isEmpty() ? ExitCode.OK : ExitCode.FAILED;
    }

    private Side side(String which) throws NodeException {
        if (List.of("running", "good", "files").contains(which) || which.matches("\\d+")) {
            var texts = admin.client().texts(which);
            return checked(texts.title(), ConfigurationLoader.parse(texts.byName()));
        }
        return checked(which, ConfigurationLoader.load(Path.of(which)));
    }

    /** What the manager has. */
    private Side kept() {
        if (!first.equals("running") || !second.equals("files")) {
            throw new CommandFailure("-f compares with a manager; leave " + first + " out, or -f");
        }
        try {
            return new Side("manager", Map.of("manager", manager.client().text("/api/v1/export?tenants=false")));
        } catch (ManagerClient.Refused e) {
            throw ObjectFiles.failureWithoutFiles(e);
        }
    }

    /** What the manager would have. */
    private Side applied(Side kept) {
        ObjectFiles objects = ObjectFiles.read(files);
        Map<String, String> parameters = new LinkedHashMap<>(Map.of("dryRun", "true"));
        owner.addTo(spec, parameters);
        try {
            Map<String, @Nullable Object> changed =
                    manager.client().post(ManagerClient.path("/api/v1/apply", parameters), objects.yaml());
            Map<String, Object> byTitle = new LinkedHashMap<>();
            for (WrittenObject object : WrittenObject.read(
                            "manager", kept.texts().getOrDefault("manager", ""))
                    .objects()) {
                byTitle.put(object.title(), object.fields());
            }
            for (Map<String, @Nullable Object> item : Fields.objects(changed, "items")) {
                Map<String, @Nullable Object> object = written(Fields.object(item.get("object")));
                String title = Fields.text(object, "kind") + "/" + Fields.text(object, "metadata.name");
                if (Fields.text(item, "result").equals("deleted")) {
                    byTitle.remove(title);
                } else {
                    byTitle.put(title, object);
                }
            }
            return new Side(
                    "manager with these files", Map.of("applied", YamlText.documents(List.copyOf(byTitle.values()))));
        } catch (ManagerClient.Refused e) {
            throw objects.failure(e);
        }
    }

    /** An object without what the manager adds to it. */
    private static Map<String, @Nullable Object> written(Map<String, @Nullable Object> shown) {
        Map<String, @Nullable Object> object = new LinkedHashMap<>(shown);
        Map<String, @Nullable Object> metadata = new LinkedHashMap<>(Fields.object(shown.get("metadata")));
        metadata.keySet().retainAll(Set.of("name", "labels", "annotations"));
        object.put("metadata", metadata);
        object.remove("status");
        return object;
    }

    private static Side checked(String title, LoadResult read) {
        if (!read.usable()) {
            throw new CommandFailure(title + " cannot be compared:\n"
                    + read.problems().stream()
                            .filter(Problem::isError)
                            .map(Problem::toString)
                            .collect(Collectors.joining("\n")));
        }
        return new Side(title, read.texts());
    }

    static String text(Report report) {
        String title = report.first() + " -> " + report.second() + ": ";
        if (report.changes().isEmpty()) {
            return title + "no difference"
                    + (report.sameTexts() ? "" : " between objects; files, comments or the way of writing differ");
        }
        return title
                + report.changes().size()
                + (report.changes().size() == 1 ? " difference\n" : " differences\n")
                + report.changes().stream().map(ObjectDiff.Change::toString).collect(Collectors.joining("\n"));
    }
}
