package dev.sluice.cli;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.report.ReloadReport;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** {@code sluice rollback}. */
@Command(
        name = "rollback",
        description = {
            "Lets a running node run an earlier revision, until its files change again or 'sluice reload'. The files are not touched.",
            "While a change waits for 'sluice confirm', 'sluice rollback' without a number takes that change back.",
            "With --manager, brings what people wrote of the manager's objects back to what it was after a change: all objects that you may change or, if anything is wrong then, none. "
                    + "What the manager found or made stays, and so do traces and captures."
        })
final class RollbackCommand extends NodeCommand {
    @Parameters(
            arity = "0..1",
            paramLabel = "REVISION",
            description =
                    "Its number in 'sluice history' (default: the good one before the one in force; a manager has to be told).")
    private @Nullable Long revision;

    @Mixin
    private final ChangeOptions change = new ChangeOptions();

    @Option(names = "--dry-run", description = "With --manager: say what would be different, and change nothing.")
    private boolean dryRun;

    @Option(
            names = "--confirm",
            paramLabel = "TIME",
            converter = SecondsOption.class,
            description =
                    "With --manager: take it back after this time (60s, 5m, up to 24h) unless 'sluice confirm REVISION --manager URL' comes.")
    private @Nullable Integer confirmSeconds;

    @Option(
            names = "--field-manager",
            paramLabel = "NAME",
            defaultValue = "sluice",
            description =
                    "With --manager: under which name you own the fields that are brought back (default: ${DEFAULT-VALUE}).")
    private String owner = "sluice";

    @Mixin
    private ManagerOptions manager = new ManagerOptions();

    @Override
    public Integer call() throws NodeException {
        if (manager.isNamed()) {
            NodeOrManager.refuse(spec, List.of("--force", "--node", "--admin"), NodeOrManager.OF_NODES);
            if (revision == null) {
                throw new ParameterException(
                        spec.commandLine(), "rollback of a manager needs REVISION, a number of 'sluice history'");
            }
            Map<String, @Nullable Object> done = NodeOrManager.asked(() -> manager.client()
                    .post(
                            ManagerClient.path(
                                    "/api/v1/rollback",
                                    Map.of(
                                            "fieldManager",
                                            owner,
                                            "dryRun",
                                            dryRun ? "true" : "",
                                            "existingFlows",
                                            change.existingFlows(),
                                            "confirmSeconds",
                                            confirmSeconds == null ? "" : String.valueOf(confirmSeconds))),
                            "revision: " + revision));
            return answer(done, text(done));
        }
        NodeOrManager.refuse(
                spec,
                List.of("--dry-run", "--confirm", "--field-manager", "--token-file", "--ca-file"),
                NodeOrManager.OF_MANAGERS);
        Map<String, Object> fields = change.fields();
        if (revision != null) {
            fields.put("revision", revision);
        }
        ReloadReport report = admin.client().rollback(fields);
        return answer(report, text(report));
    }

    /** What is different, and what became of each object. */
    static String text(Map<String, @Nullable Object> done) {
        StringBuilder text = new StringBuilder();
        List<?> changes = Fields.list(done, "changes");
        changes.forEach(line -> text.append(line).append('\n'));
        long more = Long.parseLong(Fields.text(done, "changeCount")) - changes.size();
        if (more > 0) {
            text.append("and ").append(more).append(" more\n");
        }
        text.append(ApplyCommand.text(done));
        Fields.list(done, "left")
                .forEach(object -> text.append(object).append(" stays as it is: you may not change it\n"));
        boolean same = Fields.list(done, "items").isEmpty();
        String revision = Fields.text(done, "revision");
        return text
                + (same
                        ? "nothing is different from revision " + revision + " of what you may change"
                        : Boolean.TRUE.equals(done.get("dryRun"))
                                ? "nothing was changed"
                                : "objects are as they were at revision " + revision);
    }

    static String text(ReloadReport report) {
        return "revision " + report.revision() + " runs, as configuration generation " + report.generation()
                + "; the files are as they were: change them, or 'sluice reload' applies them again"
                + ReloadCommand.warning(report);
    }
}
