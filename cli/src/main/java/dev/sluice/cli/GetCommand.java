package dev.sluice.cli;

import dev.sluice.model.Kind;
import dev.sluice.model.YamlText;
import java.io.PrintWriter;
import java.time.Instant;
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

/** {@code sluice get}. */
@Command(
        name = "get",
        description = {
            "Shows objects of a manager: all of a kind, those with some names, or all of every kind.",
            "For example: sluice get services, sluice get service fw-1 -o yaml, sluice get all -l rack=r1, sluice get ports -w",
            "'sluice get managers' shows the managers of the store, and which of them leads.",
            "With -w, what there is and then each object again when what is shown of it changes, until Ctrl-C; a connection that breaks off is taken up where it was. With -o yaml and json an event at a time, as 'sluice watch' prints them."
        })
final class GetCommand extends ManagerQuestion {
    private static final List<String> MANAGERS = List.of("manager", "managers");

    @Parameters(
            index = "0",
            paramLabel = "KIND",
            completionCandidates = KindWords.class,
            description = "A kind in singular or plural, KIND/NAME, or all. Kinds: ${COMPLETION-CANDIDATES}.")
    private String kind = "";

    @Parameters(
            index = "1..*",
            paramLabel = "NAME",
            description = "Names of objects, or KIND/NAME of more (default: all of the kind).")
    private List<String> names = new ArrayList<>();

    @Option(
            names = {"-l", "--selector"},
            paramLabel = "LABELS",
            description = "Only objects with these labels: rack=r1,stage!=test,owner,!old")
    private String selector = "";

    @Option(
            names = {"-w", "--watch"},
            description = "Go on with what changes.")
    private boolean watch;

    @Option(
            names = "--count",
            paramLabel = "ROWS",
            description = "With -w, end after so many objects or changes (default: never).")
    private int count;

    @Mixin
    private ListOutput output = new ListOutput();

    @Override
    int ask(ManagerClient client) {
        if (MANAGERS.contains(kind)) {
            return managers(client);
        }
        List<KindWords.Named> wanted = KindWords.parseEach(spec, kind, names);
        List<String> named =
                wanted.stream().flatMap(each -> each.names().stream()).toList();
        if (!named.isEmpty() && !selector.isEmpty()) {
            throw wrongUsage("-l chooses among all objects of a kind; leave it or the names out");
        }
        Kind only = wanted.size() == 1 ? wanted.getFirst().kind() : null;
        if (watch) {
            if (only == null) {
                throw wrongUsage("-w shows one kind; 'sluice watch' shows what happens to all");
            }
            return follow(client, only, named);
        }
        List<Map<String, @Nullable Object>> objects = new ArrayList<>();
        for (KindWords.Named each : wanted) {
            objects.addAll(objects(client, each));
        }
        return switch (output.format()) {
            case TEXT, WIDE -> print(ObjectTables.render(objects, only, output.isWide()));
            case NAME ->
                print(objects.stream().map(each -> ListOutput.name(each) + "\n").collect(Collectors.joining()));
            case YAML -> print(YamlText.documents(objects));
            case JSON -> print(Json.text(document(objects, named)) + "\n");
            case JSONPATH -> print(output.byPath(document(objects, named)));
        };
    }

    private List<Map<String, @Nullable Object>> objects(ManagerClient client, KindWords.Named wanted) {
        Kind of = wanted.kind();
        List<Map<String, @Nullable Object>> objects = new ArrayList<>();
        if (of != null && !wanted.names().isEmpty()) {
            wanted.names().forEach(name -> objects.add(client.get(ManagerClient.path(of, name))));
        } else {
            for (Kind each : of == null ? List.of(Kind.values()) : List.of(of)) {
                objects.addAll(list(client, each, selector));
            }
        }
        return objects;
    }

    /** What programs get: the one object that was named, or items. */
    private static Object document(List<Map<String, @Nullable Object>> objects, List<String> named) {
        return named.size() == 1 ? objects.getFirst() : Map.of("items", objects);
    }

    private int follow(ManagerClient client, Kind only, List<String> named) {
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        new Watching(client, out, err, only, selector, "what is different now follows")
                .run(new ChangingObjects(out, only, Set.copyOf(named), output, count));
        return ExitCode.OK;
    }

    private int print(String text) {
        spec.commandLine().getOut().print(text);
        spec.commandLine().getOut().flush();
        return ExitCode.OK;
    }

    /** The managers themselves are no objects. */
    private int managers(ManagerClient client) {
        if (!names.isEmpty() || !selector.isEmpty() || watch) {
            throw wrongUsage("managers are shown all together, as they are now, without names and labels");
        }
        Map<String, @Nullable Object> answer = client.get("/api/v1/managers");
        return switch (output.format()) {
            case TEXT, WIDE -> print(managers(answer));
            case NAME -> throw wrongUsage("managers are no objects; with -o name nothing could be done with them");
            case YAML -> print(YamlText.documents(List.of(answer)));
            case JSON -> print(Json.text(answer) + "\n");
            case JSONPATH -> print(output.byPath(answer));
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
