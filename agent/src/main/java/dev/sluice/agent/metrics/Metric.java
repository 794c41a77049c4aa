package dev.sluice.agent.metrics;

import dev.sluice.agent.report.CountersReport.DropReport;
import dev.sluice.agent.report.StatusReport.ChainReport;
import dev.sluice.agent.report.StatusReport.InstanceReport;
import dev.sluice.agent.report.StatusReport.PathReport;
import dev.sluice.agent.report.StatusReport.PortCountersReport;
import dev.sluice.agent.report.StatusReport.PortReport;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/**
 * A metric. The table {@link #ALL} is the only place that names them: the scrape, the documentation and the tests come from it.
 *
 * @param name without {@code _total}; ends with the unit if there is one
 * @param type counter or gauge
 * @param unit base unit, empty if it counts things
 * @param help what it is, one line
 * @param labels names of its labels
 * @param samples its values
 */
public record Metric(
        String name, Type type, String unit, String help, List<String> labels, Function<Scrape, List<Sample>> samples) {
    /** How values move. */
    public enum Type {
        /** Only up; from 0 after a restart. */
        COUNTER,
        /** Up and down. */
        GAUGE
    }

    /**
     * A value.
     *
     * @param labels values of the labels, in the order of the metric
     * @param value the value
     */
    public record Sample(List<String> labels, double value) {
        /** Copies the list. */
        public Sample {
            labels = List.copyOf(labels);
        }
    }

    /** All metrics, in the order of a scrape. */
    public static final List<Metric> ALL = table();

    /** Copies the labels. */
    public Metric {
        labels = List.copyOf(labels);
    }

    private static List<Metric> table() {
        List<Metric> all = new ArrayList<>();
        node(all);
        ports(all);
        drops(all);
        instances(all);
        PeerMetrics.add(all);
        ManagerMetrics.add(all);
        chains(all);
        RuleMetrics.add(all);
        FastPathMetrics.add(all);
        process(all);
        return List.copyOf(all);
    }

    private static void node(List<Metric> all) {
        all.add(new Metric(
                "sluice_build_info",
                Type.GAUGE,
                "",
                "Always 1; the labels say which node and version this is.",
                List.of("node", "version"),
                s -> List.of(new Sample(List.of(s.status().node(), s.status().version()), 1))));
        single(
                all,
                "sluice_uptime_seconds",
                Type.GAUGE,
                "seconds",
                "Time since the node started.",
                s -> s.status().uptimeMs() / 1e3);
        single(
                all,
                "sluice_configuration_generation",
                Type.GAUGE,
                "",
                "Generation of the configuration in force.",
                s -> s.status().generation());
        single(
                all,
                "sluice_configuration_current",
                Type.GAUGE,
                "",
                "1 if the files as they are now are in force, 0 if they are refused.",
                s -> s.status().configuration().problem().isEmpty() ? 1 : 0);
        single(
                all,
                "sluice_connections",
                Type.GAUGE,
                "",
                "Connections in the table.",
                s -> s.status().totals().connections());
        single(
                all,
                "sluice_connections_max",
                Type.GAUGE,
                "",
                "Room of the connection table.",
                s -> s.status().totals().connectionsMax());
        single(
                all,
                "sluice_faults",
                Type.COUNTER,
                "",
                "Defects of the program that were survived; report them.",
                s -> s.status().totals().faults());
        all.add(new Metric(
                "sluice_datapath",
                Type.COUNTER,
                "",
                "What the data path counts as a whole, by name: frames, uninspected, recordHits, ruleLookups and so on.",
                List.of("counter"),
                s -> s.counters().datapath().entrySet().stream()
                        .map(entry -> new Sample(List.of(entry.getKey()), entry.getValue()))
                        .toList()));
    }

    static void single(
            List<Metric> all, String name, Type type, String unit, String help, ToDoubleFunction<Scrape> value) {
        all.add(new Metric(
                name, type, unit, help, List.of(), s -> List.of(new Sample(List.of(), value.applyAsDouble(s)))));
    }

    private static void ports(List<Metric> all) {
        List<String> labels = List.of("port", "interface", "role");
        all.add(new Metric(
                "sluice_port_up",
                Type.GAUGE,
                "",
                "1 if frames can cross the port.",
                labels,
                s -> ofPorts(s, port -> port.up() ? 1 : 0)));
        portCounter(all, "received_frames", "", "Frames received.", PortCountersReport::receivedFrames);
        portCounter(all, "received_bytes", "bytes", "Bytes received.", PortCountersReport::receivedBytes);
        portCounter(all, "sent_frames", "", "Frames sent.", PortCountersReport::sentFrames);
        portCounter(all, "sent_bytes", "bytes", "Bytes sent.", PortCountersReport::sentBytes);
        portCounter(
                all,
                "kernel_dropped_frames",
                "",
                "Frames lost because the kernel's ring was full.",
                PortCountersReport::kernelDropped);
        portCounter(
                all,
                "receive_dropped_frames",
                "",
                "Frames that could not be received.",
                PortCountersReport::receiveDropped);
        portCounter(all, "send_dropped_frames", "", "Frames that could not be sent.", PortCountersReport::sendDropped);
    }

    private static void portCounter(
            List<Metric> all, String what, String unit, String help, ToDoubleFunction<PortCountersReport> value) {
        all.add(new Metric(
                "sluice_port_" + what,
                Type.COUNTER,
                unit,
                help,
                List.of("port", "interface", "role"),
                s -> ofPorts(s, port -> value.applyAsDouble(port.counters()))));
    }

    private static List<Sample> ofPorts(Scrape scrape, ToDoubleFunction<PortReport> value) {
        return scrape.status().ports().stream()
                .map(port ->
                        new Sample(List.of(port.name(), port.interfaceName(), port.role()), value.applyAsDouble(port)))
                .toList();
    }

    private static void drops(List<Metric> all) {
        all.add(new Metric(
                "sluice_dropped_packets",
                Type.COUNTER,
                "",
                "Packets dropped, by reason (drop-reasons.md) and the port they came in on; reasons that occurred.",
                List.of("reason", "port"),
                Metric::drops));
        single(
                all,
                "sluice_uninspected_packets",
                Type.COUNTER,
                "",
                "Packets that went on without at least one of their services.",
                s -> s.status().totals().uninspected());
    }

    private static List<Sample> drops(Scrape scrape) {
        List<Sample> samples = new ArrayList<>();
        for (DropReport drop : scrape.counters().drops()) {
            drop.ports().forEach((port, count) -> samples.add(new Sample(List.of(drop.reason(), port), count)));
        }
        return samples;
    }

    private static void instances(List<Metric> all) {
        List<String> labels = List.of("instance", "service", "node");
        all.add(new Metric(
                "sluice_instance_up",
                Type.GAUGE,
                "",
                "1 if the service instance is alive.",
                labels,
                s -> ofInstances(s, instance -> instance.alive() ? 1 : 0)));
        all.add(new Metric(
                "sluice_instance_admin_up",
                Type.GAUGE,
                "",
                "1 if the service instance gets new flows.",
                labels,
                s -> ofInstances(s, instance -> instance.adminUp() ? 1 : 0)));
        all.add(new Metric(
                "sluice_instance_probe_up",
                Type.GAUGE,
                "",
                "1 if the service instance answers its probes, or its BFD sessions are up; instances that are probed by this node.",
                List.of("instance", "service", "node", "kind"),
                s -> s.status().instances().stream()
                        .flatMap(instance -> Stream.ofNullable(instance.probe())
                                .map(probe -> new Sample(
                                        List.of(instance.name(), instance.service(), instance.node(), probe.kind()),
                                        probe.state().equals("answers") ? 1 : 0)))
                        .toList()));
        directions(
                all,
                "sent",
                "Packets sent to the service instance; to one of another node: those that left this node for it.",
                InstanceReport::sent);
        directions(
                all,
                "returned",
                "Packets that came back from the service instance; from one of another node: those that it had last when they came back to this node.",
                InstanceReport::returned);
        all.add(new Metric(
                "sluice_instance_copied_packets",
                Type.COUNTER,
                "",
                "Copies sent to the service instance.",
                labels,
                s -> ofInstances(s, InstanceReport::copies)));
        all.add(new Metric(
                "sluice_instance_lost_copies",
                Type.COUNTER,
                "",
                "Copies that could not be sent.",
                labels,
                s -> ofInstances(s, InstanceReport::copiesLost)));
    }

    private static List<Sample> ofInstances(Scrape scrape, ToDoubleFunction<InstanceReport> value) {
        return scrape.status().instances().stream()
                .map(instance -> new Sample(
                        List.of(instance.name(), instance.service(), instance.node()), value.applyAsDouble(instance)))
                .toList();
    }

    private static void directions(
            List<Metric> all, String what, String help, Function<InstanceReport, List<Long>> values) {
        all.add(new Metric(
                "sluice_instance_" + what + "_packets",
                Type.COUNTER,
                "",
                help,
                List.of("instance", "service", "node", "direction"),
                s -> {
                    List<Sample> samples = new ArrayList<>();
                    for (InstanceReport instance : s.status().instances()) {
                        List<Long> both = values.apply(instance);
                        for (int i = 0; i < both.size(); i++) {
                            String direction = i == 0 ? "forward" : "reverse";
                            samples.add(new Sample(
                                    List.of(instance.name(), instance.service(), instance.node(), direction),
                                    both.get(i)));
                        }
                    }
                    return samples;
                }));
    }

    private static void chains(List<Metric> all) {
        all.add(new Metric(
                "sluice_path_active_flows",
                Type.GAUGE,
                "",
                "Flows that have the path now.",
                List.of("chain", "path"),
                s -> ofPaths(s, path -> (long) path.active())));
        all.add(new Metric(
                "sluice_path_flows",
                Type.COUNTER,
                "",
                "Flows that were given the path.",
                List.of("chain", "path"),
                s -> ofPaths(s, PathReport::flows)));
        all.add(new Metric(
                "sluice_path_uninspected_packets",
                Type.COUNTER,
                "",
                "Packets on the path that went on without at least one of its services.",
                List.of("chain", "path"),
                s -> ofPaths(s, PathReport::uninspected)));
        all.add(new Metric(
                "sluice_chain_paths",
                Type.GAUGE,
                "",
                "Paths of the chain that take new flows.",
                List.of("chain"),
                s -> s.status().chains().stream()
                        .map(chain -> new Sample(
                                List.of(chain.name()),
                                chain.paths().stream()
                                        .filter(path -> !path.draining())
                                        .count()))
                        .toList()));
    }

    private static List<Sample> ofPaths(Scrape scrape, ToDoubleFunction<PathReport> value) {
        // While an instance moves to another host under its name there are two paths of one name.
        Map<List<String>, Double> sums = new LinkedHashMap<>();
        for (ChainReport chain : scrape.status().chains()) {
            for (PathReport path : chain.paths()) {
                sums.merge(List.of(chain.name(), path.name()), value.applyAsDouble(path), Double::sum);
            }
        }
        List<Sample> samples = new ArrayList<>();
        sums.forEach((labels, sum) -> samples.add(new Sample(labels, sum)));
        return samples;
    }

    private static void process(List<Metric> all) {
        single(
                all,
                "sluice_jvm_heap_used_bytes",
                Type.GAUGE,
                "bytes",
                "Java heap in use.",
                s -> s.process().heapUsedBytes());
        single(
                all,
                "sluice_jvm_heap_max_bytes",
                Type.GAUGE,
                "bytes",
                "Most the Java heap may have.",
                s -> s.process().heapMaxBytes());
        single(
                all,
                "sluice_jvm_collections",
                Type.COUNTER,
                "",
                "Garbage collections.",
                s -> s.process().collections());
        single(
                all,
                "sluice_jvm_collection_seconds",
                Type.COUNTER,
                "seconds",
                "Time of garbage collections.",
                s -> s.process().collectionSeconds());
        single(
                all,
                "sluice_jvm_threads",
                Type.GAUGE,
                "",
                "Platform threads.",
                s -> s.process().threads());
        single(
                all,
                "sluice_process_cpu_seconds",
                Type.COUNTER,
                "seconds",
                "Processor time of the process.",
                s -> s.process().cpuSeconds());
    }
}
