package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.DropReason;
import dev.sluice.lab.BridgeFirewall;
import dev.sluice.lab.LabInterface;
import dev.sluice.lab.Namespace;
import dev.sluice.lab.Waits;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sluice as a router: subnets, routes, ECMP, neighbours, and where in its routing services are given (V30, figures 22 to 24 of document 002). */
@Tag("system")
class RouterTest {
    private static final String UPLINKS = """
            apiVersion: sluice.dev/v1
            kind: Port
            metadata: {name: up-a}
            spec: {node: edge, interface: up-a}
            ---
            apiVersion: sluice.dev/v1
            kind: Port
            metadata: {name: up-b}
            spec: {node: edge, interface: up-b}
            """;

    /** The router of {@link Yaml#ROUTER} with two uplinks and routes. */
    private static final String ROUTES = Yaml.ROUTER + """
              - {port: up-a, addresses: [10.11.0.1/24, "fd11::1/64"]}
              - {port: up-b, addresses: [10.12.0.1/24, "fd12::1/64"]}
              routes:
              - {prefix: 10.60.0.0/16, via: [10.11.0.2, 10.12.0.2]}
              - {prefix: "fd60::/32", via: ["fd11::2", "fd12::2"]}
              - {prefix: 10.70.0.0/16, via: [10.11.0.2]}
              - {prefix: 10.70.1.0/24, via: [10.12.0.2]}
              - {prefix: "fd70::/32", via: ["fd11::2"]}
              - {prefix: "fd70:0:1::/48", via: ["fd12::2"]}
              - {prefix: 10.80.0.0/16, blackhole: true}
            """;

    /** Addresses behind both uplinks. */
    private static final List<String> SERVED =
            List.of("10.60.0.1", "fd60::1", "10.70.0.1", "10.70.1.1", "fd70::1", "fd70:0:1::1");

    private static Network network;
    private static Namespace upA;
    private static Namespace upB;
    private static BridgeFirewall firewall;
    private static BridgeFirewall second;
    private static EchoHost echo;
    private static EchoHost echoA;
    private static EchoHost echoB;
    private static SluiceNode sluice;

    @BeforeAll
    static void build() {
        network = Network.routed();
        upA = uplink("a", "10.11.0", "fd11::");
        upB = uplink("b", "10.12.0", "fd12::");
        firewall = network.bridge("fw");
        second = network.bridge("second");
        echo = EchoHost.start(network.server, 7);
        echoA = EchoHost.start(upA, 7, SERVED);
        echoB = EchoHost.start(upB, 7, SERVED);
        sluice = SluiceNode.start(network.sluice, plain());
    }

    private static Namespace uplink(String name, String net4, String net6) {
        Namespace host = network.topology.namespace("up-" + name);
        LabInterface eth = network.host(host, "eth0", "up-" + name);
        eth.address(net4 + ".2/24").address(net6 + "2/64");
        host.route("default", net4 + ".1").route("default", net6 + "1");
        LabInterface loopback = host.interfaceNamed("lo");
        for (String address : SERVED) {
            loopback.address(address + (address.contains(":") ? "/128" : "/32"));
        }
        return host;
    }

    @AfterAll
    static void remove() {
        try (Network n = network;
                SluiceNode s = sluice;
                EchoHost e = echo;
                EchoHost a = echoA;
                EchoHost b = echoB) {
            // Closed in the reverse order.
        }
    }

    private static String plain(String... more) {
        return Yaml.of(UPLINKS, ROUTES, Yaml.bridge("fw"), Yaml.bridge("second"), String.join("---\n", more));
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.2.0.2", "fd02::2"})
    void packetsAreRoutedBetweenSubnetsWithTtlDecrementedAndMacsOfTheHop(String server) {
        try (Witness atServer = Witness.start(network.serverSide);
                UdpFlow flow = UdpFlow.open(network.client, server, 7)) {
            assertThat(flow.exchange(20).lost()).isZero();
            assertThat(TcpTransfer.echoes(network.client, server, 7, 2_000_000)).isTrue();
            assertThat(network.client.pings(server)).isTrue();
            String port = network.sluice.interfaceNamed("right").mac();
            assertThat(atServer.in(f -> f.id() != 0))
                    .hasSize(20)
                    .allMatch(f -> f.ttl() == 63 && f.sourceMac().equals(port))
                    .allMatch(f -> f.destinationMac().equals(network.serverSide.mac()));
        }
    }

    @Test
    void routerAnswersArpNeighbourSolicitationsAndPings() {
        for (String own : List.of("10.1.0.1", "10.2.0.1", "fd01::1", "fd02::1")) {
            assertThat(network.client.pings(own)).as(own).isTrue();
        }
        String mac = network.sluice.interfaceNamed("left").mac();
        assertThat(network.client.configure("neigh", "show", "10.1.0.1")).contains(mac);
        assertThat(network.client.configure("-6", "neigh", "show", "fd01::1")).contains(mac);
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.70.0.1", "fd70::1"})
    void shorterPrefixIsUsedWhereNoLongerOneMatches(String address) {
        checkAnsweredBy(address, echoA, echoB);
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.70.1.1", "fd70:0:1::1"})
    void longestPrefixWins(String address) {
        checkAnsweredBy(address, echoB, echoA);
    }

    private static void checkAnsweredBy(String address, EchoHost right, EchoHost wrong) {
        try (UdpFlow flow = UdpFlow.open(network.client, address, 7)) {
            Set<Long> sent = flow.exchange(5).answered();
            assertThat(sent).hasSize(5);
            assertThat(right.ids()).containsAll(sent);
            assertThat(wrong.ids()).doesNotContainAnyElementsOf(sent);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.60.0.1", "fd60::1"})
    void ecmpSpreadsFlowsOverBothUplinksAndKeepsEachOnOne(String address) {
        int onA = 0;
        int onB = 0;
        for (int i = 0; i < 40; i++) {
            try (UdpFlow flow = UdpFlow.open(network.client, address, 7)) {
                Set<Long> ids = flow.exchange(4).answered();
                assertThat(ids).hasSize(4);
                Set<Long> atA = new HashSet<>(ids);
                atA.retainAll(echoA.ids());
                assertThat(atA.size()).isIn(0, 4);
                onA += atA.size() / 4;
                onB += 1 - atA.size() / 4;
            }
        }
        assertThat(onA).isBetween(5, 35);
        assertThat(onB).isBetween(5, 35);
    }

    @Test
    void flowsMoveToTheOtherUplinkWhenOneIsDown() {
        upA.interfaceNamed("eth0").down();
        try {
            sluice.awaitPort("up-a", false);
            for (int i = 0; i < 10; i++) {
                try (UdpFlow flow = UdpFlow.open(network.client, "10.60.0.1", 7)) {
                    assertThat(flow.exchange(2).lost()).isZero();
                }
            }
        } finally {
            upA.interfaceNamed("eth0").up();
            upA.interfaceNamed("eth0").address("fd11::2/64");
            upA.route("default", "10.11.0.1").route("default", "fd11::1");
            sluice.awaitPort("up-a", true);
        }
    }

    @Test
    void neighbourThatNeverAnswersCostsOnlyItsOwnPackets() {
        long before = unresolved();
        try (UdpFlow silent = UdpFlow.open(network.client, "10.2.0.99", 7);
                UdpFlow flow = UdpFlow.open(network.client, "10.2.0.2", 7)) {
            for (int i = 0; i < 20; i++) {
                silent.send();
            }
            assertThat(flow.exchange(20).lost()).isZero();
            Waits.until("all packets are accounted for", Duration.ofSeconds(10), () -> unresolved() - before == 20);
        }
    }

    private static long unresolved() {
        return sluice.dropped(DropReason.NEIGHBOR_UNRESOLVED) + sluice.dropped(DropReason.NEIGHBOR_QUEUE_FULL);
    }

    @Test
    void packetsWithoutARouteToABlackholeOrWithExpiredTtlAreDroppedAndCounted() {
        long noRoute = sluice.dropped(DropReason.NO_ROUTE);
        long blackhole = sluice.dropped(DropReason.BLACKHOLE);
        long expired = sluice.dropped(DropReason.TTL_EXPIRED);
        assertThat(network.client.pings("10.99.0.1")).isFalse();
        assertThat(network.client.pings("10.80.0.1")).isFalse();
        assertThat(network.client.succeeds("ping", "-c", "1", "-W", "1", "-t", "1", "10.2.0.2"))
                .isFalse();
        assertThat(sluice.dropped(DropReason.NO_ROUTE)).isEqualTo(noRoute + 1);
        assertThat(sluice.dropped(DropReason.BLACKHOLE)).isEqualTo(blackhole + 1);
        assertThat(sluice.dropped(DropReason.TTL_EXPIRED)).isEqualTo(expired + 1);
    }

    @Test
    void packetsFromAPortAreServedBeforeTheyAreRoutedAndAnswersAfter() {
        sluice.configure(plain(Yaml.policy("all", "r/left", "{name: all, action: {chain: fw}}")));
        try (Witness in = Witness.start(firewall.in());
                UdpFlow flow = UdpFlow.open(network.client, "10.2.0.2", 7)) {
            assertThat(flow.exchange(30).lost()).isZero();
            assertThat(in.in(f -> f.id() != 0)).hasSize(30).allMatch(f -> f.ttl() == 64);
            assertThat(in.out(f -> f.id() != 0)).hasSize(30).allMatch(f -> f.ttl() == 63);
        } finally {
            sluice.configure(plain());
        }
    }

    @Test
    void packetsToAPortAreRoutedBeforeTheyAreServedAndLeaveByTheChosenUplink() {
        sluice.configure(plain(Yaml.policy("all", "r/up-a, r/up-b", "{name: all, action: {chain: fw}}")));
        try (Witness in = Witness.start(firewall.in())) {
            for (String address : List.of("10.60.0.1", "fd60::1", "10.70.1.1", "10.70.0.1")) {
                in.clear();
                try (UdpFlow flow = UdpFlow.open(network.client, address, 7)) {
                    assertThat(flow.exchange(20).lost()).isZero();
                }
                assertThat(in.in(f -> f.id() != 0)).hasSize(20).allMatch(f -> f.ttl() == 63);
                assertThat(in.out(f -> f.id() != 0)).hasSize(20).allMatch(f -> f.ttl() == 64);
            }
            checkAnsweredBy("10.70.1.1", echoB, echoA);
            checkAnsweredBy("10.70.0.1", echoA, echoB);
        } finally {
            sluice.configure(plain());
        }
    }

    @Test
    void ruleForOneDirectionOfAPortServesOnlyThatDirection() {
        sluice.configure(plain(
                Yaml.policy("all", "{interface: r/left, direction: fromPort}", "{name: all, action: {chain: fw}}")));
        try (Witness in = Witness.start(firewall.in());
                UdpFlow flow = UdpFlow.open(network.client, "10.2.0.2", 7)) {
            assertThat(flow.exchange(30).lost()).isZero();
            assertThat(in.in(f -> f.id() != 0)).hasSize(30);
            assertThat(in.out(f -> f.id() != 0)).isEmpty();
        } finally {
            sluice.configure(plain());
        }
    }

    @Test
    void bothRoutersOfATierServeForThemselves() {
        String tiers = """
                apiVersion: sluice.dev/v1
                kind: Port
                metadata: {name: left}
                spec: {node: edge, interface: left}
                ---
                apiVersion: sluice.dev/v1
                kind: Port
                metadata: {name: right}
                spec: {node: edge, interface: right}
                ---
                apiVersion: sluice.dev/v1
                kind: LogicalRouter
                metadata: {name: t0}
                spec:
                  node: edge
                  interfaces:
                  - {port: left, addresses: [10.1.0.1/24, "fd01::1/64"]}
                  - {name: to-t1, link: t1/to-t0, addresses: [198.51.100.0/31, "fd99::1/64"]}
                  routes:
                  - {prefix: 10.2.0.0/24, via: [198.51.100.1]}
                  - {prefix: "fd02::/64", via: ["fd99::2"]}
                ---
                apiVersion: sluice.dev/v1
                kind: LogicalRouter
                metadata: {name: t1}
                spec:
                  node: edge
                  interfaces:
                  - {port: right, addresses: [10.2.0.1/24, "fd02::1/64"]}
                  - {name: to-t0, link: t0/to-t1, addresses: [198.51.100.1/31, "fd99::2/64"]}
                  routes:
                  - {prefix: 0.0.0.0/0, via: [198.51.100.0]}
                  - {prefix: "::/0", via: ["fd99::1"]}
                """;
        sluice.configure(Yaml.of(
                tiers,
                Yaml.bridge("fw"),
                Yaml.bridge("second"),
                Yaml.policy("t0", "t0/left", "{name: all, action: {chain: fw}}"),
                Yaml.policy("t1", "t1/to-t0", "{name: all, action: {chain: second}}")));
        try (Witness atT0 = Witness.start(firewall.in());
                Witness atT1 = Witness.start(second.in());
                Witness atServer = Witness.start(network.serverSide)) {
            for (String server : List.of("10.2.0.2", "fd02::2")) {
                try (UdpFlow flow = UdpFlow.open(network.client, server, 7)) {
                    assertThat(flow.exchange(25).lost()).isZero();
                }
            }
            assertThat(TcpTransfer.echoes(network.client, "10.2.0.2", 7, 500_000))
                    .isTrue();
            for (Witness node : List.of(atT0, atT1)) {
                assertThat(node.in(f -> f.id() != 0)).hasSize(50);
                assertThat(node.out(f -> f.id() != 0)).hasSize(50);
            }
            assertThat(atServer.in(f -> f.id() != 0)).hasSize(50).allMatch(f -> f.ttl() == 62);
        } finally {
            sluice.configure(plain());
        }
    }
}
