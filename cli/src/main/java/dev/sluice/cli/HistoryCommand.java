package dev.sluice.cli;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.report.HistoryReport;
import dev.sluice.agent.report.HistoryReport.RevisionReport;
import dev.sluice.agent.report.TextsReport;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code sluice history}. */
@Command(
        name = "history",
        description = {
            "Shows the configurations that were in force, the newest first: * marks the one that runs now.",
            "OUTCOME is applied, pending (waits for 'sluice confirm'), confirmed or reverted (was not confirmed)."
        })
final class HistoryCommand extends NodeCommand {
    private static final int HASH_CHARACTERS = 12;

    @Option(
            names = "--show",
            paramLabel = "REVISION",
            description = "Print what a revision holds, its files one after the other: a number, running or good.")
    private @Nullable String show;

    @Override
    public Integer call() throws NodeException {
        if (show != null) {
            TextsReport texts = admin.client().texts(show);
            return answer(texts, text(texts));
        }
        HistoryReport report = admin.client().history();
        return answer(report, text(report));
    }

    /** One stream of YAML documents; a line says where each file begins. */
    static String text(TextsReport texts) {
        StringBuilder text = new StringBuilder();
        texts.texts().forEach(file -> {
            text.append(text.isEmpty() ? "" : "---\n")
                    .append("# ")
                    .append(file.name())
                    .append('\n');
            text.append(file.text());
            if (!file.text().endsWith("\n")) {
                text.append('\n');
            }
        });
        return text.toString().stripTrailing();
    }

    static String text(HistoryReport report) {
        Table table = new Table()
                .words("")
                .numbers("REVISION")
                .words("TIME")
                .words("OUTCOME")
                .numbers("GENERATION")
                .numbers("FILES")
                .words("SHA-256")
                .words("SOURCE");
        List<RevisionReport> newestFirst = new ArrayList<>(report.revisions()).reversed();
        for (RevisionReport revision : newestFirst) {
            table.row(
                    revision.number() == report.running() ? "*" : " ",
                    revision.number(),
                    revision.time(),
                    revision.outcome(),
                    revision.generation(),
                    revision.fileCount(),
                    revision.sha256()
                            .substring(
                                    0,
                                    Math.min(HASH_CHARACTERS, revision.sha256().length())),
                    revision.source());
        }
        return table.render("no revisions")
                + (report.problem().isEmpty()
                        ? "kept in " + report.directory()
                        : "NOT written to " + report.directory() + ": " + report.problem());
    }
}
