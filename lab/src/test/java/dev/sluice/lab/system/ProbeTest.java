package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.report.ProbeReport;
import dev.sluice.datapath.packet.DropReason;
import dev.sluice.lab.BridgeFirewall;
import dev.sluice.lab.FrameSocket;
import dev.sluice.lab.LabInterface;
import dev.sluice.lab.LabProcess;
import dev.sluice.lab.Namespace;
import dev.sluice.lab.RoutingFirewall;
import dev.sluice.lab.Waits;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Probes through nodes of every kind (docs/reference/probes.md): they pass, they notice a node that hangs with its links up, and they are nobody's traffic. */
@Tag("system")
@Tag("alone")
class ProbeTest {
    private static final String HEALTH = "health: {probe: through, holdDownMs: 0}";

    private static ProbeReport probe(SluiceNode sluice, String name) {
        return Objects.requireNonNull(sluice.instance(name).probe());
    }

    private static void awaitState(SluiceNode sluice, String name, String state) {
        Waits.until(
                "probes through " + name + ": " + state,
                Duration.ofSeconds(10),
                () -> probe(sluice, name).state().equals(state)
                        && sluice.instance(name).alive() == state.equals("answers"));
    }

    private static String policy(String place, String chain) {
        return Yaml.policy("all", place, "{name: all, action: {chain: " + chain + "}}");
    }

    @Test
    void firewallThatAllowsExactlyTheProbeIsAlive() {
        try (Network network = Network.transparent()) {
            BridgeFirewall fw = network.bridge("fw");
            String probe = "ip saddr { 169.254.83.76, 169.254.83.77 } ip daddr { 169.254.83.76, 169.254.83.77 }"
                    + " udp sport 54863 udp dport 54863";
            fw.filter().drop(probe);
            String yaml = Yaml.of(
                    Yaml.PAIR,
                    Yaml.chainOfOne("fw", "{transport: raw, " + HEALTH + "}", "{in: fw-in, out: fw-out}"),
                    policy("edge/left", "fw"));
            try (SluiceNode sluice = SluiceNode.start(network.sluice, yaml);
                    EchoHost echo = EchoHost.start(network.server, 7);
                    Witness client = Witness.start(network.clientSide);
                    UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", 7)) {
                awaitState(sluice, "fw", "silent");
                assertThat(sluice.instance("fw").reason()).contains("does not answer probes");
                assertThat(flow.exchange(3, 100).answered()).isEmpty();
                assertThat(sluice.dropped(DropReason.SERVICE_DOWN)).isEqualTo(3);
                fw.filter().clearRules();
                fw.filter().drop("ip protocol udp udp dport != { 7, 54863 } udp sport != { 7, 54863 }");
                awaitState(sluice, "fw", "answers");
                assertThat(flow.exchange(20).lost()).isZero();
                assertThat(echo.datagramCount()).isEqualTo(20);
                assertThat(client.in(f -> f.hasPort(54_863)))
                        .as("probes that leaked")
                        .isEmpty();
                SluiceNode.counted(() -> assertThat(sluice.instance("fw").sent())
                        .as("probes are not traffic")
                        .containsExactly(20L, 20L));
                assertThat(probe(sluice, "fw").roundTripUs()).allMatch(us -> us > 0 && us < 1_000_000);
            }
        }
    }

    @Test
    void probesOfRoutingNodesAreRoutedThroughThem() {
        try (Network network = Network.routed()) {
            RoutingFirewall node =
                    RoutingNodeTest.router(network, "10.1.0.0/24", "fd01::/64", "10.2.0.0/24", "fd02::/64");
            try (SluiceNode sluice = SluiceNode.start(network.sluice, routed("through", RoutingNodeTest.SIDES))) {
                for (String sides : new String[] {RoutingNodeTest.SIDES, SIDES_6}) {
                    String family = sides.equals(SIDES_6) ? "ipv6" : "ipv4";
                    for (String kind : new String[] {"through", "icmp", "arp", "tcp"}) {
                        sluice.configure(routed(kind, sides));
                        awaitState(sluice, "fw", kind.equals("tcp") ? "silent" : "answers");
                        checkSilence(sluice, node, kind, family);
                    }
                }
                assertThat(sluice.dropped(DropReason.PROBE_UNEXPECTED)).isZero();
            }
        }
    }

    /** The same with IPv6 alone. */
    private static final String SIDES_6 = """
            {in: {interface: fw-in, addresses: ["fd64::1/64"], nextHop: "fd64::2"}, \
            out: {interface: fw-out, addresses: ["fd65::1/64"], nextHop: "fd65::2"}}""";

    private static String routed(String kind, String sides) {
        return Yaml.of(
                Yaml.ROUTER,
                Yaml.chainOfOne(
                        "fw",
                        "{transport: raw, forwarding: route, health: {probe: " + kind + ", holdDownMs: 0"
                                + (kind.equals("tcp") ? ", port: 8080" : "") + "}}",
                        sides),
                policy("r/left", "fw"));
    }

    private static void checkSilence(SluiceNode sluice, RoutingFirewall node, String kind, String family) {
        Namespace namespace = node.in().namespace();
        switch (kind) {
            case "through" -> {
                node.filter().drop("iifname out udp dport 54863");
                awaitState(sluice, "fw", "silent");
                node.filter().clearRules();
                awaitState(sluice, "fw", "answers");
            }
            case "icmp" -> {
                namespace.sysctl(
                        "net." + family + ".icmp" + (family.equals("ipv4") ? "_" : ".") + "echo_ignore_all", "1");
                awaitState(sluice, "fw", "silent");
                namespace.sysctl(
                        "net." + family + ".icmp" + (family.equals("ipv4") ? "_" : ".") + "echo_ignore_all", "0");
                awaitState(sluice, "fw", "answers");
            }
            case "arp" -> {
                // It goes on routing what comes: nothing but its answers is missing.
                boolean v4 = family.equals("ipv4");
                if (v4) {
                    namespace.sysctl("net.ipv4.conf.all.arp_ignore", "8");
                } else {
                    namespace.execWithInput(List.of("nft", "-f", "-"), """
                            table inet quiet {
                              chain in { type filter hook input priority 0; icmpv6 type nd-neighbor-solicit drop; }
                            }
                            """);
                }
                awaitState(sluice, "fw", "silent");
                if (v4) {
                    namespace.sysctl("net.ipv4.conf.all.arp_ignore", "0");
                } else {
                    namespace.exec("nft", "delete", "table", "inet", "quiet");
                }
                awaitState(sluice, "fw", "answers");
            }
            default -> {
                try (LabProcess web = web(namespace, 8080)) {
                    awaitState(sluice, "fw", "answers");
                    assertThat(web.isAlive()).isTrue();
                }
                awaitState(sluice, "fw", "silent");
            }
        }
    }

    private static LabProcess web(Namespace namespace, int port) {
        return namespace.start(
                "web",
                List.of("python3", "-m", "http.server", Integer.toString(port), "--bind", "::", "-d", "/proc/net"));
    }

    @Test
    void nodesInTheUnderlayAreAskedByEchoConnectionAndRequest() {
        String alone = NodeEndpointTest.alone();
        try (Network network = Network.transparent()) {
            Namespace namespace = NodeEndpointTest.nodeAt(network, 1700);
            try (PythonNode node = PythonNode.start(namespace, "gateway_node", "192.0.2.50");
                    EchoHost echo = EchoHost.start(network.server, 7);
                    SluiceNode sluice = SluiceNode.start(network.sluice, alone)) {
                for (String health : List.of(
                        "probe: icmp",
                        "probe: arp",
                        "probe: tcp",
                        "probe: http, path: /dev",
                        "probe: http, path: /missing")) {
                    sluice.configure(alone.replace(
                            "transport: nsh",
                            "transport: gwlb, health: {holdDownMs: 0, intervalMs: 100, " + health + "}"));
                    boolean echoes = health.endsWith("icmp") || health.endsWith("arp");
                    awaitState(sluice, "ips-1", echoes ? "answers" : "silent");
                    if (echoes) {
                        // What an earlier kind has found out stands until this one has an answer of its own.
                        Waits.until(
                                "an answer to " + health,
                                Duration.ofSeconds(10),
                                () -> health.endsWith(probe(sluice, "ips-1").kind())
                                        && probe(sluice, "ips-1").roundTripUs().getFirst() >= 0);
                    } else {
                        try (UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", 7)) {
                            assertThat(flow.exchange(3, 100).answered()).isEmpty();
                        }
                        try (LabProcess web = web(namespace, 80)) {
                            if (health.endsWith("missing")) {
                                Waits.until(
                                        "the server refuses requests",
                                        Duration.ofSeconds(10),
                                        () -> web.log().contains("404"));
                                assertThat(sluice.instance("ips-1").alive()).isFalse();
                            } else {
                                awaitState(sluice, "ips-1", "answers");
                                try (UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", 7)) {
                                    assertThat(flow.exchange(10).lost()).isZero();
                                }
                            }
                        }
                    }
                }
                assertThat(probe(sluice, "ips-1").kind()).isEqualTo("http");
                assertThat(sluice.dropped(DropReason.PROBE_UNEXPECTED))
                        .as("answers that were under way while the kind changed")
                        .isLessThan(5);
                assertThat(echo.datagramCount()).as(node.log()).isEqualTo(20);
            }
        }
    }

    @Test
    void probesCarryTheTagsOfTheirInstance() {
        try (Network network = Network.transparent()) {
            Namespace node = network.node("tag");
            LabInterface in = node.interfaceNamed("in");
            LabInterface out = node.interfaceNamed("out");
            String yaml = Yaml.of(
                    Yaml.PAIR,
                    Yaml.object("Service", "arm", "{transport: vlan, " + HEALTH + "}"),
                    Yaml.object(
                            "ServiceInstance",
                            "arm",
                            "{service: arm, interfaces: {in: {interface: tag-in, vlan: 21}, out: {interface: tag-in, vlan: 22}}}"),
                    Yaml.object("Service", "wire", "{transport: wire, " + HEALTH + "}"),
                    Yaml.object("ServiceInstance", "one", "{service: wire, interfaces: {in: tag-in, out: tag-out}}"),
                    Yaml.object("ServiceChain", "both", "{profiles: [arm, wire]}"),
                    policy("edge/left", "both"));
            // Swaps the tags of the node with one arm, and is a cable for frames without tags.
            ProgramNode.Program program = (from, frame, sender) -> {
                int vlan = ProgramNode.vlan(frame);
                if (vlan == 21 || vlan == 22) {
                    sender.send(from, ProgramNode.retagged(frame, vlan == 21 ? 22 : 21));
                } else {
                    sender.send(1 - from, frame);
                }
            };
            try (SluiceNode sluice = SluiceNode.start(network.sluice, yaml)) {
                awaitState(sluice, "arm", "silent");
                awaitState(sluice, "one", "silent");
                try (ProgramNode running = ProgramNode.start(program, in, out)) {
                    awaitState(sluice, "arm", "answers");
                    awaitState(sluice, "one", "answers");
                    assertThat(running.receivedCount()).isPositive();
                }
                awaitState(sluice, "arm", "silent");
            }
        }
    }

    @Test
    void nodeThatSendsProbesBackOrTwiceOrChangedIsNotBelieved() {
        try (Network network = Network.transparent()) {
            Namespace node = network.node("fw");
            LabInterface in = node.interfaceNamed("in");
            LabInterface out = node.interfaceNamed("out");
            String yaml = Yaml.of(
                    Yaml.PAIR,
                    Yaml.chainOfOne("fw", "{transport: raw, " + HEALTH + "}", "{in: fw-in, out: fw-out}"),
                    policy("edge/left", "fw"));
            ProgramNode.Program mirror = (from, frame, sender) -> sender.send(from, frame);
            ProgramNode.Program forger = (from, frame, sender) -> {
                byte[] forged = frame.bytes().clone();
                forged[forged.length - 20] ^= 1;
                sender.send(1 - from, new FrameSocket.Frame(frame.vnetHeader(), forged, false));
            };
            try (SluiceNode sluice = SluiceNode.start(network.sluice, yaml)) {
                for (ProgramNode.Program program : new ProgramNode.Program[] {mirror, forger}) {
                    long before = sluice.dropped(DropReason.PROBE_UNEXPECTED);
                    try (ProgramNode running = ProgramNode.start(program, in, out)) {
                        awaitState(sluice, "fw", "silent");
                        Waits.until(
                                "probes are refused",
                                Duration.ofSeconds(10),
                                () -> sluice.dropped(DropReason.PROBE_UNEXPECTED) > before + 20);
                        assertThat(sluice.instance("fw").alive()).isFalse();
                        assertThat(running.receivedCount()).isPositive();
                    }
                }
                ProgramNode.Program twice = (from, frame, sender) -> {
                    sender.send(1 - from, frame);
                    sender.send(1 - from, frame);
                };
                try (ProgramNode running = ProgramNode.start(twice, in, out)) {
                    awaitState(sluice, "fw", "answers");
                    assertThat(running.receivedCount()).isPositive();
                }
            }
        }
    }
}
