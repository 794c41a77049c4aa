package dev.sluice.cli;

import dev.sluice.model.Kind;
import dev.sluice.model.YamlText;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
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
    private static final int PAUSE_S = 1;

    /** What happened behind the last event is not kept, or is of another history: a manager after a restore. */
    private static final int GONE = 410;

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

    private String last = "";
    private int seen;

    @Override
    int ask(ManagerClient client) {
        Kind only = KindWords.parse(spec, kind, java.util.List.of()).kind();
        Map<String, String> parameters = new LinkedHashMap<>();
        parameters.put("kinds", only == null ? "" : only.plural());
        parameters.put("labelSelector", selector);
        String path = ManagerClient.path("/api/v1/watch", parameters);
        PrintWriter out = spec.commandLine().getOut();
        boolean connected = false;
        while (!out.checkError()) {
            try {
                if (client.watch(path, last, (id, type, data) -> event(out, id, type, data))) {
                    return ExitCode.OK;
                }
                connected = true;
                spec.commandLine().getErr().println("sluice: the connection broke off; trying again");
                TimeUnit.SECONDS.sleep(PAUSE_S);
            } catch (CommandFailure e) {
                if (!connected) {
                    throw e;
                }
                pause();
            } catch (ManagerClient.Refused e) {
                if (!last.isEmpty() && e.status() == GONE) {
                    forget();
                } else if (!connected || !e.mayPass()) {
                    throw e;
                } else {
                    pause();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return ExitCode.OK;
            }
        }
        return ExitCode.OK;
    }

    private void forget() {
        last = "";
        spec.commandLine().getErr().println("sluice: what happened meanwhile is not kept any more; all objects follow");
    }

    private static void pause() {
        try {
            TimeUnit.SECONDS.sleep(PAUSE_S);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean event(PrintWriter out, String id, String type, Map<String, @Nullable Object> data) {
        last = id.isEmpty() ? last : id;
        if (type.equals("end")) {
            // Of what was missed nothing is known any more: from the state as it is.
            if (Fields.text(data, "status").equals(String.valueOf(GONE))) {
                forget();
            }
            return true;
        }
        if (type.equals("bookmark")) {
            return true;
        }
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
