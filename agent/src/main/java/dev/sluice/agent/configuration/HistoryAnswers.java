package dev.sluice.agent.configuration;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.ObjectSource;
import dev.sluice.agent.admin.AdminRequest;
import dev.sluice.agent.history.History;
import dev.sluice.agent.history.HistoryState;
import dev.sluice.agent.history.Revision;
import dev.sluice.agent.report.HistoryReport;
import dev.sluice.agent.report.TextsReport;
import java.io.IOException;

/** What a node says of its history. Any thread. */
public final class HistoryAnswers {
    private final History history;
    private final ObjectSource source;

    HistoryAnswers(History history, ObjectSource source) {
        this.history = history;
        this.source = source;
    }

    public HistoryReport history() {
        HistoryState state = history.state();
        return new HistoryReport(
                history.directory().toString(),
                history.problem(),
                state.running(),
                state.good(),
                history.revisions().stream()
                        .map(head -> new HistoryReport.RevisionReport(
                                head.number(),
                                head.time().toString(),
                                head.source(),
                                head.outcome().toString(),
                                head.generation(),
                                head.fileCount(),
                                head.content()))
                        .toList());
    }

    /**
     * What a configuration holds.
     *
     * @param which a number, {@code running}, {@code good}, or {@code files} for the files as they are now
     */
    public TextsReport texts(String which) throws NodeException {
        HistoryState state = history.state();
        return switch (which) {
            case "files" ->
                TextsReport.of("the files in " + source, source.load().texts());
            case "running" -> revision(state.running());
            case "good" -> revision(state.good());
            default -> revision(number(which));
        };
    }

    private TextsReport revision(int number) throws NodeException {
        return TextsReport.of("revision " + number, read(number).texts());
    }

    Revision read(int number) throws NodeException {
        try {
            return history.read(number);
        } catch (IOException e) {
            throw new NodeException(e.getMessage() + "; 'sluice history' lists what there is", e);
        }
    }

    private static int number(String which) throws NodeException {
        try {
            return Integer.parseUnsignedInt(which);
        } catch (NumberFormatException e) {
            throw new NodeException(
                    "revision '" + AdminRequest.shorten(which)
                            + "' is neither a number nor one of: running, good, files",
                    e);
        }
    }

    /** Why changes are not on disk, as a sentence; empty: they are. */
    String notice() {
        return history.problem().isEmpty()
                ? ""
                : "history is not written to " + history.directory() + ": " + history.problem()
                        + "; it is kept in memory and written as soon as that works";
    }
}
