package dev.sluice.cli;

import dev.sluice.model.YamlText;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code sluice watch}. */
@Command(
        name = "watch",
        description = {
            "Shows what happens to objects of a manager, one line each, until Ctrl-C; first what there is.",
            "When the connection breaks off, it goes on where it was, as soon as the manager answers again."
        })
final class WatchCommand extends ManagerRequest {
    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "KIND",
            completionCandidates = KindWords.class,
            description = "Only this kind. Kinds: ${COMPLETION-CANDIDATES} (default: all).")
    private String kind = KindWords.ALL;

    @Option(
            names = {"-l", "--selector"},
            paramLabel = "LABELS",
            description = "Only objects with these labels: rack=r1,stage!=test,owner,!old")
    private String selector = "";

    @Option(names = "--count", paramLabel = "EVENTS", description = "End after so many events (default: never).")
    private int count;

    private int seen;

    @Override
    int ask(ManagerClient client) {
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        var only = KindWords.parse(spec, kind, List.of()).kind();
        new Watching(client, out, err, only, selector, "all objects follow")
                .run((type, data) -> event(out, type, data));
        return ExitCode.OK;
    }

    private boolean event(PrintWriter out, String type, Map<String, @Nullable Object> data) {
        switch (output.format()) {
            case TEXT ->
                out.println(String.format(
                        "%-9s %s/%s version %s",
                        type,
                        Fields.text(data, "object.kind"),
                        Fields.text(data, "object.metadata.name"),
                        Fields.text(data, "object.metadata.resourceVersion")));
            case YAML -> out.print("---\n" + YamlText.of(data));
            case JSON -> out.println(Json.line(data));
        }
        out.flush();
        seen++;
        return count == 0 || seen < count;
    }
}
