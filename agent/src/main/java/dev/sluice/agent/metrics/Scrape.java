package dev.sluice.agent.metrics;

import dev.sluice.agent.CountersReport;
import dev.sluice.agent.StatusReport;

/**
 * What one scrape sees.
 *
 * @param status of the node
 * @param counters of the node
 * @param process of the Java process
 */
public record Scrape(StatusReport status, CountersReport counters, ProcessFigures process) {}
