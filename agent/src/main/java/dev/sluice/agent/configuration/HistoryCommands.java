package dev.sluice.agent.configuration;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.admin.AdminCommand;
import dev.sluice.agent.admin.RollbackRequest;
import dev.sluice.agent.report.HistoryReport;
import dev.sluice.agent.report.ReloadReport;
import dev.sluice.agent.report.TextsReport;
import java.util.List;

/** The administration commands about earlier configurations. */
public final class HistoryCommands {
    private static final int NAME_MAX = 40;

    /** What these commands ask of a node. Any thread. */
    public interface Versioned {
        HistoryReport history();

        /** See {@link HistoryAnswers#texts}. */
        TextsReport texts(String which) throws NodeException;

        /** See {@link ConfigurationLife#rollback}. */
        ReloadReport rollback(RollbackRequest request) throws NodeException;

        /** See {@link ConfigurationLife#confirm}. */
        ReloadReport confirm() throws NodeException;
    }

    private HistoryCommands() {}

    public static List<AdminCommand> of(Versioned node) {
        return List.of(
                new AdminCommand("history", List.of(), _ -> node.history()),
                new AdminCommand(
                        "texts",
                        List.of("revision"),
                        request -> node.texts(request.text("revision", NAME_MAX).orElse("running"))),
                new AdminCommand(
                        "rollback", RollbackRequest.FIELDS, request -> node.rollback(RollbackRequest.of(request))),
                new AdminCommand("confirm", List.of(), _ -> node.confirm()));
    }
}
