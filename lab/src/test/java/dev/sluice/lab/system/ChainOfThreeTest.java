package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.lab.LabInterface;
import dev.sluice.lab.Namespace;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Chains of three nodes: forward a, b, c; reverse c, b, a; nothing bypasses one. */
@Tag("system")
class ChainOfThreeTest {
    private static Network network;
    private static final List<ProgramNode> NODES = new ArrayList<>();

    /** For each id and direction the nodes that it passed, in order: a node notes a frame before it sends it on. */
    private static final Map<String, List<String>> PASSED = new HashMap<>();

    private static EchoHost echo;
    private static SluiceNode sluice;

    @BeforeAll
    static void build() {
        network = Network.transparent();
        for (String name : List.of("a", "b", "c")) {
            Namespace node = network.node(name);
            LabInterface in = node.interfaceNamed("in");
            LabInterface out = node.interfaceNamed("out");
            NODES.add(ProgramNode.start(
                    (from, frame, sender) -> {
                        note(SeenFrame.of(frame.bytes()), name);
                        sender.send(1 - from, frame);
                    },
                    in,
                    out));
        }
        echo = EchoHost.start(network.server, 7);
        sluice = SluiceNode.start(network.sluice, configuration("[a, b, c]"));
    }

    @AfterAll
    static void remove() {
        NODES.forEach(ProgramNode::close);
        try (Network n = network;
                SluiceNode s = sluice;
                EchoHost e = echo) {
            // Closed in the reverse order.
        }
    }

    private static void note(SeenFrame frame, String node) {
        if (frame.id() != 0) {
            String key = frame.id() + (frame.destinationPort() == 7 ? " forward" : " reverse");
            synchronized (PASSED) {
                PASSED.computeIfAbsent(key, k -> new ArrayList<>()).add(node);
            }
        }
    }

    private static List<String> passed(long id, String direction) {
        synchronized (PASSED) {
            return List.copyOf(PASSED.getOrDefault(id + " " + direction, List.of()));
        }
    }

    private static String configuration(String profiles) {
        StringBuilder nodes = new StringBuilder();
        for (String name : List.of("a", "b", "c")) {
            nodes.append(Yaml.object("Service", name, "{transport: raw}")).append("---\n");
            nodes.append(Yaml.object(
                            "ServiceInstance",
                            name,
                            "{service: " + name + ", interfaces: {in: " + name + "-in, out: " + name + "-out}}"))
                    .append("---\n");
        }
        return Yaml.of(
                Yaml.PAIR,
                nodes + Yaml.object("ServiceChain", "three", "{profiles: " + profiles + "}"),
                Yaml.policy("all", "edge/left", "{name: all, action: {chain: three}}"));
    }

    @Test
    void forwardPacketsPassTheChainInOrderAndReverseOnesInTheOppositeOrder() {
        sluice.configure(configuration("[a, b, c]"));
        checkOrder(List.of("a", "b", "c"), List.of("c", "b", "a"));
    }

    @Test
    void orderIsTheChainsNotThatOfTheFiles() {
        sluice.configure(configuration("[c, a, b]"));
        checkOrder(List.of("c", "a", "b"), List.of("b", "a", "c"));
    }

    @Test
    void reversePacketsPassAListOfTheirOwn() {
        sluice.configure(configuration("[a, b, c], reverse: [a, b]"));
        checkOrder(List.of("a", "b", "c"), List.of("a", "b"));
        sluice.configure(configuration("[b], reverse: [c]"));
        checkOrder(List.of("b"), List.of("c"));
        sluice.configure(configuration("[a, c], reverse: []"));
        checkOrder(List.of("a", "c"), List.of());
        sluice.configure(configuration("[], reverse: [c, a]"));
        checkOrder(List.of(), List.of("c", "a"));
        assertThat(sluice.uninspected()).isZero();
    }

    private static void checkOrder(List<String> forward, List<String> reverse) {
        for (String server : List.of("10.0.0.2", "fd00::2")) {
            try (UdpFlow flow = UdpFlow.open(network.client, server, 7)) {
                UdpFlow.Account account = flow.exchange(200);
                assertThat(account.lost()).isZero();
                for (long id : account.sent()) {
                    assertThat(passed(id, "forward")).isEqualTo(forward);
                    assertThat(passed(id, "reverse")).isEqualTo(reverse);
                }
            }
            assertThat(TcpTransfer.echoes(network.client, server, 7, 1_000_000)).isTrue();
        }
        assertThat(network.client.pings("10.0.0.2")).isTrue();
    }

    @Test
    void nothingBypassesANodeWhenManyFlowsStreamAtOnce() {
        sluice.configure(configuration("[a, b, c]"));
        List<UdpFlow> flows = new ArrayList<>();
        List<UdpFlow.Account> accounts = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            flows.add(UdpFlow.open(network.client, i % 2 == 0 ? "10.0.0.2" : "fd00::2", 7));
        }
        flows.parallelStream().forEach(flow -> {
            UdpFlow.Account account = flow.stream(400, 400);
            synchronized (accounts) {
                accounts.add(account);
            }
        });
        flows.forEach(UdpFlow::close);
        int answered = 0;
        for (UdpFlow.Account account : accounts) {
            for (long id : account.answered()) {
                assertThat(passed(id, "forward")).containsExactly("a", "b", "c");
                assertThat(passed(id, "reverse")).containsExactly("c", "b", "a");
                answered++;
            }
        }
        assertThat(answered).isEqualTo(2_000);
        assertThat(sluice.uninspected()).isZero();
    }

    @Test
    void copyInTheMiddleSeesAllWhileTheOthersInspect() {
        sluice.configure(configuration("[a, {service: b, action: copy}, c]"));
        try (UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", 7)) {
            UdpFlow.Account account = flow.exchange(200);
            assertThat(account.lost()).isZero();
            for (long id : account.sent()) {
                assertThat(passed(id, "forward")).containsExactlyInAnyOrder("a", "b", "c");
                assertThat(passed(id, "forward").indexOf("a"))
                        .isLessThan(passed(id, "forward").indexOf("c"));
                assertThat(passed(id, "reverse")).containsExactlyInAnyOrder("a", "b", "c");
                assertThat(passed(id, "reverse").indexOf("c"))
                        .isLessThan(passed(id, "reverse").indexOf("a"));
            }
        }
    }
}
