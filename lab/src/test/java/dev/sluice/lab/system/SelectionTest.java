package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.report.StatusReport.PathReport;
import dev.sluice.lab.BridgeFirewall;
import dev.sluice.lab.Waits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Three nodes share the flows as their chain says; what each got is read from the nodes' own counters (V6). */
@Tag("system")
class SelectionTest {
    private static final List<String> NAMES = List.of("a", "b", "c");
    private static final int ROUNDS = 4;

    private static Network network;
    private static List<BridgeFirewall> nodes;
    private static EchoHost echo;
    private static SluiceNode sluice;

    private final List<TcpTransfer> open = new ArrayList<>();
    private List<Long> openedBefore = List.of();

    @BeforeAll
    static void build() {
        network = Network.transparent();
        nodes = NAMES.stream().map(network::bridge).toList();
        echo = EchoHost.start(network.server, 7);
        sluice = SluiceNode.start(network.sluice, yaml("round-robin", "weight: 1", "weight: 1", "weight: 1"));
    }

    @AfterAll
    static void remove() {
        try (Network n = network;
                EchoHost e = echo;
                SluiceNode s = sluice) {
            // Closed in the reverse order.
        }
    }

    @BeforeEach
    void count() {
        nodes.forEach(node -> {
            node.filter().clearRules();
            node.filter().count("opened", "tcp dport 7 tcp flags & (syn|ack) == syn");
            node.filter().count("data", "tcp dport 7 tcp flags & psh == psh");
        });
        openedBefore = counted("opened");
    }

    @AfterEach
    void closeFlows() {
        open.forEach(TcpTransfer::close);
        Waits.until("no flow is left", Duration.ofSeconds(20), () -> active().equals(List.of(0, 0, 0)));
        nodes.getFirst().replug();
    }

    private static String yaml(String selection, String... specs) {
        return yamlWith("", selection, specs);
    }

    private static String yamlWith(String ofService, String selection, String... specs) {
        StringBuilder yaml = new StringBuilder("""
                apiVersion: sluice.dev/v1
                kind: Node
                metadata: {name: edge}
                spec: {tracker: {connectionsMax: 16384, timeouts: {tcpClosing: 1s}}}
                ---
                """);
        yaml.append(Yaml.PAIR)
                .append("---\n")
                .append(Yaml.object("Service", "fw", "{transport: raw" + ofService + "}"));
        for (int i = 0; i < specs.length; i++) {
            String name = NAMES.get(i);
            yaml.append("---\n")
                    .append(Yaml.object(
                            "ServiceInstance",
                            name,
                            "{service: fw, " + specs[i] + ", interfaces: {in: " + name + "-in, out: " + name
                                    + "-out}}"));
        }
        return yaml.append("---\n")
                .append(Yaml.object("ServiceChain", "inspect", "{profiles: [fw], selection: " + selection + "}"))
                .append("---\n")
                .append(Yaml.policy(
                        "tcp", "edge/left", "{name: tcp, match: {protocol: tcp}, action: {chain: inspect}}"))
                .toString();
    }

    private static List<PathReport> paths() {
        return sluice.status().chains().getFirst().paths().stream()
                .filter(path -> !path.draining())
                .toList();
    }

    private static List<Integer> active() {
        return paths().stream().map(PathReport::active).toList();
    }

    private static List<Long> counted(String counter) {
        return nodes.stream()
                .map(node -> node.filter().count(counter).packets())
                .toList();
    }

    /** Connections of this test that each node has seen: the counters outlive their rules. */
    private List<Long> opened() {
        List<Long> now = counted("opened");
        List<Long> since = new ArrayList<>();
        for (int i = 0; i < now.size(); i++) {
            since.add(now.get(i) - openedBefore.get(i));
        }
        return since;
    }

    private TcpTransfer longFlow() {
        TcpTransfer flow = TcpTransfer.open(network.client, "10.0.0.2", 7);
        assertThat(flow.echo(1)).isTrue();
        open.add(flow);
        return flow;
    }

    /** One long flow, then two short ones, again and again: in turn, the same node would get all the long ones. */
    private List<Long> longFlowsOfEachNode() {
        for (int i = 1; i <= ROUNDS; i++) {
            longFlow();
            for (int j = 0; j < 2; j++) {
                assertThat(TcpTransfer.echoes(network.client, "10.0.0.2", 7, 10))
                        .isTrue();
            }
            int flows = i;
            Waits.until(
                    "the short flows are over",
                    Duration.ofSeconds(20),
                    () -> active().stream().mapToInt(Integer::intValue).sum() == flows);
        }
        List<Long> before = counted("data");
        open.forEach(flow -> assertThat(flow.echo(1)).isTrue());
        List<Long> after = counted("data");
        List<Long> longs = new ArrayList<>();
        for (int i = 0; i < after.size(); i++) {
            longs.add(after.get(i) - before.get(i));
        }
        assertThat(longs).isEqualTo(active().stream().map(Integer::longValue).toList());
        return longs;
    }

    @Test
    @Tag("long")
    void leastFlowsSpreadsLongFlowsWhereTurnsWouldPileThemUp() {
        sluice.configure(yaml("round-robin", "weight: 1", "weight: 1", "weight: 1"));
        List<Long> inTurn = longFlowsOfEachNode();
        closeFlows();
        open.clear();
        sluice.configure(yaml("least-flows", "weight: 2", "weight: 1", "weight: 1"));
        List<Long> least = longFlowsOfEachNode();
        System.out.println("long flows of each node: in turn " + inTurn + ", fewest flows, weights 2 1 1: " + least);
        assertThat(inTurn).containsExactlyInAnyOrder((long) ROUNDS, 0L, 0L);
        assertThat(least).containsExactly(2L, 1L, 1L);
    }

    @Test
    void anyTakesEachNodeAsOftenWhereRoundRobinGoesByWeight() {
        String weighted = yaml("round-robin", "weight: 4", "weight: 1", "weight: 1");
        // Turns begin anew behind least-load.
        sluice.configure(weighted.replace("round-robin", "least-load"));
        sluice.configure(weighted);
        flows(12);
        assertThat(opened()).containsExactly(8L, 2L, 2L);
        // In the middle of a round, which is none of the shares behind it.
        flows(3);
        List<Long> before = opened();
        sluice.configure(weighted.replace("selection: round-robin", "strategy: any"));
        flows(12);
        for (int i = 0; i < 3; i++) {
            assertThat(opened().get(i)).isEqualTo(before.get(i) + 4);
        }
        // Flows stay where they are all the same.
        List<Long> after = opened();
        open.forEach(flow -> assertThat(flow.echo(1)).isTrue());
        assertThat(opened()).isEqualTo(after);
    }

    private void flows(int count) {
        for (int i = 0; i < count; i++) {
            longFlow();
        }
    }

    @Test
    void nearestFailsOverToTheNextAndComesBackForNewFlows() {
        sluice.configure(yaml("nearest", "metric: 10", "metric: 20", "metric: 20"));
        assertThat(paths()).extracting(PathReport::metric).containsExactly(10, 20, 20);
        for (int i = 0; i < 6; i++) {
            longFlow();
        }
        assertThat(opened()).containsExactly(6L, 0L, 0L);

        nodes.getFirst().unplug();
        sluice.awaitInstance("a", false);
        for (int i = 0; i < 6; i++) {
            longFlow();
        }
        assertThat(opened()).containsExactly(6L, 3L, 3L);

        nodes.getFirst().replug();
        sluice.awaitInstance("a", true);
        List<Integer> before = active();
        for (int i = 0; i < 4; i++) {
            longFlow();
        }
        assertThat(opened()).containsExactly(10L, 3L, 3L);
        // Those that moved stay where they are.
        open.forEach(flow -> assertThat(flow.echo(10)).isTrue());
        assertThat(active().getFirst()).isEqualTo(10);
        assertThat(before).isEqualTo(List.of(6, 3, 3));
    }

    @Test
    void connectionsMoveToANodeThatIsBackAndGoOn() {
        sluice.configure(yamlWith(
                ", onReturn: rebalance, movesPerSecond: 20", "round-robin", "weight: 2", "weight: 1", "weight: 1"));
        for (int i = 0; i < 16; i++) {
            longFlow();
        }
        assertThat(active()).containsExactly(8, 4, 4);
        nodes.getFirst().unplug();
        sluice.awaitInstance("a", false);
        assertThat(echoOfAll()).isTrue();
        assertThat(active()).containsExactly(0, 8, 8);
        nodes.getFirst().replug();
        sluice.awaitInstance("a", true);
        assertThat(echoOfAll()).isTrue();
        assertThat(active()).as("it has to show that it stays").containsExactly(0, 8, 8);
        Waits.until(
                "all have their share", Duration.ofSeconds(20), () -> echoOfAll() && active().equals(List.of(8, 4, 4)));
        assertThat(echoOfAll()).isTrue();
        List<Long> before = counted("data");
        assertThat(echoOfAll()).isTrue();
        List<Long> after = counted("data");
        assertThat(after.getFirst() - before.getFirst()).as("packets of node a").isEqualTo(8);
        assertThat(sluice.status().rebalances()).singleElement().satisfies(report -> {
            assertThat(report.chain()).isEqualTo("inspect");
            assertThat(report.moved()).isEqualTo(8);
        });
    }

    private boolean echoOfAll() {
        return open.stream().allMatch(flow -> flow.echo(1));
    }
}
