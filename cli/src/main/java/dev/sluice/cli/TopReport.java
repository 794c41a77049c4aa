package dev.sluice.cli;

import dev.sluice.agent.report.CountersReport.DropReport;
import dev.sluice.agent.report.FlowsReport.FlowReport;
import dev.sluice.agent.report.RulesReport.RuleReport;
import dev.sluice.agent.report.StatusReport.InstanceReport;
import dev.sluice.agent.report.StatusReport.PortCountersReport;
import dev.sluice.agent.report.StatusReport.PortReport;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a node did between two moments; rates are per second.
 *
 * @param node name of the node
 * @param seconds time between the moments
 * @param generation of the configuration in force
 * @param connections in the table
 * @param connectionsMax room of the table
 * @param uninspected packets that went on without one of their services
 * @param faults defects survived, since the start
 * @param ports each port
 * @param instances each service instance
 * @param drops reasons that occurred in between
 * @param rules the busiest of those that packets met in between
 * @param busiest connections with the most bytes
 */
record TopReport(
        String node,
        double seconds,
        int generation,
        int connections,
        int connectionsMax,
        double uninspected,
        long faults,
        List<PortRates> ports,
        List<InstanceRates> instances,
        List<DropRate> drops,
        List<RuleRates> rules,
        List<FlowRates> busiest) {
    /** Most rules shown. */
    static final int RULES_MAX = 10;

    /** Rates of a port; lost are frames that the node never judged. */
    record PortRates(
            String port,
            boolean up,
            double packetsIn,
            double bitsIn,
            double packetsOut,
            double bitsOut,
            double dropped,
            double lost) {}

    /** Rates of a service instance. */
    record InstanceRates(String instance, boolean alive, double sent, double returned) {}

    /** Rate of a drop reason. */
    record DropRate(String reason, double packets) {}

    /** Rates of a rule. */
    record RuleRates(String rule, String action, double flows, double packets, double bits) {}

    /** Rates of a connection. */
    record FlowRates(FlowReport flow, double packets, double bits) {}

    static TopReport between(Moment before, Moment now) {
        double seconds = Math.max(1e-3, (now.atNs() - before.atNs()) / 1e9);
        return new TopReport(
                now.status().node(),
                seconds,
                now.status().generation(),
                now.flows().connections(),
                now.status().totals().connectionsMax(),
                rate(
                        before.status().totals().uninspected(),
                        now.status().totals().uninspected(),
                        seconds),
                now.status().totals().faults(),
                ports(before, now, seconds),
                instances(before, now, seconds),
                drops(before, now, seconds),
                rules(before, now, seconds),
                now.flows().busiest().stream()
                        .map(busy -> new FlowRates(busy.flow(), busy.packets() / seconds, busy.bytes() * 8 / seconds))
                        .toList());
    }

    /** A counter that is smaller than before belongs to something made anew. */
    private static double rate(long before, long now, double seconds) {
        return (now >= before ? now - before : now) / seconds;
    }

    private static List<PortRates> ports(Moment before, Moment now, double seconds) {
        Map<String, PortCountersReport> old = new HashMap<>();
        before.status().ports().forEach(port -> old.put(port.name(), port.counters()));
        List<PortRates> rates = new ArrayList<>();
        for (PortReport port : now.status().ports()) {
            PortCountersReport is = port.counters();
            PortCountersReport was = old.getOrDefault(port.name(), is);
            rates.add(new PortRates(
                    port.name(),
                    port.up(),
                    rate(was.receivedFrames(), is.receivedFrames(), seconds),
                    8 * rate(was.receivedBytes(), is.receivedBytes(), seconds),
                    rate(was.sentFrames(), is.sentFrames(), seconds),
                    8 * rate(was.sentBytes(), is.sentBytes(), seconds),
                    rate(was.dropped(), is.dropped(), seconds),
                    rate(lost(was), lost(is), seconds)));
        }
        return rates;
    }

    private static long lost(PortCountersReport counters) {
        return counters.kernelDropped() + counters.receiveDropped() + counters.sendDropped();
    }

    private static List<InstanceRates> instances(Moment before, Moment now, double seconds) {
        Map<String, InstanceReport> old = new HashMap<>();
        before.status().instances().forEach(instance -> old.put(instance.name(), instance));
        return now.status().instances().stream()
                .map(is -> {
                    InstanceReport was = old.getOrDefault(is.name(), is);
                    return new InstanceRates(
                            is.name(),
                            is.alive(),
                            rate(sum(was.sent()), sum(is.sent()), seconds),
                            rate(sum(was.returned()), sum(is.returned()), seconds));
                })
                .toList();
    }

    private static long sum(List<Long> values) {
        return values.stream().mapToLong(Long::longValue).sum();
    }

    private static List<RuleRates> rules(Moment before, Moment now, double seconds) {
        Map<String, RuleReport> old = new HashMap<>();
        before.rules().rules().forEach(rule -> old.put(rule.rule(), rule));
        return now.rules().rules().stream()
                .map(is -> rates(old.get(is.rule()), is, seconds))
                .filter(rates -> rates.packets() > 0)
                .sorted(Comparator.comparingDouble(RuleRates::packets).reversed())
                .limit(RULES_MAX)
                .toList();
    }

    private static RuleRates rates(@Nullable RuleReport was, RuleReport is, double seconds) {
        return new RuleRates(
                is.rule(),
                is.action(),
                rate(was == null ? 0 : was.flows(), is.flows(), seconds),
                rate(was == null ? 0 : was.packets(), is.packets(), seconds),
                8 * rate(was == null ? 0 : was.bytes(), is.bytes(), seconds));
    }

    private static List<DropRate> drops(Moment before, Moment now, double seconds) {
        Map<String, Long> old = new HashMap<>();
        before.counters().drops().forEach(drop -> old.put(drop.reason(), drop.count()));
        List<DropRate> rates = new ArrayList<>();
        for (DropReport drop : now.counters().drops()) {
            double packets = rate(old.getOrDefault(drop.reason(), 0L), drop.count(), seconds);
            if (packets > 0) {
                rates.add(new DropRate(drop.reason(), packets));
            }
        }
        rates.sort(Comparator.comparingDouble(DropRate::packets).reversed());
        return rates;
    }
}
