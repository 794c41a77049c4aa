package dev.sluice.agent.report;

import dev.sluice.agent.report.FlowsReport.FlowReport;
import java.util.List;

/**
 * Answer to the request {@code follow}: a part of a round through the connection table.
 *
 * @param session to be sent with the next request, which continues where this one ended
 * @param roundDone whether the end of the table was reached; if not, there is more to fetch at once
 * @param connections connections in the table
 * @param opened connections that were not there in the round before; in the first round, all
 * @param changed those whose state, rule or path changed
 * @param ended names of those that are gone
 * @param busiest those with the most bytes since the round before, in the last part of a round only
 */
public record FollowReport(
        String session,
        boolean roundDone,
        int connections,
        List<Followed> opened,
        List<Followed> changed,
        List<String> ended,
        List<Busy> busiest) {
    /**
     * A connection with a name.
     *
     * @param id names it as long as it is there
     * @param flow the connection
     */
    public record Followed(String id, FlowReport flow) {}

    /**
     * A connection and what it carried since the round before, both directions together.
     *
     * @param flow the connection
     * @param packets packets
     * @param bytes bytes
     */
    public record Busy(FlowReport flow, long packets, long bytes) {}
}
