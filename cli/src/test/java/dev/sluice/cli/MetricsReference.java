package dev.sluice.cli;

import dev.sluice.agent.metrics.Exposition;
import dev.sluice.agent.metrics.Metric;
import dev.sluice.manager.metrics.ManagerMetric;
import java.util.Locale;

/** Writes docs/reference/metrics.md from the table that scrapes come from. */
public final class MetricsReference {
    private MetricsReference() {}

    /** The whole page. */
    public static String markdown() {
        StringBuilder out = new StringBuilder("""
            # Metrics

            Generated from `dev.sluice.agent.metrics.Metric` and `dev.sluice.manager.metrics.ManagerMetric` by `./dev docs`; don't edit.

            `sluice run --metrics 127.0.0.1:9465` serves them at `/metrics`, in the Prometheus text format 0.0.4 or, where the client asks for it, as
            OpenMetrics 1.0. Names are those of the samples; OpenMetrics calls a counter's family by the name without `_total`. How to use them:
            [observing](../guides/observing.md).

            | metric | type | labels | meaning |
            |---|---|---|---|
            """);
        for (Metric metric : Metric.ALL) {
            out.append("| `").append(Exposition.sampleName(metric)).append("` | ");
            out.append(metric.type().name().toLowerCase(Locale.ROOT)).append(" | ");
            out.append(metric.labels().isEmpty() ? "-" : String.join(", ", metric.labels()))
                    .append(" | ");
            out.append(metric.help()).append(" |\n");
        }
        out.append("""

            ## Managers

            A manager serves them at `/metrics` of its REST address, to whoever shows a token of a user
            that reads everywhere: [metrics of a manager](../guides/observing.md#metrics-of-a-manager).

            | metric | type | labels | meaning |
            |---|---|---|---|
            """);
        for (ManagerMetric metric : ManagerMetric.ALL) {
            out.append("| `").append(metric.name()).append("` | ");
            out.append(metric.type().name().toLowerCase(Locale.ROOT)).append(" | ");
            out.append(metric.labels().isEmpty() ? "-" : String.join(", ", metric.labels()))
                    .append(" | ");
            out.append(metric.help()).append(" |\n");
        }
        return out.toString();
    }
}
