package dev.sluice.cli;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.report.AttributesReport;
import dev.sluice.agent.report.AttributesReport.AttributeReport;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;

/** {@code sluice attributes}. */
@Command(
        name = "attributes",
        description =
                "Tells a running node which application, group or user a port or flow belongs to; rules may ask for it.",
        subcommands = {
            AttributesCommand.SetCommand.class,
            AttributesCommand.ListCommand.class,
            AttributesCommand.ClearCommand.class
        })
final class AttributesCommand {
    /** The port or the flow that is meant. */
    static final class Subject {
        @Option(
                names = "--port",
                required = true,
                paramLabel = "NAME",
                description = "Flows that come in at this port.")
        @Nullable
        String port;

        @Option(
                names = "--flow",
                required = true,
                paramLabel = "FLOW",
                description =
                        "A flow, both directions: PROTOCOL,ADDRESS[:PORT],ADDRESS[:PORT], such as tcp,10.0.0.1:40000,10.0.0.2:80."
                                + " Without ports: all flows of the protocol between the two. Wins over the port.")
        @Nullable
        String flow;

        void addTo(Map<String, Object> request) {
            add(request, "port", port);
            add(request, "flow", flow);
        }
    }

    private static void add(Map<String, Object> request, String field, @Nullable String value) {
        if (value != null) {
            request.put(field, value);
        }
    }

    /** {@code sluice attributes set}. */
    @Command(
            name = "set",
            description =
                    "Sets the attributes of a port or flow, in place of those it had. The next packet of each affected flow is classified anew.")
    static final class SetCommand extends NodeCommand {
        @ArgGroup(multiplicity = "1")
        private Subject subject = new Subject();

        @Option(names = "--application", paramLabel = "TEXT", description = "Application, 1..253 characters.")
        private @Nullable String application;

        @Option(names = "--group", paramLabel = "TEXT", description = "Group, 1..253 characters.")
        private @Nullable String group;

        @Option(names = "--user", paramLabel = "TEXT", description = "User, 1..253 characters.")
        private @Nullable String user;

        @Option(
                names = "--ttl",
                paramLabel = "TIME",
                description = "How long they hold, 1s..1d; set them again before (default: ${DEFAULT-VALUE}).")
        private String ttl = "300s";

        @Override
        public Integer call() throws NodeException {
            Map<String, Object> request = new LinkedHashMap<>();
            subject.addTo(request);
            add(request, "application", application);
            add(request, "group", group);
            add(request, "user", user);
            request.put("ttl", ttl);
            JsonNode reply = admin.client().request("attributes-set", request);
            return answer(reply, "set for " + ttl);
        }
    }

    /** {@code sluice attributes list}. */
    @Command(name = "list", description = "Lists the attributes that are set, those that end soonest first.")
    static final class ListCommand extends NodeCommand {
        @Option(
                names = "--limit",
                paramLabel = "N",
                description = "At most so many, 1..69632 (default: ${DEFAULT-VALUE}).")
        private int limit = 100;

        @Override
        public Integer call() throws NodeException {
            AttributesReport report = admin.client().attributes(limit);
            return answer(report, text(report));
        }
    }

    /** The report for people. */
    static String text(AttributesReport report) {
        Table table = new Table()
                .words("PORT")
                .words("FLOW")
                .words("APPLICATION")
                .words("GROUP")
                .words("USER")
                .numbers("ENDS IN");
        for (AttributeReport one : report.attributes()) {
            table.row(
                    one.port(),
                    one.flow(),
                    one.application(),
                    one.group(),
                    one.user(),
                    StatusText.time(one.remainingMs()));
        }
        return table.render("no attributes are set") + report.attributes().size() + " shown of " + report.count();
    }

    /** {@code sluice attributes clear}. */
    @Command(name = "clear", description = "Takes away the attributes of a port or flow, or all.")
    static final class ClearCommand extends NodeCommand {
        @ArgGroup(multiplicity = "1")
        private SubjectOrAll subject = new SubjectOrAll();

        @Override
        public Integer call() throws NodeException {
            Map<String, Object> request = new LinkedHashMap<>();
            if (subject.all) {
                request.put("all", true);
            }
            add(request, "port", subject.port);
            add(request, "flow", subject.flow);
            JsonNode reply = admin.client().request("attributes-clear", request);
            return answer(reply, "cleared " + reply.path("cleared").asInt(0));
        }
    }

    /** What is cleared. */
    static final class SubjectOrAll {
        @Option(names = "--port", required = true, paramLabel = "NAME", description = "What was set for this port.")
        @Nullable
        String port;

        @Option(names = "--flow", required = true, paramLabel = "FLOW", description = "What was set for this flow.")
        @Nullable
        String flow;

        @Option(names = "--all", required = true, description = "Everything.")
        boolean all;
    }
}
