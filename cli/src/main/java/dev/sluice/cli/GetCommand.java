package dev.sluice.cli;

import dev.sluice.model.Kind;
import dev.sluice.model.YamlText;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code sluice get}. */
@Command(
        name = "get",
        description = {
            "Shows objects of a manager: all of a kind, those with some names, or all of every kind.",
            "For example: sluice get services, sluice get service fw-1 -o yaml, sluice get all -l rack=r1",
            "'sluice get managers' shows the managers of the store, and which of them leads."
        })
final class GetCommand extends ManagerRequest {
    @Parameters(
            index = "0",
            paramLabel = "KIND",
            completionCandidates = KindWords.class,
            description = "A kind in singular or plural, KIND/NAME, or all. Kinds: ${COMPLETION-CANDIDATES}.")
    private String kind = "";

    @Parameters(index = "1..*", paramLabel = "NAME", description = "Names of objects (default: all).")
    private List<String> names = new ArrayList<>();

    @Option(
            names = {"-l", "--selector"},
            paramLabel = "LABELS",
            description = "Only objects with these labels: rack=r1,stage!=test,owner,!old")
    private String selector = "";

    @Override
    int ask(ManagerClient client) {
        if (kind.equals("managers") || kind.equals("manager")) {
            return managers(client);
        }
        KindWords.Named named = KindWords.parse(spec, kind, names);
        List<Map<String, @Nullable Object>> objects = new ArrayList<>();
        if (named.names().isEmpty()) {
            for (Kind each : named.kind() == null ? List.of(Kind.values()) : List.of(named.kind())) {
                objects.addAll(list(client, each, selector));
            }
        } else if (named.kind() != null) {
            if (!selector.isEmpty()) {
                throw wrongUsage("-l chooses among all objects of a kind; leave it or the names out");
            }
            for (String name : named.names()) {
                objects.add(client.get(ManagerClient.path(named.kind(), name)));
            }
        }
        boolean one = named.names().size() == 1;
        return switch (output.format()) {
            case TEXT -> print(objects, ObjectTables.render(objects, named.kind()));
            case YAML -> yaml(objects);
            case JSON -> print(one ? objects.getFirst() : Map.of("items", objects), "");
        };
    }

    /** The managers themselves are no objects. */
    private int managers(ManagerClient client) {
        if (!names.isEmpty() || !selector.isEmpty()) {
            throw wrongUsage("managers are shown all together, without names and labels");
        }
        Map<String, @Nullable Object> answer = client.get("/api/v1/managers");
        return switch (output.format()) {
            case TEXT -> print(answer, managers(answer));
            case YAML -> yaml(List.of(answer));
            case JSON -> print(answer, "");
        };
    }

    private static String managers(Map<String, @Nullable Object> answer) {
        Table table = new Table()
                .words("NAME")
                .words("ROLE")
                .words("ADDRESS")
                .words("VERSION")
                .words("AGE");
        for (Map<String, @Nullable Object> each : Fields.objects(answer, "items")) {
            String name = Fields.text(each, "name");
            table.row(
                    (name.isEmpty() ? "-" : name) + (Fields.text(each, "self").equals("true") ? " (answers)" : ""),
                    Fields.text(each, "role"),
                    Fields.text(each, "address"),
                    Fields.text(each, "software"),
                    ObjectTables.age(Fields.text(each, "since"), Instant.now()));
        }
        return table.render("");
    }

    private int yaml(List<Map<String, @Nullable Object>> objects) {
        spec.commandLine().getOut().print(YamlText.documents(objects));
        spec.commandLine().getOut().flush();
        return ExitCode.OK;
    }

    /** All objects of a kind, part by part. */
    static List<Map<String, @Nullable Object>> list(ManagerClient client, Kind kind, String selector) {
        List<Map<String, @Nullable Object>> objects = new ArrayList<>();
        String next = "";
        do {
            Map<String, String> parameters = new LinkedHashMap<>();
            parameters.put("labelSelector", selector);
            parameters.put("continue", next);
            Map<String, @Nullable Object> part = client.get(ManagerClient.path("/api/v1/" + kind.plural(), parameters));
            objects.addAll(Fields.objects(part, "items"));
            next = Fields.text(part, "metadata.continue");
        } while (!next.isEmpty());
        return objects;
    }
}
