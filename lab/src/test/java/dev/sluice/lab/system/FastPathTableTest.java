package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.report.FastPathReport;
import dev.sluice.agent.report.FastPathReport.ReasonReport;
import dev.sluice.lab.Namespace;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What stays in the kernel, cell by cell: how Sluice is between client and server, what kind of node is on the way, IPv4 and IPv6, UDP and TCP. Tunnels: {@link OverlayFastPathTest}. The table
 * in docs/guides/operating.md says the same, and what does not stay there (X1).
 */
@Tag("system")
class FastPathTableTest {
    private static final int PACKETS = 1_000;
    private static final int PER_SECOND = 4_000;
    private static final int TCP_BYTES = 3 << 20;

    /** A busy machine may stop everything for a while. */
    private static final int PATIENCE_MS = 5_000;

    /** Server's ports of the cells, in their order. */
    private static final int FIRST_PORT = 71;

    /** What comes to the process without being of a flow that could stay in the kernel: ARP, neighbour discovery, probes. */
    private static final Set<String> OTHERS = Set.of("NOT_IP", "PROTOCOL", "PROBE");

    /** Of all cells, the check runs these, with UDP; {@code ./dev long} all, with TCP too. */
    private static final Set<String> IN_THE_CHECK = Set.of("fw", "vlan");

    /** One packet of so many may come to the process; short streams of the check: a move of a generation costs each journey a packet, and those until the worker runs. */
    private static final int OF_ONE = "all".equals(System.getProperty("sluice.cases")) ? 1_000 : 100;

    private static final boolean ALL = "all".equals(System.getProperty("sluice.cases"));

    private static final Set<String> PROGRAMS = Set.of("vlan", "qinq", "arm", "one");

    private final List<String> table = new ArrayList<>();

    @Test
    void packetsOfEstablishedFlowsStayInTheKernel() {
        pair("tc");
        router("tc");
        table.forEach(System.out::println);
    }

    /** On veths, whose other ends do what network cards do anyway: complete checksums, tags in frames, frames from XDP. */
    @Test
    @Tag("long")
    void packetsOfEstablishedFlowsStayInXdp() {
        pair("xdp");
        router("xdp");
        table.forEach(System.out::println);
    }

    /** A node that gives each side a tag of its own; with one arm both are on one interface. */
    private static ProgramNode tagged(Namespace node, boolean oneArm) {
        return ProgramNode.start(
                (from, frame, sender) ->
                        sender.send(oneArm ? from : 1 - from, ProgramNode.retagged(frame, ProgramNode.vlan(frame) ^ 1)),
                node.interfaceNamed("in"),
                node.interfaceNamed("out"));
    }

    /** A node that sends back what it gets, on the same interface. */
    private static ProgramNode mirror(Namespace node) {
        return ProgramNode.start((from, frame, sender) -> sender.send(from, frame), node.interfaceNamed("in"));
    }

    /** With room for a second tag. */
    private static Namespace wide(Namespace node, Namespace sluice) {
        for (String side : List.of("in", "out")) {
            node.interfaceNamed(side).mtu(1508);
            sluice.interfaceNamed(node.name() + "-" + side).mtu(1508);
        }
        return node;
    }

    private void pair(String hook) {
        try (Network network = Network.transparent();
                ProgramNode _ = tagged(network.node("vlan"), false);
                ProgramNode _ = tagged(wide(network.node("qinq"), network.sluice), false);
                ProgramNode _ = tagged(network.node("arm"), true);
                ProgramNode _ = mirror(network.node("one"))) {
            network.bridge("fw");
            network.bridge("ips");
            network.bridge("bump");
            Map<String, Integer> cells = new LinkedHashMap<>();
            cells.put("fw", 4);
            cells.put("fw, ips", 6);
            cells.put("bump", 4);
            cells.put("vlan", 4);
            cells.put("qinq", 4);
            cells.put("arm", 4);
            cells.put("one", 4);
            String objects = Yaml.of(
                    Yaml.PAIR,
                    Yaml.bridge("fw"),
                    Yaml.bridge("ips"),
                    WireNodeTest.NODE,
                    Yaml.chainOfOne(
                            "vlan",
                            "{transport: vlan}",
                            "{in: {interface: vlan-in, vlan: 100}, out: {interface: vlan-out, vlan: 101}}"),
                    Yaml.chainOfOne(
                            "qinq",
                            "{transport: qinq}",
                            "{in: {interface: qinq-in, vlan: 300, innerVlan: 7}, out: {interface: qinq-out, vlan: 301, innerVlan: 7}}"),
                    Yaml.chainOfOne(
                            "arm",
                            "{transport: vlan}",
                            "{in: {interface: arm-in, vlan: 22}, out: {interface: arm-in, vlan: 23}}"),
                    Yaml.chainOfOne("one", "{transport: raw}", "{in: one-in}"),
                    Yaml.object("ServiceChain", "both", "{profiles: [fw, ips]}"),
                    policy("edge/left", cells));
            show(hook, "pair", network, objects, cells, "10.0.0.2", "fd00::2");
        }
    }

    private void router(String hook) {
        try (Network network = Network.routed()) {
            RoutingNodeTest.router(network, "10.1.0.0/24", "fd01::/64", "10.2.0.0/24", "fd02::/64");
            network.bridge("bump");
            network.bridge("ips");
            Map<String, Integer> cells = new LinkedHashMap<>();
            cells.put("ips", 4);
            cells.put("fw", 4);
            cells.put("bump", 4);
            String objects = Yaml.of(
                    Yaml.ROUTER, Yaml.bridge("ips"), RoutingNodeTest.NODE, WireNodeTest.NODE, policy("r/left", cells));
            show(hook, "router", network, objects, cells, "10.2.0.2", "fd02::2");
        }
    }

    /** Each cell's flows are those to a port of their own. */
    private static String policy(String at, Map<String, Integer> cells) {
        List<String> rules = new ArrayList<>();
        int port = FIRST_PORT;
        for (String chain : cells.keySet()) {
            for (String protocol : List.of("udp", "tcp")) {
                rules.add("{name: " + protocol + "-" + port + ", match: {protocol: " + protocol
                        + ", destination: {ports: [" + port + "]}}, action: {chain: "
                        + (chain.contains(",") ? "both" : chain) + "}}");
            }
            port++;
        }
        return Yaml.policy("all", at, rules.toArray(String[]::new));
    }

    private void show(
            String hook, String place, Network network, String objects, Map<String, Integer> cells, String... servers) {
        try (SluiceNode sluice = SluiceNode.start(network.sluice, objects, "fast-path-" + hook)) {
            int port = FIRST_PORT;
            for (Map.Entry<String, Integer> cell : cells.entrySet()) {
                if (!ALL && !IN_THE_CHECK.contains(cell.getKey())) {
                    port++;
                    continue;
                }
                try (EchoHost echo = EchoHost.start(network.server, port)) {
                    for (String server : servers) {
                        assertThat(network.client.pings(server)).isTrue();
                        String name = String.format(
                                Locale.ROOT,
                                "%-6s node %-8s IPv%d %-3s",
                                place,
                                cell.getKey(),
                                server.contains(":") ? 6 : 4,
                                hook);
                        datagrams(
                                name, network, sluice, echo, server, cell.getValue(), PROGRAMS.contains(cell.getKey()));
                        if (ALL) {
                            segments(name, network, sluice, server, port);
                        }
                    }
                }
                port++;
            }
            nothingIsSilent(sluice);
            if (hook.equals("xdp")) {
                FastPathReport report = sluice.status().fastPath();
                assertThat(report.byXdp())
                        .as(report.toString())
                        .isGreaterThan((long) servers.length * 4 * PACKETS * 9 / 10);
                assertThat(sluice.port("left").description()).startsWith("fast path xdp, then tc");
            }
        }
    }

    /** A packet to the server and its answer make so many journeys in all. */
    private void datagrams(
            String cell,
            Network network,
            SluiceNode sluice,
            EchoHost echo,
            String server,
            int journeysEach,
            boolean byProgram) {
        try (UdpFlow flow = UdpFlow.open(network.client, server, echo.port())) {
            assertThat(flow.exchange(20).lost()).as(cell).isZero();
            long before = repeated(sluice);
            long toProcess = ofFlows(sluice);
            long unread = echo.unread();
            long lost = flow.stream(PACKETS, PER_SECOND, PATIENCE_MS).lost();
            // A node that is a program of this test may lose some on a busy machine.
            assertThat(lost - (echo.unread() - unread) - flow.unread())
                    .as("of %d lost, not for want of room in a test's socket: %s", lost, cell)
                    .isLessThanOrEqualTo(byProgram ? PACKETS / 10 : PACKETS / OF_ONE);
            long journeys = journeysEach * (PACKETS - lost);
            long repeated = repeated(sluice) - before;
            long came = ofFlows(sluice) - toProcess;
            assertThat(repeated).as(cell).isGreaterThanOrEqualTo(journeys - journeys / OF_ONE);
            assertThat(came).as("to the process: %s, %s", cell, said(sluice)).isLessThanOrEqualTo(journeys / OF_ONE);
            table.add(String.format(
                    Locale.ROOT,
                    "%s  UDP %.2f %% in the kernel, %d of %d frames to the process",
                    cell,
                    Math.min(100.0, 100.0 * repeated / journeys),
                    came,
                    journeys));
        }
    }

    private void segments(String cell, Network network, SluiceNode sluice, String server, int port) {
        try (TcpTransfer transfer = TcpTransfer.open(network.client, server, port)) {
            assertThat(transfer.echo(20_000)).as(cell).isTrue();
            long before = repeated(sluice);
            long toProcess = ofFlows(sluice);
            assertThat(transfer.echo(TCP_BYTES)).as(cell).isTrue();
            long repeated = repeated(sluice) - before;
            long came = ofFlows(sluice) - toProcess;
            assertThat(repeated).as(cell).isGreaterThan(4L * TCP_BYTES / 1500 * 9 / 10);
            assertThat(came).as("to the process: %s, %s", cell, said(sluice)).isLessThanOrEqualTo(repeated / OF_ONE);
            table.add(String.format(
                    Locale.ROOT, "%s  TCP %d packets in the kernel, %d to the process", cell, repeated, came));
        }
    }

    private static String said(SluiceNode sluice) {
        return sluice.status().fastPath().toString();
    }

    /** Packets that the kernel repeated until now: comparing reads all it has counted. */
    private static long repeated(SluiceNode sluice) {
        sluice.checkFastPath();
        return sluice.status().fastPath().packets();
    }

    /** Frames that came to the process until now, but for those that belong there. */
    private static long ofFlows(SluiceNode sluice) {
        return sluice.status().fastPath().punted().stream()
                .filter(reason -> !OTHERS.contains(reason.reason()))
                .mapToLong(ReasonReport::packets)
                .sum();
    }

    /** Each frame that came to the data path was counted by the kernel under a reason. */
    private static void nothingIsSilent(SluiceNode sluice) {
        long frames = sluice.status().totals().frames();
        FastPathReport report = sluice.status().fastPath();
        long counted = report.punted().stream().mapToLong(ReasonReport::packets).sum();
        assertThat(counted).as(report.toString()).isGreaterThanOrEqualTo(frames);
    }
}
