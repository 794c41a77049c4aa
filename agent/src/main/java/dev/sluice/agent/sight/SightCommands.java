package dev.sluice.agent.sight;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.admin.AdminCommand;
import dev.sluice.agent.admin.AdminRequest;
import dev.sluice.agent.admin.FlowFilter;
import dev.sluice.agent.compile.AttributeValues;
import dev.sluice.agent.configuration.AppliedConfiguration;
import dev.sluice.agent.report.AnalysisReport;
import dev.sluice.agent.report.FollowReport;
import dev.sluice.agent.worker.Worker;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;

/** Administration commands that only look: analysis of rules, what switches have learned, connections as they come and go. */
public final class SightCommands {
    private static final int SESSION_CHARACTERS_MAX = 20;
    private static final int EVENTS_DEFAULT = 1000;

    private SightCommands() {}

    public static List<AdminCommand> of(
            String node, Supplier<AppliedConfiguration> inForce, Worker worker, AttributeValues attributes) {
        FlowFollowers followers = new FlowFollowers(worker::submit);
        Semaphore analyses = new Semaphore(1);
        return List.of(
                new AdminCommand("analyze", List.of(), _ -> analyze(node, inForce.get(), analyses, attributes)),
                new AdminCommand("macs", List.of(), _ -> ListMacs.of(worker)),
                new AdminCommand(
                        "follow",
                        List.of("session", "events", "busiest", "interval", "address", "port"),
                        request -> follow(followers, request)));
    }

    private static AnalysisReport analyze(
            String node, AppliedConfiguration inForce, Semaphore analyses, AttributeValues attributes)
            throws NodeException {
        if (!analyses.tryAcquire()) {
            throw new NodeException("another analysis is running; try again when it is over");
        }
        try {
            return PolicyAnalysis.of(node, inForce, attributes);
        } finally {
            analyses.release();
        }
    }

    private static FollowReport follow(FlowFollowers followers, AdminRequest request) throws NodeException {
        return followers.follow(
                request.text("session", SESSION_CHARACTERS_MAX).orElse(null),
                FlowFilter.of(request, FlowFilter.LIMIT_MAX),
                request.number("events", 0, FlowFollower.EVENTS_MAX).orElse(EVENTS_DEFAULT),
                request.number("busiest", 0, FlowFollower.BUSIEST_MAX).orElse(0),
                request.number("interval", 0, FlowFollowers.INTERVAL_MAX_S).orElse(0),
                System.nanoTime());
    }
}
