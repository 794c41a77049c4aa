package dev.sluice.cli;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.report.ReloadReport;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** {@code sluice confirm}. */
@Command(
        name = "confirm",
        description = {
            "Keeps the change that 'sluice reload --confirm TIME' made; without it the change is taken back.",
            "With --manager, the change that 'sluice apply --confirm TIME' or 'sluice rollback --confirm TIME' made there."
        })
final class ConfirmCommand extends NodeCommand {
    @Parameters(
            arity = "0..1",
            paramLabel = "REVISION",
            description =
                    "With --manager: which change, as 'sluice apply' said it (default: the one on trial, if it is yours).")
    private @Nullable Long revision;

    @Mixin
    private ManagerOptions manager = new ManagerOptions();

    @Override
    public Integer call() throws NodeException {
        if (manager.isNamed()) {
            NodeOrManager.refuse(spec, List.of("--node", "--admin"), NodeOrManager.OF_NODES);
            Map<String, @Nullable Object> done = NodeOrManager.asked(() -> confirmed(manager.client(), revision));
            return answer(done, Fields.text(done, "what") + " is confirmed");
        }
        if (revision != null) {
            throw new ParameterException(spec.commandLine(), "REVISION " + NodeOrManager.OF_MANAGERS);
        }
        NodeOrManager.refuse(spec, List.of("--token-file", "--ca-file"), NodeOrManager.OF_MANAGERS);
        ReloadReport report = admin.client().confirm();
        return answer(report, text(report));
    }

    private static Map<String, @Nullable Object> confirmed(ManagerClient client, @Nullable Long revision) {
        return client.post("/api/v1/confirm", "revision: " + (revision == null ? own(client) : revision));
    }

    /** What is on trial by the user: what somebody else put there is confirmed by its number only, so not unseen. */
    private static String own(ManagerClient client) {
        Map<String, @Nullable Object> history = client.get("/api/v1/history?limit=1");
        String found = Fields.text(history, "trial.revision");
        if (found.isEmpty()) {
            throw new CommandFailure(
                    "nothing is on trial: it is confirmed, or was taken back; see 'sluice history --manager URL'");
        }
        String user = Fields.text(history, "trial.user");
        if (!user.equals(Fields.text(client.get("/api/v1/self"), "name"))) {
            throw new CommandFailure("revision " + found + " is on trial by " + user
                    + ", not by you: look at 'sluice history --manager URL', then say 'sluice confirm " + found
                    + " --manager URL'");
        }
        return found;
    }

    static String text(ReloadReport report) {
        return "revision " + report.revision() + " is confirmed" + ReloadCommand.warning(report);
    }
}
