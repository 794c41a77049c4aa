package dev.sluice.cli;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.report.HistoryReport;
import dev.sluice.agent.report.HistoryReport.RevisionReport;
import dev.sluice.agent.report.TextsReport;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** {@code sluice history}. */
@Command(
        name = "history",
        description = {
            "Shows the configurations that were in force, the newest first: * marks the one that runs now.",
            "OUTCOME is applied, pending (waits for 'sluice confirm'), confirmed or reverted (was not confirmed).",
            "With --manager, changes that people made of the manager's objects, the newest first, as far as you may read these objects."
        })
final class HistoryCommand extends NodeCommand {
    private static final int HASH_CHARACTERS = 12;

    /** Changes of a manager that are asked for at a time. */
    private static final int PART = 100;

    /** Objects of a change that people are shown; programs get more. */
    private static final int OBJECTS_SHOWN = 4;

    @Option(
            names = "--show",
            paramLabel = "REVISION",
            description = "Print what a revision holds, its files one after the other: a number, running or good.")
    private @Nullable String show;

    @Option(
            names = "--last",
            paramLabel = "N",
            defaultValue = "20",
            description = "With --manager: only the newest so many changes; 0: all (default: ${DEFAULT-VALUE}).")
    private int last = 20;

    @Option(names = "--before", paramLabel = "REVISION", description = "With --manager: only changes before this one.")
    private long before;

    @Mixin
    private ManagerOptions manager = new ManagerOptions();

    @Override
    public Integer call() throws NodeException {
        if (manager.isNamed()) {
            NodeOrManager.refuse(spec, List.of("--show", "--node", "--admin"), NodeOrManager.OF_NODES);
            if (last < 0 || before < 0) {
                throw new ParameterException(spec.commandLine(), "--last and --before are numbers from 0");
            }
            Map<String, @Nullable Object> history = NodeOrManager.asked(() -> changes(manager.client()));
            return answer(history, changes(history));
        }
        NodeOrManager.refuse(
                spec, List.of("--last", "--before", "--token-file", "--ca-file"), NodeOrManager.OF_MANAGERS);
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

    /** The part of a manager's history that is asked for, as one list. */
    private Map<String, @Nullable Object> changes(ManagerClient client) {
        List<Map<String, @Nullable Object>> items = new ArrayList<>();
        Map<String, @Nullable Object> part;
        long behind = before;
        do {
            Map<String, String> parameters = new LinkedHashMap<>();
            parameters.put("before", behind == 0 ? "" : String.valueOf(behind));
            parameters.put("limit", String.valueOf(last == 0 ? PART : Math.min(PART, last - items.size())));
            part = client.get(ManagerClient.path("/api/v1/history", parameters));
            List<Map<String, @Nullable Object>> told = Fields.objects(part, "items");
            items.addAll(told);
            // A part may hold nothing, and yet there are older ones; a manager of before says more without next.
            String next = Fields.text(part, "next");
            boolean older = next.isEmpty() && Boolean.TRUE.equals(part.get("more")) && !told.isEmpty();
            String from = older ? Fields.text(told.getLast(), "number") : next;
            behind = from.isEmpty() ? 0 : Long.parseLong(from);
        } while (behind > 0 && (last == 0 || items.size() < last));
        Map<String, @Nullable Object> all = new LinkedHashMap<>(part);
        all.put("items", items);
        return all;
    }

    static String changes(Map<String, @Nullable Object> history) {
        Table table =
                new Table().numbers("REVISION").words("TIME").words("USER").words("CHANGES");
        for (Map<String, @Nullable Object> change : Fields.objects(history, "items")) {
            List<?> objects = Fields.list(change, "objects");
            long more = Long.parseLong(Fields.text(change, "objectCount")) - Math.min(OBJECTS_SHOWN, objects.size());
            String back = Fields.text(change, "rolledBackTo");
            table.row(
                    Fields.text(change, "number"),
                    Fields.text(change, "time"),
                    Fields.text(change, "user"),
                    (back.isEmpty() ? "" : "back to " + back + ": ")
                            + objects.stream()
                                    .limit(OBJECTS_SHOWN)
                                    .map(String::valueOf)
                                    .collect(Collectors.joining(", "))
                            + (more > 0 ? " and " + more + " more" : ""));
        }
        String trial = Fields.text(history, "trial.revision");
        return table.render("nobody changed anything that you may read")
                + (trial.isEmpty()
                        ? ""
                        : "revision " + trial + " by " + Fields.text(history, "trial.user") + " is on trial until "
                                + Fields.text(history, "trial.until") + "\n")
                + "oldest revision to go back to: " + Fields.text(history, "oldest") + "; changes are kept "
                + Fields.text(history, "kept");
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
