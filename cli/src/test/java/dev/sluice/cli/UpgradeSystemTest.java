package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.lab.BridgeFirewall;
import dev.sluice.lab.LabProcess;
import dev.sluice.lab.Namespace;
import dev.sluice.lab.Waits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What an upgrade and a rollback do, in the order of the guide: the manager's process is replaced, then each agent's, while flows go on through two nodes; then the manager goes back to a backup. The
 * nodes count the packets of each flow themselves.
 */
@Tag("system")
@Tag("long")
@Timeout(300)
class UpgradeSystemTest {
    private static final Duration WAIT = PairLab.WAIT;
    private static final int FLOWS = 12;
    private static final int FIRST_PORT = 7_000;
    private static final Pattern COUNTED = Pattern.compile("udp dport (\\d+) counter packets (\\d+)");
    private static final String SECOND = """
        ---
        {apiVersion: sluice.dev/v1, kind: ServiceInstance, metadata: {name: fw-2}, spec: {service: firewall, node: host-b, interfaces: {in: fw2-in, out: fw2-out}}}
        ---
        {apiVersion: sluice.dev/v1, kind: ServicePolicy, metadata: {name: all}, spec: {appliedTo: [host-a/left], rules: [{name: all, action: {chain: inspect}}]}}
        """;

    @TempDir
    private Path folder = Path.of("");

    /** Packets by port, as a node's own counters say. */
    private static void countFlows(Namespace node) {
        StringBuilder rules = new StringBuilder();
        for (int i = 0; i < FLOWS; i++) {
            rules.append("udp dport ").append(FIRST_PORT + i).append(" counter; ");
        }
        node.exec(
                "nft", "table bridge flows { chain forward { type filter hook forward priority -10; " + rules + "}; }");
    }

    private static Map<Integer, Long> counted(Namespace node) {
        Map<Integer, Long> packets = new TreeMap<>();
        Matcher line = COUNTED.matcher(node.exec("nft", "list", "table", "bridge", "flows"));
        while (line.find()) {
            packets.put(Integer.parseInt(line.group(1)), Long.parseLong(line.group(2)));
        }
        assertThat(packets).hasSize(FLOWS);
        return packets;
    }

    private LabProcess agent(TwoHostsLab lab, int host, String... more) {
        List<String> words = new ArrayList<>(
                List.of("--memory", folder.resolve("memory-" + host).toString()));
        words.addAll(List.of(more));
        return lab.startAgent(host, words.toArray(String[]::new));
    }

    private static void stop(LabProcess process) {
        process.stop();
    }

    /** Each flow goes through one node, and it is the one of its first packet. */
    private static void check(String when, List<Namespace> nodes, Map<Integer, Integer> nodeOf) {
        for (int node = 0; node < nodes.size(); node++) {
            for (Map.Entry<Integer, Long> each : counted(nodes.get(node)).entrySet()) {
                boolean here = nodeOf.getOrDefault(each.getKey(), -1) == node;
                assertThat(each.getValue() > 0)
                        .as("%s: flow to port %s at node %s, %s packets", when, each.getKey(), node, each.getValue())
                        .isEqualTo(here);
            }
        }
    }

    @Test
    void flowsKeepTheirNodesWhileManagerAndAgentsAreReplacedAndGoBack() throws IOException {
        try (TwoHostsLab lab = new TwoHostsLab(folder)) {
            Namespace second = lab.topology.namespace("fw2");
            var in = lab.topology.wire(second, "in", lab.hosts.get(1), "fw2-in");
            var out = lab.topology.wire(second, "out", lab.hosts.get(1), "fw2-out");
            in.b().quiet();
            out.b().quiet();
            BridgeFirewall.create(in.a(), out.a());
            List<Namespace> nodes = List.of(lab.firewall.in().namespace(), second);
            nodes.forEach(UpgradeSystemTest::countFlows);
            LabProcess manager = lab.startManager();
            LabProcess a = agent(lab, 0, "--enrol", lab.token(0));
            LabProcess b = agent(lab, 1, "--enrol", lab.token(1));
            lab.apply(TwoHostsLab.OBJECTS + SECOND);
            lab.await(
                    "both nodes live",
                    0,
                    a,
                    status -> status.instances().stream()
                                    .filter(each -> each.alive())
                                    .count()
                            == 2);
            Waits.until("packets pass", WAIT, () -> lab.client.pings("10.0.0.2"), a::log);

            List<EchoFlow> flows = new ArrayList<>();
            for (int i = 0; i < FLOWS; i++) {
                EchoFlow.echo(lab.server, FIRST_PORT + i);
                flows.add(EchoFlow.open(lab.client, "10.0.0.2", FIRST_PORT + i));
                assertThat(flows.getLast().exchange()).as("flow " + i).isTrue();
            }
            Map<Integer, Integer> nodeOf = new TreeMap<>();
            for (int node = 0; node < nodes.size(); node++) {
                int number = node;
                counted(nodes.get(node)).forEach((port, packets) -> {
                    if (packets > 0) {
                        nodeOf.put(port, number);
                    }
                });
            }
            assertThat(nodeOf.values())
                    .as("both nodes have flows")
                    .contains(0, 1)
                    .hasSize(FLOWS);
            check("at first", nodes, nodeOf);
            flows.forEach(EchoFlow::goOn);

            // 1. The manager: with a backup before, as the guide says.
            Path backup = folder.resolve("before.backup");
            lab.command(0, "backup", backup.toString());
            long sent = sent(flows);
            stop(manager);
            manager = lab.startManager();
            awaitConnected(lab);
            lab.apply("{apiVersion: sluice.dev/v1, kind: Service, metadata: {name: firewall, labels: {upgraded:"
                    + " \"yes\"}}, spec: {transport: raw}}");
            check("another manager", nodes, nodeOf);
            assertThat(sent(flows)).isGreaterThan(sent);

            // 2. One agent after the other.
            stop(a);
            a = agent(lab, 0);
            awaitConnected(lab);
            awaitTraffic(flows, a);
            check("another agent where flows come in", nodes, nodeOf);
            stop(b);
            b = agent(lab, 1);
            awaitConnected(lab);
            awaitTraffic(flows, b);
            check("another agent where the nodes are", nodes, nodeOf);

            // 3. And back: agents first, then the manager, to what it was.
            stop(a);
            a = agent(lab, 0);
            awaitTraffic(flows, a);
            stop(manager);
            Files.move(folder.resolve("data"), folder.resolve("data-new"));
            Files.createDirectories(folder.resolve("data"));
            Files.move(folder.resolve("data-new/authority.pem"), folder.resolve("data/authority.pem"));
            manager = lab.startManager("--restore", backup.toString());
            awaitConnected(lab);
            assertThat(lab.command(0, "get", "service", "firewall", "-o", "yaml"))
                    .doesNotContain("upgraded");
            awaitTraffic(flows, manager);
            for (EchoFlow flow : flows) {
                flow.end();
            }
            check("all of it", nodes, nodeOf);
        }
    }

    private static long sent(List<EchoFlow> flows) {
        return flows.stream().mapToLong(EchoFlow::sent).sum();
    }

    /** Each flow has sent some more; each waits for an answer before it sends the next packet. */
    private static void awaitTraffic(List<EchoFlow> flows, LabProcess process) {
        List<Long> before = flows.stream().map(EchoFlow::sent).toList();
        for (int i = 0; i < flows.size(); i++) {
            EchoFlow flow = flows.get(i);
            long from = before.get(i);
            Waits.until("flow " + i + " goes on", WAIT, () -> flow.sent() > from + 20, process::log);
        }
    }

    private static void awaitConnected(TwoHostsLab lab) {
        Waits.until(
                "both hosts are connected and have what they are to have",
                WAIT,
                () -> {
                    String said = lab.command(0, "get", "nodes");
                    return said.lines()
                                            .filter(line -> line.contains("Connected"))
                                            .count()
                                    == 2
                            && !said.contains("not ");
                },
                () -> "");
    }
}
