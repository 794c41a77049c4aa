package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.admin.AdminClient;
import dev.sluice.agent.report.PathsReport;
import dev.sluice.lab.Namespace;
import dev.sluice.lab.Waits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A firewall on each of three hosts, for flows that host A classifies: which of them new flows get by strategy and selection (fewest flows and least load included), and where they go when the best ones are dead (V18, V6, V17). What each got is counted at the
 * node. Three processes for all of it.
 */
@Tag("system")
class SelectionOverHostsTest {
    private static final int FLOWS = 6;

    private final Map<String, Namespace> places = new LinkedHashMap<>();
    private final Map<String, ProgramNode> nodes = new LinkedHashMap<>();
    private final List<UdpFlow> open = new ArrayList<>();

    private final HostsNetwork network = new HostsNetwork();
    private List<SluiceNode> hosts = List.of();
    private Path loads = Path.of("");

    /** A chain of one service with an instance on each host, or of two with an instance of each on B and on C. */
    private static String objects(String services, String chain, String... metrics) {
        String objects = HostsNetwork.oneService().replace("{profiles: [fw]}", "{profiles: " + services + chain + "}")
                + "---\n" + instance("near", "fw", "host-a")
                + "---\n" + Yaml.object("Service", "dlp", "{transport: raw}")
                + "---\n" + instance("dlp-b", "dlp", "host-b")
                + "---\n" + instance("dlp-c", "dlp", "host-c");
        for (String metric : metrics) {
            String name = metric.substring(0, metric.indexOf(' '));
            objects = objects.replace(
                    "interfaces: {in: " + name + "-in",
                    metric.substring(name.length() + 1) + ", interfaces: {in: " + name + "-in");
        }
        return objects;
    }

    private static String instance(String name, String service, String host) {
        return Yaml.object(
                "ServiceInstance",
                name,
                "{service: " + service + ", node: " + host + ", interfaces: {in: " + name + "-in, out: " + name
                        + "-out}}");
    }

    private void configure(String objects) {
        hosts.forEach(host -> host.configure(objects));
        for (String remote : List.of("fw", "ips", "dlp-b", "dlp-c")) {
            hosts.getFirst().awaitTold(remote);
        }
        hosts.get(1).awaitTold("dlp-c");
        hosts.get(2).awaitTold("dlp-b");
    }

    private static <T> T named(Map<String, T> all, String name) {
        return Objects.requireNonNull(all.get(name), name);
    }

    /** A node loses its link, or has it again; host A has heard of it. */
    private void setAlive(String name, boolean alive) {
        var link = named(places, name).interfaceNamed("in");
        if (alive) {
            link.up();
        } else {
            link.down();
        }
        hosts.forEach(host -> host.awaitInstance(name, alive));
    }

    /** How many of some new flows each of these nodes got. */
    private List<Long> newFlows(int count, String... names) {
        Map<String, Long> before = new LinkedHashMap<>();
        nodes.forEach((name, node) -> before.put(name, node.datagramCount()));
        for (int i = 0; i < count; i++) {
            UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", 7);
            open.add(flow);
            assertThat(flow.exchange(1).lost()).isZero();
        }
        List<Long> flows = new ArrayList<>();
        for (String name : names) {
            flows.add((named(nodes, name).datagramCount() - named(before, name)) / 2);
        }
        return flows;
    }

    /** What a manager would tell A of loads, and A has heard of it. */
    private void tellLoads(Map<String, Integer> levels) throws IOException {
        List<String> lines = levels.entrySet().stream()
                .map(level -> level.getKey() + " " + level.getValue())
                .toList();
        Path next = Files.write(loads.resolveSibling("next"), lines);
        Files.move(next, loads, StandardCopyOption.ATOMIC_MOVE);
        Set<String> shares = levels.entrySet().stream()
                .map(level -> "1/" + (1 << level.getValue()) + " of its share of new flows because of the load of "
                        + level.getKey())
                .collect(Collectors.toSet());
        Waits.until(
                "host A knows of loads " + levels,
                Duration.ofSeconds(20),
                () -> hosts.getFirst().say(AdminClient::paths).paths().stream()
                        .map(PathsReport.PathReport::reason)
                        .filter(reason -> reason.contains("load of"))
                        .collect(Collectors.toSet())
                        .equals(shares));
    }

    @Test
    void newFlowsGoWhereStrategyAndSelectionSayAndToBackups(@TempDir Path directory) throws IOException {
        loads = Files.createFile(directory.resolve("loads"));
        String first = objects("[fw]", ", selection: least-flows", "near weight: 2");
        try (HostsNetwork _ = network;
                EchoHost _ = EchoHost.start(network.server, 7);
                ProgramNode _ = node("fw", network.fw);
                ProgramNode _ = node("ips", network.ips);
                ProgramNode _ = node("near", network.node("near", 0));
                ProgramNode _ = node("dlp-b", network.node("dlp-b", 1));
                ProgramNode _ = node("dlp-c", network.node("dlp-c", 2));
                SluiceNode a = SluiceNode.startAs(network.hosts.getFirst(), "host-a", first, "loads=" + loads);
                SluiceNode b = network.start(1, first);
                SluiceNode c = network.start(2, first)) {
            hosts = List.of(a, b, c);
            configure(first);
            assertThat(newFlows(8, "near", "fw", "ips"))
                    .as("fewest flows by weight 2, 1, 1")
                    .containsExactly(4L, 2L, 2L);

            for (String strategy : List.of(", strategy: round-robin", ", strategy: any", "")) {
                configure(objects("[fw]", strategy));
                assertThat(newFlows(FLOWS, "near", "fw", "ips")).as(strategy).containsExactly(2L, 2L, 2L);
            }
            nearest();
            leastFlows();
            leastLoad();
            local();
            cluster();
            assertThat(open).allMatch(flow -> flow.exchange(1).lost() == 0);
            assertThat(a.uninspected() + b.uninspected() + c.uninspected()).isZero();
        } finally {
            open.forEach(UdpFlow::close);
        }
    }

    private void nearest() {
        configure(objects("[fw]", ", selection: nearest", "near metric: 30", "fw metric: 10", "ips metric: 20"));
        assertThat(newFlows(FLOWS, "near", "fw", "ips")).as("nearest").containsExactly(0L, 6L, 0L);
        setAlive("fw", false);
        assertThat(newFlows(FLOWS, "near", "ips")).as("next nearest").containsExactly(0L, 6L);
        setAlive("fw", true);
        assertThat(newFlows(FLOWS, "near", "fw", "ips")).as("nearest again").containsExactly(0L, 6L, 0L);
    }

    /** In turn each of two would get every second flow, or every third; here the one with fewer gets all until both have as many for their weight. */
    private void leastFlows() {
        String[] onlyElsewhere = {"near adminState: down", "fw metric: 10", "ips metric: 20"};
        configure(objects("[fw]", ", selection: nearest", onlyElsewhere));
        long before = active("fw") - active("ips");
        long ahead = Math.max(0, 4 - before);
        assertThat(newFlows((int) ahead, "fw", "ips")).as("to B").containsExactly(ahead, 0L);
        int behind = (int) (active("fw") - active("ips"));
        assertThat(behind).isGreaterThanOrEqualTo(4);
        configure(objects("[fw]", ", selection: least-flows", onlyElsewhere));
        assertThat(newFlows(behind, "fw", "ips")).as("to the one with fewer").containsExactly(0L, (long) behind);
        assertThat(newFlows(4, "fw", "ips")).as("both have as many").containsExactly(2L, 2L);
        int each = (int) active("fw");
        configure(
                objects("[fw]", ", selection: least-flows", "near adminState: down", "fw metric: 10", "ips weight: 2"));
        assertThat(newFlows(each, "fw", "ips")).as("until it has twice as many").containsExactly(0L, (long) each);
        // What B says of its node counts before the number of its flows.
        setAlive("fw", false);
        assertThat(newFlows(2, "ips")).containsExactly(2L);
        setAlive("fw", true);
        assertThat(newFlows(1, "fw", "ips")).as("fewer per weight again").containsExactly(1L, 0L);
    }

    /** Each level halves the share of a node; flows that are there stay. */
    private void leastLoad() throws IOException {
        configure(objects("[fw]", ", selection: least-load", "near adminState: down"));
        assertThat(newFlows(4, "fw", "ips")).as("nobody is loaded").containsExactly(2L, 2L);
        tellLoads(Map.of("fw", 1));
        assertThat(newFlows(6, "fw", "ips")).as("half a share").containsExactly(2L, 4L);
        tellLoads(Map.of("fw", 2));
        assertThat(newFlows(10, "fw", "ips")).as("a quarter").containsExactly(2L, 8L);
        List<Long> active = List.of(active("fw"), active("ips"));
        assertThat(open).allMatch(flow -> flow.exchange(1).lost() == 0);
        assertThat(List.of(active("fw"), active("ips"))).as("nobody has moved").isEqualTo(active);
        tellLoads(Map.of());
        assertThat(newFlows(4, "fw", "ips")).as("even again").containsExactly(2L, 2L);
    }

    /** How many flows host A has on paths through a node. */
    private long active(String name) {
        return hosts.getFirst().say(AdminClient::paths).paths().stream()
                .filter(path -> path.hops().getFirst().instance().equals(name))
                .mapToLong(PathsReport.PathReport::flows)
                .sum();
    }

    private void local() {
        configure(objects("[fw]", ", strategy: local"));
        assertThat(newFlows(FLOWS, "near", "fw", "ips")).as("local").containsExactly(6L, 0L, 0L);
        setAlive("near", false);
        assertThat(newFlows(FLOWS, "fw", "ips")).as("backups of local").containsExactly(3L, 3L);
        setAlive("near", true);
        assertThat(newFlows(FLOWS, "near", "fw", "ips")).as("local again").containsExactly(6L, 0L, 0L);
    }

    /** Both services on one host if that is possible. */
    private void cluster() {
        // No instance of the first service on A, which has none of the second.
        configure(objects("[fw, dlp]", ", strategy: cluster", "near adminState: down"));
        assertThat(newFlows(FLOWS, "fw", "ips", "dlp-b", "dlp-c")).as("cluster").containsExactly(3L, 3L, 3L, 3L);
        setAlive("dlp-b", false);
        assertThat(newFlows(FLOWS, "fw", "ips", "dlp-c"))
                .as("the other cluster")
                .containsExactly(0L, 6L, 6L);
        setAlive("ips", false);
        assertThat(newFlows(FLOWS, "fw", "dlp-c")).as("backup over two hosts").containsExactly(6L, 6L);
        setAlive("ips", true);
        setAlive("dlp-b", true);
        configure(objects("[fw, dlp]", ", strategy: cluster", "near adminState: down"));
        assertThat(newFlows(FLOWS, "fw", "ips", "dlp-b", "dlp-c"))
                .as("cluster again")
                .containsExactly(3L, 3L, 3L, 3L);
    }

    private ProgramNode node(String name, Namespace place) {
        places.put(name, place);
        ProgramNode node = ProgramNode.cable(place.interfaceNamed("in"), place.interfaceNamed("out"));
        nodes.put(name, node);
        return node;
    }
}
