package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.lab.BridgeFirewall;
import dev.sluice.lab.LabInterface;
import dev.sluice.lab.Waits;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Golden traces with Sluice as a router between two uplinks (document 002: figures 1-3, 14, 19, 22, 23). */
@Tag("system")
class GoldenRouterTest {
    private static final String SERVER = "10.2.0.2";

    /** Longer than a busy machine needs, shorter than a trace waits. */
    private static final int ANSWER_MS = 8_000;

    private static void awaitNeighbours(Network network) {
        Waits.until("client and server know the way", Duration.ofSeconds(10), () -> network.client.pings(SERVER));
    }

    private static GoldenRun run(Network network, SluiceNode sluice) {
        awaitNeighbours(network);
        return new GoldenRun(sluice, SERVER)
                .host("left", network.clientSide, "client")
                .host("right", network.serverSide, "server")
                .mac(network.sluice.interfaceNamed("left").mac(), "left")
                .mac(network.sluice.interfaceNamed("right").mac(), "right");
    }

    private static void exchange(UdpFlow flow) {
        assertThat(flow.exchange(1, ANSWER_MS).lost()).isZero();
    }

    @Test
    void figure1ClassifiesOnceAndActsOnTheRecordAfterwards() {
        try (Network network = Network.routed()) {
            BridgeFirewall firewall = network.bridge("fw");
            String policy = Yaml.policy(
                    "web",
                    "r/left",
                    "{name: inspect, match: {destination: {ports: [7]}, protocol: udp}, action: {chain: fw}}");
            try (EchoHost _ = EchoHost.start(network.server, 7);
                    EchoHost _ = EchoHost.start(network.server, 9);
                    SluiceNode sluice =
                            SluiceNode.start(network.sluice, Yaml.of(Yaml.ROUTER, Yaml.bridge("fw"), policy));
                    GoldenRun run = run(network, sluice).node("fw", firewall.in(), firewall.out());
                    UdpFlow ruled = UdpFlow.open(network.client, SERVER, 7, 4001);
                    UdpFlow other = UdpFlow.open(network.client, SERVER, 9, 4002)) {
                run.trace("no record: rule, target, path, pair of records", 4, () -> exchange(ruled));
                run.trace("the record says what to do", 4, () -> exchange(ruled));
                run.trace("no rule names the flow: the default rule lets it be routed", 2, () -> exchange(other));
                run.trace("and has a record too", 2, () -> exchange(other));
                run.flows();
                run.check("figure-01");
            }
        }
    }

    @Test
    void figures2And14TellRecordsOfOneKeyApartByTheInterfacesOfTheirRules() {
        try (Network network = Network.routed()) {
            BridgeFirewall firewall = network.bridge("fw");
            LabInterface second = network.host(network.client, "eth1", "left1").address("10.3.0.2/24");
            network.client.sysctl("net.ipv4.conf.all.rp_filter", "0");
            network.client.sysctl("net.ipv4.conf.eth0.rp_filter", "0");
            String router = """
                    apiVersion: sluice.dev/v1
                    kind: Port
                    metadata: {name: left1}
                    spec: {node: edge, interface: left1}
                    ---
                    """ + Yaml.ROUTER + "  - {port: left1, addresses: [10.3.0.1/24]}\n";
            String first = Yaml.policy(
                    "first",
                    "r/left",
                    "{name: deny, match: {destination: {ports: [11]}, protocol: udp}, action: {drop: true}}",
                    "{name: inspect, match: {protocol: udp}, action: {chain: fw}}");
            String other =
                    Yaml.policy("second", "r/left1", "{name: free, match: {protocol: udp}, action: {noService: true}}");
            try (EchoHost _ = EchoHost.start(network.server, 7);
                    SluiceNode sluice =
                            SluiceNode.start(network.sluice, Yaml.of(router, Yaml.bridge("fw"), first, other));
                    GoldenRun run = run(network, sluice)
                            .node("fw", firewall.in(), firewall.out())
                            .host("left1", second, "client1")
                            .mac(network.sluice.interfaceNamed("left1").mac(), "left1");
                    UdpFlow flow = UdpFlow.open(network.client, SERVER, 7, 4001);
                    UdpFlow denied = UdpFlow.open(network.client, SERVER, 11, 4002)) {
                run.trace("left: no record with this key", 4, () -> exchange(flow));
                run.trace("left: yes, the rule holds here", 4, () -> exchange(flow));
                network.client.configure("route", "replace", SERVER + "/32", "via", "10.3.0.1", "src", "10.1.0.2");
                run.trace("left1: the key is known, but its rule does not hold here: no", 3, () -> exchange(flow));
                run.trace("left1: yes, the second record with this key", 3, () -> exchange(flow));
                network.client.configure("route", "del", SERVER + "/32");
                run.trace("left: yes, the first record with this key", 4, () -> exchange(flow));
                run.check("figure-02");
                run.restart();
                run.trace("a rule that drops", 1, () -> denied.send());
                run.flows();
                run.check("figure-14");
            }
        }
    }

    @Test
    void figures3And19UseTheTransportOfTheServiceAndRouteToTheOriginalDestination() {
        try (Network network = Network.routed()) {
            BridgeFirewall wire = network.bridge("wire");
            BridgeFirewall tagged = network.bridge("tag");
            String bump = Yaml.chainOfOne(
                    "wire",
                    "{transport: wire}",
                    "{in: {interface: wire-in, mac: '02:00:00:00:01:01'}, out: {interface: wire-out, mac: '02:00:00:00:01:02'}}");
            String vlan = Yaml.chainOfOne(
                    "tag",
                    "{transport: vlan}",
                    "{in: {interface: tag-in, vlan: 31, mac: '02:00:00:00:02:01'}, out: {interface: tag-out, vlan: 31, mac: '02:00:00:00:02:02'}}");
            String policy = Yaml.policy(
                    "transports",
                    "r/left",
                    "{name: by-wire, match: {destination: {ports: [7]}, protocol: udp}, action: {chain: wire}}",
                    "{name: by-tag, match: {destination: {ports: [9]}, protocol: udp}, action: {chain: tag}}");
            try (EchoHost _ = EchoHost.start(network.server, 7);
                    EchoHost _ = EchoHost.start(network.server, 9);
                    SluiceNode sluice = SluiceNode.start(network.sluice, Yaml.of(Yaml.ROUTER, bump, vlan, policy));
                    GoldenRun run = run(network, sluice)
                            .node("wire", wire.in(), wire.out())
                            .node("tag", tagged.in(), tagged.out())
                            .mac("02:00:00:00:01:01", "MAC1")
                            .mac("02:00:00:00:01:02", "MAC2")
                            .mac("02:00:00:00:02:01", "tag-in-mac")
                            .mac("02:00:00:00:02:02", "tag-out-mac");
                    UdpFlow byWire = UdpFlow.open(network.client, SERVER, 7, 4001);
                    UdpFlow another = UdpFlow.open(network.client, SERVER, 7, 4003);
                    UdpFlow byTag = UdpFlow.open(network.client, SERVER, 9, 4002)) {
                run.trace("service of transport wire", 4, () -> exchange(byWire));
                run.trace("service of transport vlan", 4, () -> exchange(byTag));
                run.check("figure-03");
                run.restart();
                run.trace("first packets of both directions", 4, () -> exchange(another));
                run.check("figure-19");
            }
        }
    }

    @Test
    void figures22And23ServeBeforeOrAfterRoutingAndNeverTwice() {
        try (Network network = Network.routed()) {
            BridgeFirewall a = network.bridge("a");
            BridgeFirewall b = network.bridge("b");
            BridgeFirewall c = network.bridge("c");
            String nodes = Yaml.bridge("a") + "---\n" + Yaml.bridge("b") + "---\n" + Yaml.bridge("c") + "---\n"
                    + Yaml.object("ServiceChain", "abc", "{profiles: [a, b, c]}");
            String serve = "{name: serve, match: {protocol: udp}, action: {chain: abc}}";
            String both = Yaml.of(Yaml.ROUTER, nodes, Yaml.policy("both", "r/left, r/right", serve));
            String second = Yaml.of(
                    Yaml.ROUTER,
                    nodes,
                    Yaml.policy("first", "r/left", "{name: tcp, match: {protocol: tcp}, action: {chain: abc}}"),
                    Yaml.policy("second", "r/right", serve));
            try (EchoHost _ = EchoHost.start(network.server, 7);
                    SluiceNode sluice = SluiceNode.start(network.sluice, both);
                    GoldenRun run = run(network, sluice)
                            .node("a", a.in(), a.out())
                            .node("b", b.in(), b.out())
                            .node("c", c.in(), c.out());
                    UdpFlow before = UdpFlow.open(network.client, SERVER, 7, 4001);
                    UdpFlow after = UdpFlow.open(network.client, SERVER, 7, 4002)) {
                run.trace("the rule holds at both uplinks", 8, () -> exchange(before));
                run.check("figure-22");
                run.restart();
                GoldenRun.change(sluice, second);
                run.trace("the rule holds at the second uplink only", 8, () -> exchange(after));
                run.check("figure-23");
            }
        }
    }
}
