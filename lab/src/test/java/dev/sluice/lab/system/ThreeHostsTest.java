package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.lab.Namespace;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;

/** A chain over three hosts: classified on A, served on B and C, both directions, both modes, both underlays (V8, C3, C6, C7, C12). */
@Tag("system")
class ThreeHostsTest {
    /** For each id and direction the nodes that it passed, in order. */
    private final Map<String, List<String>> passed = new HashMap<>();

    private void note(SeenFrame frame, String node) {
        if (frame.id() != 0) {
            String key = frame.id() + (frame.destinationPort() == 7 ? " forward" : " reverse");
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
}
