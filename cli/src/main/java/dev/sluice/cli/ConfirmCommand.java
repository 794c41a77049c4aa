package dev.sluice.cli;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.report.ReloadReport;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code sluice confirm}. */
@Command(
        name = "confirm",
        description = {
            "Keeps the change that 'sluice reload --confirm TIME' made; without it the change is taken back.",
            "With --manager, the change that 'sluice apply --confirm TIME' or 'sluice rollback --confirm TIME' made there."
        })
final class ConfirmCommand extends NodeCommand {
    @Mixin
    private ManagerOptions manager = new ManagerOptions();

    @Override
    public Integer call() throws NodeException {
        if (manager.isNamed()) {
            NodeOrManager.refuse(spec, List.of("--node", "--admin"), NodeOrManager.OF_NODES);
            Map<String, @Nullable Object> done = NodeOrManager.asked(() -> confirmed(manager.client()));
            return answer(done, Fields.text(done, "what") + " is confirmed");
        }
        NodeOrManager.refuse(spec, List.of("--token-file", "--ca-file"), NodeOrManager.OF_MANAGERS);
        ReloadReport report = admin.client().confirm();
        return answer(report, text(report));
    }

    private static Map<String, @Nullable Object> confirmed(ManagerClient client) {
        String revision = Fields.text(client.get("/api/v1/history?limit=1"), "trial.revision");
        if (revision.isEmpty()) {
            throw new CommandFailure(
                    "nothing is on trial: it is confirmed, or was taken back; see 'sluice history --manager URL'");
        }
        return client.post("/api/v1/confirm", "revision: " + revision);
    }

    static String text(ReloadReport report) {
        return "revision " + report.revision() + " is confirmed" + ReloadCommand.warning(report);
    }
}
