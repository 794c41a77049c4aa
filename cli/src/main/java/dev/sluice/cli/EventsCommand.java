package dev.sluice.cli;

import dev.sluice.model.YamlText;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code sluice events}. */
@Command(
        name = "events",
        description = {
            "Shows what happened lately to objects of a manager: agents that come and go, what was found and where it went, nodes that die, refusals.",
            "For example: sluice events --follow, sluice events serviceinstance fw-1, sluice events --node host-b --warnings"
        })
final class EventsCommand extends ManagerRequest {
    private static final String PATH = "/api/v1/events";
    private static final String WAIT_S = "10";
    private static final int PAUSE_S = 1;

    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "KIND",
            completionCandidates = KindWords.class,
            description = "Only of this kind, or of KIND/NAME. Kinds: ${COMPLETION-CANDIDATES} (default: all).")
    private String kind = KindWords.ALL;

    @Parameters(index = "1", arity = "0..1", paramLabel = "NAME", description = "Only of the object of this name.")
    private String name = "";

    @Option(names = "--node", paramLabel = "NODE", description = "Only what happened on this host.")
    private String node = "";

    @Option(names = "--warnings", description = "Only what somebody should look at.")
    private boolean warnings;

    @Option(
            names = {"-f", "--follow"},
            description = "Go on with what happens, until Ctrl-C.")
    private boolean follow;

    @Option(names = "--count", paramLabel = "EVENTS", description = "End after so many events (default: never).")
    private int count;

    private int seen;

    @Override
    int ask(ManagerClient client) {
        KindWords.Named only = KindWords.parse(spec, kind, name.isEmpty() ? List.of() : List.of(name));
        if (only.names().size() > 1) {
            throw wrongUsage("give one name");
        }
        Map<String, String> parameters = new LinkedHashMap<>();
        parameters.put("kind", only.kind() == null ? "" : only.kind().plural());
        parameters.put("name", only.names().isEmpty() ? "" : only.names().getFirst());
        parameters.put("node", node);
        Map<String, @Nullable Object> answer = client.get(ManagerClient.path(PATH, parameters));
        List<Map<String, @Nullable Object>> events = wanted(answer);
        if (!follow) {
            return print(Map.of("items", events), table(events));
        }
        PrintWriter out = spec.commandLine().getOut();
        parameters.put("wait", WAIT_S);
        while (tell(out, events)) {
            parameters.put("after", Fields.text(answer, "newest"));
            answer = next(client, parameters, answer);
            events = wanted(answer);
        }
        return ExitCode.OK;
    }

    /** What comes next; the answer before without its events if the manager cannot be asked now. */
    private Map<String, @Nullable Object> next(
            ManagerClient client, Map<String, String> parameters, Map<String, @Nullable Object> before) {
        try {
            return client.get(ManagerClient.path(PATH, parameters));
        } catch (CommandFailure | ManagerClient.Refused e) {
            if (e instanceof ManagerClient.Refused refused && !refused.mayPass()) {
                throw refused;
            }
            spec.commandLine().getErr().println("sluice: " + e.getMessage() + "; trying again");
            try {
                TimeUnit.SECONDS.sleep(PAUSE_S);
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
            return Map.of("newest", Fields.text(before, "newest"));
        }
    }

    private List<Map<String, @Nullable Object>> wanted(Map<String, @Nullable Object> answer) {
        return Fields.objects(answer, "items").stream()
                .filter(event -> !warnings || Fields.text(event, "type").equals("Warning"))
                .toList();
    }

    /** Shows events one by one; whether to go on. */
    private boolean tell(PrintWriter out, List<Map<String, @Nullable Object>> events) {
        for (Map<String, @Nullable Object> event : events) {
            switch (output.format()) {
                case TEXT -> out.println(line(event));
                case YAML -> out.print("---\n" + YamlText.of(event));
                case JSON -> out.println(Json.line(event));
            }
            seen++;
            if (count > 0 && seen >= count) {
                out.flush();
                return false;
            }
        }
        out.flush();
        return !out.checkError() && !Thread.currentThread().isInterrupted();
    }

    private static String line(Map<String, @Nullable Object> event) {
        return time(event) + " " + Fields.text(event, "type") + " " + Fields.text(event, "reason") + " " + object(event)
                + ": " + message(event);
    }

    private static String table(List<Map<String, @Nullable Object>> events) {
        Table table = new Table()
                .words("LAST")
                .words("TYPE")
                .words("REASON")
                .words("OBJECT")
                .words("MESSAGE");
        events.forEach(event -> table.row(
                time(event), Fields.text(event, "type"), Fields.text(event, "reason"), object(event), message(event)));
        return table.render("nothing has happened lately; of several managers, the one that leads has the events");
    }

    private static String time(Map<String, @Nullable Object> event) {
        return Fields.text(event, "last").replaceFirst("\\.[0-9]+Z$", "Z");
    }

    private static String object(Map<String, @Nullable Object> event) {
        return Fields.text(event, "kind") + "/" + Fields.text(event, "name");
    }

    private static String message(Map<String, @Nullable Object> event) {
        String where = Fields.text(event, "node");
        String times = Fields.text(event, "count");
        boolean told = where.isEmpty()
                || Fields.text(event, "message").contains(where)
                || Fields.text(event, "name").equals(where);
        return (told ? "" : where + ": ")
                + Fields.text(event, "message")
                + (times.equals("1") ? "" : " (" + times + " times)");
    }
}
