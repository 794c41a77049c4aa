package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.lab.LabInterface;
import dev.sluice.lab.Namespace;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;

/** Nodes behind one tag and behind two, on other hosts than that which classifies (C4, C5, C6). */
@Tag("system")
class TaggedNodesTest {
    /** For each tag how many packets with an id came with it, by node. */
    private final Map<String, Integer> seen = new HashMap<>();

    private ProgramNode node(Namespace namespace, String name) {
        return ProgramNode.start(
                (from, frame, sender) -> {
                    SeenFrame one = SeenFrame.of(frame.bytes());
                    if (one.id() != 0) {
                        synchronized (seen) {
                            seen.merge(name + " " + from + " " + one.vlans(), 1, Integer::sum);
                        }
                    }
                    // Each side has an outer tag of its own.
                    sender.send(1 - from, ProgramNode.retagged(frame, ProgramNode.vlan(frame) ^ 1));
                },
                namespace.interfaceNamed("in"),
                namespace.interfaceNamed("out"));
    }

    private static String objects(String mode) {
        return HostsNetwork.objects(mode, 4)
                .replace(
                        Yaml.object("Service", "fw", "{transport: raw}"),
                        Yaml.object("Service", "fw", "{transport: qinq}"))
                .replace(
                        "interfaces: {in: fw-in, out: fw-out}",
                        "interfaces: {in: {interface: fw-in, vlan: 300, innerVlan: 7}, out: {interface: fw-out, vlan: 301, innerVlan: 7}}")
                .replace(
                        Yaml.object("Service", "ips", "{transport: raw}"),
                        Yaml.object("Service", "ips", "{transport: vlan}"))
                .replace(
                        "interfaces: {in: ips-in, out: ips-out}",
                        "interfaces: {in: {interface: ips-in, vlan: 100}, out: {interface: ips-out, vlan: 101}}");
    }

    @ParameterizedTest
    @Cases(value = "hub", more = "direct")
    void framesGetTheirTagsWhereTheNodeIsAndLoseThemThere(String mode) {
        String objects = objects(mode);
        try (HostsNetwork network = new HostsNetwork()) {
            for (LabInterface one : List.of(
                    network.fw.interfaceNamed("in"),
                    network.fw.interfaceNamed("out"),
                    network.hosts.get(1).interfaceNamed("fw-in"),
                    network.hosts.get(1).interfaceNamed("fw-out"))) {
                one.mtu(1508);
            }
            try (ProgramNode fw = node(network.fw, "fw");
                    ProgramNode ips = node(network.ips, "ips");
                    EchoHost echo = EchoHost.start(network.server, 7);
                    SluiceNode a = network.start(0, objects);
                    SluiceNode b = network.start(1, objects);
                    SluiceNode c = network.start(2, objects)) {
                a.awaitTold("fw");
                a.awaitTold("ips");
                b.awaitTold("ips");
                c.awaitTold("fw");
                for (String server : List.of("10.0.0.2", "fd00::2")) {
                    assertThat(network.client.pings(server)).isTrue();
                    try (UdpFlow flow = UdpFlow.open(network.client, server, 7)) {
                        assertThat(flow.exchange(50).lost()).isZero();
                    }
                    assertThat(TcpTransfer.echoes(network.client, server, 7, 1_000_000))
                            .isTrue();
                }
                synchronized (seen) {
                    assertThat(seen)
                            .isEqualTo(Map.of(
                                    "fw 0 [88a8:300, 8100:7]", 100,
                                    "fw 1 [88a8:301, 8100:7]", 100,
                                    "ips 0 [8100:100]", 100,
                                    "ips 1 [8100:101]", 100));
                }
                assertThat(fw.receivedCount() + ips.receivedCount()).isPositive();
                assertThat(a.uninspected() + b.uninspected() + c.uninspected()).isZero();
            }
        }
    }
}
