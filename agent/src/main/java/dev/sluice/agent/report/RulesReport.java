package dev.sluice.agent.report;

import java.util.List;

/**
 * Answer to the request {@code rules}.
 *
 * @param rules in the order they are asked
 */
public record RulesReport(List<RuleReport> rules) {
    /**
     * A rule and what it decided since its content is what it is.
     *
     * @param rule policy and rule
     * @param appliedTo port sides, such as {@code up0 fromPort}
     * @param action {@code chain NAME}, {@code no service}, {@code drop} or {@code observe}
     * @param log whether decisions are logged
     * @param flows flows it decided; if it observes, flows that it saw when they were decided
     * @param packets their packets
     * @param bytes their bytes
     * @param lastHit time of the last packet in UTC (ISO 8601), empty if there was none
     * @param idleMs time since then, -1 if there was none
     * @param logSuppressed log lines that were too many
     */
    public record RuleReport(
            String rule,
            List<String> appliedTo,
            String action,
            boolean log,
            long flows,
            long packets,
            long bytes,
            String lastHit,
            long idleMs,
            long logSuppressed) {}
}
