package dev.sluice.manager.metrics;

import dev.sluice.controller.AgentFigures;
import dev.sluice.manager.metrics.ManagerScrape.Expiry;
import dev.sluice.manager.metrics.RequestFigures.Took;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/**
 * A metric of managers. The table {@link #ALL} is the only place that names them: the scrape, the documentation and the tests come from it.
 *
 * @param name that of its samples; a histogram's have {@code _bucket}, {@code _sum} and {@code _count} behind it
 * @param help what it is, one line
 * @param labels names of its labels
 * @param samples its values
 */
public record ManagerMetric(
        String name, Type type, String help, List<String> labels, Function<ManagerScrape, List<Sample>> samples) {
    private static final int TEXT_CHARS = 8 * 1024;

    /** How values move. */
    public enum Type {
        /** Only up; from 0 after a restart. */
        COUNTER,
        /** Up and down. */
        GAUGE,
        /** How many values are at most how large. */
        HISTOGRAM
    }

    /**
     * A value.
     *
     * @param suffix behind the name
     * @param labels values of the labels, in the order of the metric; a bucket has one more, its bound
     */
    public record Sample(String suffix, List<String> labels, double value) {
        /** Copies the list. */
        public Sample {
            labels = List.copyOf(labels);
        }

        static Sample of(double value, String... labels) {
            return new Sample("", List.of(labels), value);
        }
    }

    /** All metrics, in the order of a scrape. */
    public static final List<ManagerMetric> ALL = table();

    /** Copies the labels. */
    public ManagerMetric {
        labels = List.copyOf(labels);
    }

    private static List<ManagerMetric> table() {
        List<ManagerMetric> all = new ArrayList<>();
        single(all, "sluice_manager_uptime_seconds", Type.GAUGE, "Time since it started.", ManagerScrape::uptimeS);
        single(
                all,
                "sluice_manager_leads",
                Type.GAUGE,
                "1 if this manager leads, 0 if it stands by.",
                s -> s.leads() ? 1 : 0);
        single(
                all,
                "sluice_manager_term",
                Type.GAUGE,
                "Number of the term of whoever leads; 0 if there is one manager, or nobody leads.",
                ManagerScrape::term);
        store(all);
        requests(all);
        agents(all);
        all.add(new ManagerMetric(
                "sluice_manager_certificate_expiry_timestamp_seconds",
                Type.GAUGE,
                "When a certificate expires, s since 1970: of the authority that enrols hosts, of the REST interface"
                        + " (rest), of what service managers are shown (callbacks), of each enrolled node.",
                List.of("of", "node"),
                s -> s.certificates().stream()
                        .sorted(Comparator.comparing(Expiry::of).thenComparing(Expiry::node))
                        .map(each -> Sample.of((double) each.at().getEpochSecond(), each.of(), each.node()))
                        .toList()));
        process(all);
        return List.copyOf(all);
    }

    private static void single(
            List<ManagerMetric> all, String name, Type type, String help, ToDoubleFunction<ManagerScrape> value) {
        all.add(new ManagerMetric(name, type, help, List.of(), s -> List.of(Sample.of(value.applyAsDouble(s)))));
    }

    private static void store(List<ManagerMetric> all) {
        single(
                all,
                "sluice_manager_store_revision",
                Type.COUNTER,
                "The newest version of all objects.",
                ManagerScrape::revision);
        single(
                all,
                "sluice_manager_store_bytes",
                Type.GAUGE,
                "What the store takes on disk; of a cluster, on one member.",
                ManagerScrape::storeBytes);
        all.add(new ManagerMetric(
                "sluice_manager_objects",
                Type.GAUGE,
                "Objects, by kind.",
                List.of("kind"),
                s -> s.objects().entrySet().stream()
                        .sorted(Map.Entry.comparingByKey())
                        .map(each -> Sample.of(each.getValue(), each.getKey()))
                        .toList()));
        all.add(new ManagerMetric(
                "sluice_manager_check_ok",
                Type.GAUGE,
                "1 if a check of /readyz finds nothing.",
                List.of("check"),
                s -> s.checks().stream()
                        .map(each -> Sample.of(each.problem().isEmpty() ? 1 : 0, each.name()))
                        .toList()));
    }

    private static void requests(List<ManagerMetric> all) {
        all.add(new ManagerMetric(
                "sluice_manager_requests_total",
                Type.COUNTER,
                "Answered requests, by operation of the contract (none: there is no such) and status.",
                List.of("operation", "status"),
                s -> s.requests().answers().stream()
                        .map(each -> Sample.of((double) each.count(), each.operation(), String.valueOf(each.status())))
                        .toList()));
        all.add(new ManagerMetric(
                "sluice_manager_request_seconds",
                Type.HISTOGRAM,
                "How long answers took, by operation; of a watch, until its first byte.",
                List.of("operation"),
                s -> s.requests().took().stream()
                        .flatMap(each -> histogram(each).stream())
                        .toList()));
        single(
                all,
                "sluice_manager_watches",
                Type.GAUGE,
                "Clients that watch objects now.",
                s -> s.requests().watches());
    }

    private static List<Sample> histogram(Took took) {
        List<Sample> samples = new ArrayList<>();
        for (int i = 0; i < took.counts().size(); i++) {
            String bound = i < took.boundsS().size() ? number(took.boundsS().get(i)) : "+Inf";
            samples.add(new Sample(
                    "_bucket", List.of(took.operation(), bound), took.counts().get(i)));
        }
        samples.add(new Sample("_sum", List.of(took.operation()), took.sumS()));
        samples.add(
                new Sample("_count", List.of(took.operation()), took.counts().getLast()));
        return samples;
    }

    private static void agents(List<ManagerMetric> all) {
        single(
                all,
                "sluice_manager_agents_connected",
                Type.GAUGE,
                "Agents that are connected.",
                s -> s.agents().stream().filter(AgentFigures::connected).count());
        ofAgents(
                all,
                "sluice_manager_agent_connected",
                Type.GAUGE,
                "1 if the node's agent is connected; nodes that objects name.",
                agent -> agent.connected() ? 1 : 0);
        ofAgents(
                all,
                "sluice_manager_agent_refuses",
                Type.GAUGE,
                "1 if the node refuses what it was told last (NACK); the status of the objects says why.",
                agent -> agent.refuses() ? 1 : 0);
        ofAgents(
                all,
                "sluice_manager_agent_updates_total",
                Type.COUNTER,
                "Updates sent to the node's agent.",
                AgentFigures::updates);
        ofAgents(
                all,
                "sluice_manager_agent_refusals_total",
                Type.COUNTER,
                "Updates that the node's agent refused (NACK).",
                AgentFigures::refusals);
        ofAgents(
                all,
                "sluice_manager_agent_sent_bytes_total",
                Type.COUNTER,
                "Bytes of updates sent to the node's agent.",
                AgentFigures::bytesSent);
    }

    private static void ofAgents(
            List<ManagerMetric> all, String name, Type type, String help, ToDoubleFunction<AgentFigures> value) {
        all.add(new ManagerMetric(
                name,
                type,
                help,
                List.of("node"),
                s -> s.agents().stream()
                        .map(agent -> Sample.of(value.applyAsDouble(agent), agent.node()))
                        .toList()));
    }

    private static void process(List<ManagerMetric> all) {
        single(
                all,
                "sluice_manager_heap_used_bytes",
                Type.GAUGE,
                "Java heap in use.",
                s -> ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
        single(
                all,
                "sluice_manager_heap_max_bytes",
                Type.GAUGE,
                "Most the Java heap may have.",
                s -> Math.max(
                        0,
                        ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getMax()));
        single(
                all,
                "sluice_manager_cpu_seconds_total",
                Type.COUNTER,
                "Processor time of the process.",
                s -> ProcessHandle.current()
                                .info()
                                .totalCpuDuration()
                                .orElse(Duration.ZERO)
                                .toNanos()
                        / 1e9);
    }

    /** A whole scrape, in the Prometheus text format 0.0.4. */
    public static String text(ManagerScrape scrape) {
        StringBuilder text = new StringBuilder(TEXT_CHARS);
        for (ManagerMetric metric : ALL) {
            text.append("# HELP ")
                    .append(metric.name)
                    .append(' ')
                    .append(metric.help)
                    .append('\n');
            text.append("# TYPE ").append(metric.name).append(' ');
            text.append(metric.type.name().toLowerCase(Locale.ROOT)).append('\n');
            metric.samples.apply(scrape).forEach(sample -> metric.append(text, sample));
        }
        return text.toString();
    }

    private void append(StringBuilder text, Sample sample) {
        text.append(name).append(sample.suffix);
        for (int i = 0; i < sample.labels.size(); i++) {
            text.append(i == 0 ? '{' : ',').append(i < labels.size() ? labels.get(i) : "le");
            text.append("=\"").append(escaped(sample.labels.get(i))).append('"');
        }
        text.append(sample.labels.isEmpty() ? " " : "} ")
                .append(number(sample.value))
                .append('\n');
    }

    private static String escaped(String value) {
        return value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
    }

    private static String number(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15
                ? Long.toString((long) value)
                : Double.toString(value);
    }
}
