package dev.sluice.cli;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code sluice audit}. */
@Command(
        name = "audit",
        description = {
            "Shows the record of changes of a manager, oldest first: who changed which objects, users, tokens and enrolments, when, and how.",
            "For auditors and administrators. Exit status with --verify: 0 the record is as it was written, 1 it is not."
        })
final class AuditCommand extends ManagerRequest {
    private static final String PATH = "/api/v1/audit";
    private static final int PART = 500;

    @Option(
            names = "--last",
            paramLabel = "N",
            defaultValue = "100",
            description = "Only the newest so many entries; 0: all (default: ${DEFAULT-VALUE}).")
    private int last = 100;

    @Option(names = "--after", paramLabel = "NUMBER", description = "Only entries behind this number.")
    private long after;

    @Option(
            names = "--verify",
            description = "Instead: whether an entry was changed, left out or cut off since it was written.")
    private boolean verify;

    @Override
    int ask(ManagerClient client) {
        if (last < 0 || after < 0) {
            throw wrongUsage("--last and --after are numbers from 0");
        }
        return verify ? verdict(client.get(PATH + "/verification")) : entries(client);
    }

    private int verdict(Map<String, @Nullable Object> answer) {
        boolean whole = Boolean.TRUE.equals(answer.get("whole"));
        StringBuilder text = new StringBuilder();
        text.append(Fields.text(answer, "entries"))
                .append(whole ? " entries, as they were written\n" : " entries; the record is not as it was written\n");
        Fields.list(answer, "problems")
                .forEach(problem -> text.append("  ").append(problem).append('\n'));
        print(answer, text.toString());
        return whole ? ExitCode.OK : ExitCode.FAILED;
    }

    private int entries(ManagerClient client) {
        Deque<Map<String, @Nullable Object>> newest = new ArrayDeque<>();
        long behind = after;
        List<Map<String, @Nullable Object>> part;
        do {
            Map<String, String> parameters = new LinkedHashMap<>();
            parameters.put("after", String.valueOf(behind));
            parameters.put("limit", String.valueOf(PART));
            part = Fields.objects(client.get(ManagerClient.path(PATH, parameters)), "items");
            for (Map<String, @Nullable Object> entry : part) {
                behind = Math.max(behind, Long.parseLong(Fields.text(entry, "number")));
                newest.addLast(entry);
                if (last > 0 && newest.size() > last) {
                    newest.removeFirst();
                }
            }
        } while (part.size() == PART);
        List<Map<String, @Nullable Object>> shown = new ArrayList<>(newest);
        return print(Map.of("items", shown), text(shown));
    }

    /** A line for each entry, and what is different below it. */
    static String text(List<Map<String, @Nullable Object>> entries) {
        if (entries.isEmpty()) {
            return "(nothing was changed)\n";
        }
        StringBuilder text = new StringBuilder();
        for (Map<String, @Nullable Object> entry : entries) {
            List<String> objects = words(entry, "objects");
            List<String> changes = words(entry, "changes");
            text.append(String.format(
                    "%s %s %s: %s%n",
                    Fields.text(entry, "number"),
                    Fields.text(entry, "time").replaceFirst("\\.[0-9]+Z$", "Z"),
                    Fields.text(entry, "user"),
                    String.join(", ", objects)));
            changes.forEach(change -> text.append("    ").append(change).append('\n'));
            String count = Fields.text(entry, "changeCount");
            if (!count.isEmpty() && Long.parseLong(count) > changes.size()) {
                text.append("    and ")
                        .append(Long.parseLong(count) - changes.size())
                        .append(" more\n");
            }
        }
        return text.toString();
    }

    private static List<String> words(Map<String, @Nullable Object> entry, String field) {
        return Fields.list(entry, field).stream().map(String::valueOf).toList();
    }
}
