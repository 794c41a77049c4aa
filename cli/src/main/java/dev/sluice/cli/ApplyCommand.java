package dev.sluice.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code sluice apply}. */
@Command(
        name = "apply",
        description = {
            "Tells a manager what objects are to be: all of them or, if anything is wrong, none.",
            "Fields that are not written stay as they are. A field that you applied before and do not write any more"
                    + " is removed. A field that somebody else applied with another value is a conflict, which names who"
                    + " it was.",
            "Exit status: 0 done (or nothing to do), 1 refused or not reachable."
        })
final class ApplyCommand extends ManagerRequest {
    @Option(
            names = {"-f", "--file"},
            required = true,
            paramLabel = "FILE|DIR",
            description = "Objects: a file, a directory with *.yaml and *.yml files, or - for the standard input.")
    @SuppressWarnings("NullAway.Init") // picocli refuses a command line without it
    private List<Path> files;

    @Option(names = "--dry-run", description = "Let the manager check everything, and change nothing.")
    private boolean dryRun;

    @Mixin
    private FieldOwner owner = new FieldOwner();

    @Option(
            names = "--wait",
            arity = "0..1",
            fallbackValue = "60s",
            paramLabel = "TIME",
            converter = SecondsOption.class,
            description =
                    "Come back when all hosts have in force what was applied, at most after this time (default: 60s); exit status 1 if one refuses it or the time is over.")
    private @Nullable Integer waitSeconds;

    @Option(
            names = "--confirm",
            paramLabel = "TIME",
            converter = SecondsOption.class,
            description =
                    "Take the change back after this time (60s, 5m, up to 24h) unless 'sluice confirm REVISION --manager URL' comes; until then nobody changes objects.")
    private @Nullable Integer confirmSeconds;

    @Mixin
    private FlowsOption flows = new FlowsOption();

    @Override
    int ask(ManagerClient client) {
        ObjectFiles objects = ObjectFiles.read(files);
        Map<String, String> parameters = new LinkedHashMap<>();
        parameters.put("dryRun", dryRun ? "true" : "");
        parameters.put("confirmSeconds", confirmSeconds == null ? "" : String.valueOf(confirmSeconds));
        parameters.put("existingFlows", flows.word());
        owner.addTo(spec, parameters);
        try {
            Map<String, @Nullable Object> changed =
                    client.post(ManagerClient.path("/api/v1/apply", parameters), objects.yaml());
            int status = print(changed, text(changed));
            if (waitSeconds != null && !dryRun) {
                List<Map<String, @Nullable Object>> stored = Fields.objects(changed, "items").stream()
                        .filter(item -> !Fields.text(item, "result").equals("deleted"))
                        .map(item -> Fields.object(item.get("object")))
                        .toList();
                new AppliedWait(client, new ProgressLine(spec.commandLine().getErr())).until(stored, waitSeconds);
            }
            return status;
        } catch (ManagerClient.Refused e) {
            throw objects.failure(e);
        }
    }

    /** One line for each object, then the warnings. */
    static String text(Map<String, @Nullable Object> changed) {
        StringBuilder text = new StringBuilder();
        boolean dryRun = Boolean.TRUE.equals(changed.get("dryRun"));
        for (Map<String, @Nullable Object> item : Fields.objects(changed, "items")) {
            text.append(Fields.text(item, "object.kind"))
                    .append('/')
                    .append(Fields.text(item, "object.metadata.name"))
                    .append(' ')
                    .append(Fields.text(item, "result"))
                    .append(dryRun ? " (dry run)\n" : "\n");
        }
        Fields.list(changed, "warnings")
                .forEach(warning -> text.append("warning: ").append(warning).append('\n'));
        if (changed.containsKey("trial")) {
            text.append("revision ")
                    .append(Fields.text(changed, "trial.revision"))
                    .append(" is on trial: it is taken back at ")
                    .append(Fields.text(changed, "trial.until"))
                    .append(" unless you say 'sluice confirm ")
                    .append(Fields.text(changed, "trial.revision"))
                    .append(" --manager URL'\n");
        }
        return text.toString();
    }
}
