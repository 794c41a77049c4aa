package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.lab.Namespace;
import dev.sluice.lab.PacketFilter;
import dev.sluice.lab.Wire;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Errors that a router behind Sluice sends pass the firewall of the flow they are about, which knows them as related; path MTU discovery works through it (X6, F12). */
@Tag("system")
class FlowErrorsTest {
    /** ICMP itself is not sent to the node: only errors about these flows come to it. */
    private static final String RULES = "{name: transport, match: {protocol: tcp}, action: {chain: fw}}";

    private static final String RULES_UDP = "{name: datagrams, match: {protocol: udp}, action: {chain: fw}}";

    /** client 1500 - left [sluice] right - 1500 - mid - narrow - behind - 1500 - far: neither end can know. */
    @Test
    void errorsOfARouterBehindSluicePassTheFirewallAsRelated() {
        try (Network network = Network.routed()) {
            Namespace behind = network.topology.namespace("behind");
            Namespace far = network.topology.namespace("far");
            Wire narrow = network.topology.wire(network.server, "eth1", behind, "eth0");
            narrow.a().address("10.3.0.1/24").address("fd03::1/64");
            narrow.b().address("10.3.0.2/24").address("fd03::2/64");
            Wire last = network.topology.wire(behind, "eth1", far, "eth0");
            last.a().address("10.4.0.1/24").address("fd04::1/64");
            last.b().address("10.4.0.2/24").address("fd04::2/64");
            far.route("default", "10.4.0.1").route("default", "fd04::1");
            behind.route("default", "10.3.0.1").route("default", "fd03::1");
            network.server.route("10.4.0.0/24", "10.3.0.2").route("fd04::/64", "fd03::2");
            network.server.forwarding(true);
            behind.forwarding(true);
            var node = RoutingNodeTest.router(network, "10.1.0.0/24", "fd01::/64", "10.2.0.0/15", "fd02::/15");
            node.in().namespace().route("10.4.0.0/24", "10.101.0.1").route("fd04::/64", "fd65::1");
            PacketFilter filter = node.filter();
            filter.count("expired", "icmp type time-exceeded ct state related");
            filter.count("narrow4", "icmp type destination-unreachable icmp code 4 ct state related");
            filter.count("narrow6", "icmpv6 type packet-too-big ct state related");
            filter.count("invalid", "ct state invalid");
            String yaml = Yaml.of(
                    Yaml.ROUTER + """
                      routes:
                      - {prefix: 10.4.0.0/24, via: [10.2.0.2]}
                      - {prefix: "fd04::/64", via: ["fd02::2"]}
                    """,
                    Yaml.chainOfOne("fw", "{transport: raw, forwarding: route}", RoutingNodeTest.SIDES),
                    Yaml.policy("p", "r/left", RULES, RULES_UDP));
            try (EchoHost _ = EchoHost.start(far, 7);
                    SluiceNode sluice = SluiceNode.start(network.sluice, yaml)) {
                assertThat(TcpTransfer.echoes(network.client, "10.4.0.2", 7, 1000))
                        .isTrue();
                assertThat(TcpTransfer.echoes(network.client, "fd04::2", 7, 1000))
                        .isTrue();
                // Sluice and the node take one each; the third is the router's.
                network.client.exec(
                        "sh", "-c", "hping3 -2 -q -c 3 -i u100000 -t 3 -p 7 10.4.0.2 > /dev/null 2>&1; true");
                assertThat(filter.count("expired").packets()).isPositive();
                narrow.a().mtu(1280);
                narrow.b().mtu(1280);
                assertThat(TcpTransfer.echoes(network.client, "10.4.0.2", 7, 1_000_000))
                        .isTrue();
                assertThat(TcpTransfer.echoes(network.client, "fd04::2", 7, 1_000_000))
                        .isTrue();
                System.out.printf(
                        "errors through the firewall: %d time exceeded, %d fragmentation needed, %d packet too big; %d followed their flow%n",
                        filter.count("expired").packets(),
                        filter.count("narrow4").packets(),
                        filter.count("narrow6").packets(),
                        sluice.counter("errorsOfFlows"));
                assertThat(filter.count("narrow4").packets()).isPositive();
                assertThat(filter.count("narrow6").packets()).isPositive();
                assertThat(filter.count("invalid").packets()).isZero();
                assertThat(sluice.counter("errorsOfFlows")).isPositive();
                assertThat(network.client.pings("10.4.0.2")).isTrue();
            }
        }
    }
}
