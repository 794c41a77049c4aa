package dev.sluice.agent.metrics;

import dev.sluice.agent.report.CountersReport;
import dev.sluice.agent.report.RulesReport;
import dev.sluice.agent.report.StatusReport;

/**
 * What one scrape sees.
 *
 * @param status of the node
 * @param counters of the node
 * @param rules of the node and what they decided
 * @param process of the Java process
 */
public record Scrape(StatusReport status, CountersReport counters, RulesReport rules, ProcessFigures process) {}
