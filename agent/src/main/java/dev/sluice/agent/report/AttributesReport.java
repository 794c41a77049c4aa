package dev.sluice.agent.report;

import java.util.List;

/**
 * Answer to the request {@code attributes}.
 *
 * @param count ports and flows that have attributes
 * @param attributes at most as many of these as asked for, soonest end first
 */
public record AttributesReport(int count, List<AttributeReport> attributes) {
    /**
     * What is set for one port or flow.
     *
     * @param port name of the port, empty for a flow
     * @param flow the flow, empty for a port
     * @param application empty if none
     * @param group empty if none
     * @param user empty if none
     * @param remainingMs until it ends
     */
    public record AttributeReport(
            String port, String flow, String application, String group, String user, long remainingMs) {}
}
