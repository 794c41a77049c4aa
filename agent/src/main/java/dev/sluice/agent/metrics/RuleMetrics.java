package dev.sluice.agent.metrics;

import dev.sluice.agent.metrics.Metric.Sample;
import dev.sluice.agent.report.RulesReport.RuleReport;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** Metrics of rules: part of {@link Metric#ALL}. Stateless. */
final class RuleMetrics {
    /** Most rules with series: who stores them pays for each. */
    static final int RULES_MAX = 1000;

    private RuleMetrics() {}

    static void add(List<Metric> all) {
        counter(all, "flows", "", "Flows that the rule decided, or saw if it only observes.", RuleReport::flows);
        counter(all, "packets", "", "Packets of those flows.", RuleReport::packets);
        counter(all, "bytes", "bytes", "Bytes of those packets.", RuleReport::bytes);
        Metric.single(
                all,
                "sluice_rules_without_series",
                Metric.Type.GAUGE,
                "",
                "Rules that sluice_rule_* leaves out: only the first " + RULES_MAX
                        + " in the order in which they are asked have series.",
                s -> Math.max(0, s.rules().rules().size() - RULES_MAX));
    }

    private static void counter(
            List<Metric> all, String what, String unit, String help, ToDoubleFunction<RuleReport> value) {
        all.add(new Metric(
                "sluice_rule_" + what,
                Metric.Type.COUNTER,
                unit,
                help,
                List.of("rule"),
                s -> s.rules().rules().stream()
                        .limit(RULES_MAX)
                        .map(rule -> new Sample(List.of(rule.rule()), value.applyAsDouble(rule)))
                        .toList()));
    }
}
