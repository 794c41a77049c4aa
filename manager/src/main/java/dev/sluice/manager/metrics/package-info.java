/**
 * What a manager counts and measures of itself, for monitoring systems.
 *
 * <p>Purpose: one table of metrics, from which scrapes and documentation come. Place: beside {@code rest}, which counts requests here and serves the scrape at {@code /metrics}.
 * Threads: any. Specification: the Prometheus text exposition format 0.0.4. Start reading at {@link dev.sluice.manager.metrics.ManagerMetric}.
 */
@NullMarked
package dev.sluice.manager.metrics;

import org.jspecify.annotations.NullMarked;
