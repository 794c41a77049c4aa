package dev.sluice.cli;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.admin.AdminClient;
import dev.sluice.agent.report.FlowsReport.FlowReport;
import dev.sluice.agent.report.FollowReport;
import dev.sluice.agent.report.FollowReport.Followed;
import java.io.PrintWriter;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** {@code sluice flows --follow}: what happens to connections, one line each. One user. */
final class FlowsFollow {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss");
    private static final int EVENTS = 2000;

    private final AdminClient node;
    private final PrintWriter out;
    private final boolean json;

    /** What was last told of each connection, so that its end can be told too. */
    private final Map<String, FlowReport> told = new HashMap<>();

    FlowsFollow(AdminClient node, PrintWriter out, boolean json) {
        this.node = node;
        this.out = out;
        this.json = json;
    }

    /** Ends with status 1 when the node ends or does not know the client any more. */
    int run(Map<String, Object> filters, long intervalMs) throws NodeException {
        Map<String, Object> fields = new LinkedHashMap<>(filters);
        fields.put("events", EVENTS);
        fields.put("interval", Seconds.until(intervalMs));
        boolean firstRound = true;
        while (true) {
            FollowReport part = node.follow(fields);
            fields.put("session", part.session());
            tell(part, firstRound);
            if (out.checkError()) {
                return ExitCode.OK;
            }
            if (part.roundDone()) {
                firstRound = false;
                try {
                    Thread.sleep(intervalMs);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    return ExitCode.OK;
                }
            }
        }
    }

    /** The connections of the first round are there, they did not come. */
    void tell(FollowReport part, boolean firstRound) {
        for (String id : part.ended()) {
            FlowReport flow = told.remove(id);
            if (flow != null) {
                line("end", flow);
            }
        }
        for (Followed followed : part.opened()) {
            told.put(followed.id(), followed.flow());
            line(firstRound ? "is" : "new", followed.flow());
        }
        for (Followed followed : part.changed()) {
            told.put(followed.id(), followed.flow());
            line("change", followed.flow());
        }
        out.flush();
    }

    private void line(String event, FlowReport flow) {
        if (json) {
            Map<String, Object> object = new LinkedHashMap<>();
            object.put("event", event);
            object.put("flow", flow);
            out.println(Json.line(object));
            return;
        }
        out.println(String.format(
                "%s %-6s %s %s %s -> %s %s rule %s%s",
                LocalTime.now(ZoneId.systemDefault()).format(TIME),
                event,
                flow.router(),
                flow.protocol(),
                FlowsCommand.end(flow.source(), flow.sourcePort()),
                FlowsCommand.end(flow.destination(), flow.destinationPort()),
                flow.state(),
                flow.rule(),
                flow.path().isEmpty() ? "" : " path " + flow.path()));
    }
}
