/**
 * What a node counts, for a monitoring system: the table of metrics, their text, a small HTTP server.
 *
 * <p>Place: above the reports of the node, which it only reads. Threads: those of the HTTP server; the worker is never asked, so a scrape costs it nothing.
 * Specification: Prometheus text exposition format 0.0.4 and OpenMetrics 1.0. Start with {@code Metric}.
 */
@NullMarked
package dev.sluice.agent.metrics;

import org.jspecify.annotations.NullMarked;
