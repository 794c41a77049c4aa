package dev.sluice.agent.metrics;

import dev.sluice.agent.report.CountersReport;
import dev.sluice.agent.report.RulesReport;
import dev.sluice.agent.report.StatusReport;
import java.util.Optional;

/**
 * What one scrape sees.
 *
 * @param status of the node
 * @param counters of the node
 * @param rules of the node and what they decided
 * @param process of the Java process
 * @param manager that the node follows; empty: none
 */
public record Scrape(
        StatusReport status,
        CountersReport counters,
        RulesReport rules,
        ProcessFigures process,
        Optional<ManagerContact> manager) {
    /** Of a node that follows no manager. */
    public Scrape(StatusReport status, CountersReport counters, RulesReport rules, ProcessFigures process) {
        this(status, counters, rules, process, Optional.empty());
    }
}
