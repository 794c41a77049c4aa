package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.lab.Namespace;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;

/** A chain over three hosts: classified on A, served on B and C, both directions, both modes, alone and mixed, both underlays (V8, C3, C6, C7, C12). */
@Tag("system")
class ThreeHostsTest {
    private static final int HUB_PORT = 7;
    private static final int DIRECT_PORT = 8;
    private static final List<Integer> SERVER_PORTS = List.of(HUB_PORT, DIRECT_PORT);
    private static final List<String> FIELDS = List.of("ip.src", "ip.dst", "udp.srcport", "udp.dstport", "nsh.si");

    /** For each id and direction the nodes that it passed, in order. */
    private final Map<String, List<String>> passed = new HashMap<>();

    private void note(SeenFrame frame, String node) {
        if (frame.id() != 0) {
            String key = frame.id() + (SERVER_PORTS.contains(frame.destinationPort()) ? " forward" : " reverse");
            synchronized (passed) {
                passed.computeIfAbsent(key, _ -> new ArrayList<>()).add(node);
            }
        }
    }

    private List<String> passed(long id, String direction) {
        synchronized (passed) {
            return List.copyOf(passed.getOrDefault(id + " " + direction, List.of()));
        }
    }

    private ProgramNode node(Namespace namespace, String name) {
        return ProgramNode.start(
                (from, frame, sender) -> {
                    note(SeenFrame.of(frame.bytes()), name);
                    sender.send(1 - from, frame);
                },
                namespace.interfaceNamed("in"),
                namespace.interfaceNamed("out"));
    }

    @ParameterizedTest(name = "{0} over IPv{1}")
    @Cases(
            value = "direct, 6",
            more = {"hub, 4", "direct, 4", "hub, 6"})
    void everyPacketVisitsBothNodesInBothDirections(String mode, int ipVersion) {
        String objects = HostsNetwork.objects(mode, ipVersion);
        try (HostsNetwork network = new HostsNetwork();
                ProgramNode fw = node(network.fw, "fw");
                ProgramNode ips = node(network.ips, "ips");
                EchoHost echo = EchoHost.start(network.server, 7);
                SluiceNode a = network.start(0, objects);
                SluiceNode b = network.start(1, objects);
                SluiceNode c = network.start(2, objects)) {
            for (String node : List.of("fw", "ips")) {
                a.awaitTold(node);
            }
            // In mode direct hosts send to each other too.
            b.awaitTold("ips");
            c.awaitTold("fw");
            for (String server : List.of("10.0.0.2", "fd00::2")) {
                assertThat(network.client.pings(server)).isTrue();
                try (UdpFlow flow = UdpFlow.open(network.client, server, 7)) {
                    UdpFlow.Account account = flow.exchange(200);
                    assertThat(account.lost()).isZero();
                    for (long id : account.sent()) {
                        assertThat(passed(id, "forward")).containsExactly("fw", "ips");
                        assertThat(passed(id, "reverse")).containsExactly("ips", "fw");
                    }
                }
                assertThat(TcpTransfer.echoes(network.client, server, 7, 3_000_000))
                        .isTrue();
            }
            assertThat(a.uninspected() + b.uninspected() + c.uninspected()).isZero();
        }
    }

    @ParameterizedTest(name = "{0}")
    @Cases(value = "hub", more = "direct")
    void reverseDirectionPassesAListOfItsOwn(String mode) {
        String objects =
                HostsNetwork.objects(mode, 4).replace("profiles: [fw, ips]", "profiles: [fw, ips], reverse: [fw, ips]");
        try (HostsNetwork network = new HostsNetwork();
                ProgramNode fw = node(network.fw, "fw");
                ProgramNode ips = node(network.ips, "ips");
                EchoHost echo = EchoHost.start(network.server, 7);
                SluiceNode a = network.start(0, objects);
                SluiceNode b = network.start(1, objects);
                SluiceNode c = network.start(2, objects)) {
            for (String node : List.of("fw", "ips")) {
                a.awaitTold(node);
            }
            b.awaitTold("ips");
            c.awaitTold("fw");
            try (UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", 7)) {
                UdpFlow.Account account = flow.exchange(200);
                assertThat(account.lost()).isZero();
                for (long id : account.sent()) {
                    assertThat(passed(id, "forward")).containsExactly("fw", "ips");
                    assertThat(passed(id, "reverse")).containsExactly("fw", "ips");
                }
            }
            assertThat(TcpTransfer.echoes(network.client, "10.0.0.2", 7, 1_000_000))
                    .isTrue();
            assertThat(a.uninspected() + b.uninspected() + c.uninspected()).isZero();
            assertThat(fw.receivedCount() + ips.receivedCount() + echo.datagramCount())
                    .isPositive();
        }
    }

    /** Two chains of the same nodes, one for each port of the server, by the same hosts at the same time: each packet takes the way of its own chain. */
    @Test
    void chainsOfBothModesBetweenTheSameHostsKeepApart() throws IOException, InterruptedException {
        String objects = HostsNetwork.objects("direct", 4)
                        .replace(
                                "{name: all, action: {chain: both}}",
                                "{name: hubs, match: {protocol: udp, destination: {ports: [" + HUB_PORT
                                        + "]}}, action: {chain: hubbed}}\n  - {name: all, action: {chain: both}}")
                + "---\n" + Yaml.object("ServiceChain", "hubbed", "{profiles: [fw, ips], mode: hub}");
        try (HostsNetwork network = new HostsNetwork();
                ProgramNode _ = node(network.fw, "fw");
                ProgramNode _ = node(network.ips, "ips");
                EchoHost _ = EchoHost.start(network.server, HUB_PORT);
                EchoHost _ = EchoHost.start(network.server, DIRECT_PORT);
                SluiceNode a = network.start(0, objects);
                SluiceNode b = network.start(1, objects);
                SluiceNode c = network.start(2, objects);
                UdpFlow hub = UdpFlow.open(network.client, "10.0.0.2", HUB_PORT);
                UdpFlow direct = UdpFlow.open(network.client, "10.0.0.2", DIRECT_PORT)) {
            for (String node : List.of("fw", "ips")) {
                a.awaitTold(node);
            }
            b.awaitTold("ips");
            c.awaitTold("fw");
            try (Dissection capture = Dissection.start(network.fabric.bridge, "br0", "udp port 6081")) {
                for (int i = 0; i < 50; i++) {
                    for (UdpFlow flow : List.of(hub, direct)) {
                        UdpFlow.Account account = flow.exchange(1);
                        assertThat(account.lost()).isZero();
                        for (long id : account.sent()) {
                            assertThat(passed(id, "forward")).containsExactly("fw", "ips");
                            assertThat(passed(id, "reverse")).containsExactly("ips", "fw");
                        }
                    }
                }
                List<Dissection.Packet> frames = capture.read(FIELDS);
                assertThat(legs(frames, HUB_PORT))
                        .containsExactlyInAnyOrder(
                                "AB 255", "BA 254", "AC 254", "CA 253", "AC 255", "CA 254", "AB 254", "BA 253");
                assertThat(legs(frames, DIRECT_PORT))
                        .containsExactlyInAnyOrder("AB 255", "BC 254", "CA 253", "AC 255", "CB 254", "BA 253");
            }
            assertThat(a.uninspected() + b.uninspected() + c.uninspected()).isZero();
        }
    }

    /** Sender, receiver and index of the tunnel packets with datagrams to or from a port inside. */
    private static Set<String> legs(List<Dissection.Packet> frames, int port) {
        Set<String> legs = new HashSet<>();
        String word = Integer.toString(port);
        for (Dissection.Packet one : frames) {
            boolean inside = one.all("udp.dstport").size() == 2
                    && (one.all("udp.dstport").getLast().equals(word)
                            || one.all("udp.srcport").getLast().equals(word));
            if (inside) {
                legs.add(host(one.all("ip.src").getFirst())
                        + host(one.all("ip.dst").getFirst()) + " " + one.number("nsh.si"));
            }
        }
        return legs;
    }

    private static String host(String endpoint) {
        return "" + (char) ('A' + endpoint.charAt(endpoint.length() - 1) - '1');
    }
}
