package dev.sluice.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Service nodes stand between a client and a server on one cable, as they will behind Sluice; a plain cable takes its place. */
@Tag("system")
@Tag("long")
class FirewallSystemTest {
    private Topology topology;
    private Namespace client;
    private Namespace server;
    private Wire left;
    private Wire right;

    @BeforeEach
    void buildLine() {
        topology = Topology.create();
        client = topology.namespace("client");
        Namespace node = topology.namespace("node");
        server = topology.namespace("server");
        left = topology.wire(client, "eth0", node, "in");
        right = topology.wire(node, "out", server, "eth0");
        left.a().address("10.9.0.1/24").address("fd09::1/64");
        right.b().address("10.9.0.2/24").address("fd09::2/64");
    }

    @AfterEach
    void removeLine() {
        topology.close();
    }

    @Test
    void bridgeFirewallCountsBothDirectionsAndDropsWhatItsRulesForbid() {
        BridgeFirewall firewall = BridgeFirewall.create(left.b(), right.a());
        assertThat(client.pings("10.9.0.2")).isTrue();
        assertThat(client.pings("fd09::2")).isTrue();
        assertThat(firewall.filter().forward().packets()).isGreaterThanOrEqualTo(4);
        assertThat(firewall.filter().reverse().packets()).isGreaterThanOrEqualTo(4);
        assertThat(firewall.filter().dropped().packets()).isZero();

        firewall.filter().drop("ip protocol icmp");
        assertThat(client.pings("10.9.0.2")).isFalse();
        assertThat(firewall.filter().dropped().packets()).isEqualTo(1);
        assertThat(client.pings("fd09::2")).isTrue();

        firewall.kill();
        assertThat(client.pings("fd09::2")).isFalse();
        firewall.restore();
        firewall.filter().clearRules();
        assertThat(client.pings("10.9.0.2")).isTrue();
        firewall.unplug();
        assertThat(client.pings("10.9.0.2")).isFalse();
        firewall.replug();
        // The kernel takes up to a second to announce a carrier that came back.
        Waits.until("the wires work again", Duration.ofSeconds(10), () -> client.pings("10.9.0.2"));
    }

    @Test
    void routingFirewallRoutesCountsAndDrops() {
        routeThroughNode();
        RoutingFirewall firewall = RoutingFirewall.create(left.b(), right.a());
        assertThat(client.pings("10.8.0.2")).isTrue();
        assertThat(client.pings("fd08::2")).isTrue();
        assertThat(firewall.filter().forward().packets()).isEqualTo(2);
        assertThat(firewall.filter().reverse().packets()).isEqualTo(2);
        firewall.filter().drop("meta l4proto icmp");
        assertThat(client.pings("10.8.0.2")).isFalse();
        firewall.kill();
        assertThat(client.pings("fd08::2")).isFalse();
    }

    @Test
    void natNodeTranslatesSourceAndBringsAnswersBack() {
        routeThroughNode();
        server.configure("route", "flush", "via", "10.8.0.254");
        NatNode nat = NatNode.create(left.b(), right.a());
        assertThat(client.pings("10.8.0.2")).isTrue();
        assertThat(nat.filter().forward().packets()).isEqualTo(1);
        assertThat(nat.filter().reverse().packets()).isEqualTo(1);
    }

    @Test
    void inlineMatcherPassesOrdinaryRequestsAndBlocksForbiddenOnes() {
        InlineNode matcher = InlineNode.matcher(left.b(), right.a(), List.of("/forbidden"));
        HttpService http = HttpService.start(server, 80);
        assertThat(http.get(client, "10.9.0.2", "/file/200000", Duration.ofSeconds(20)))
                .isEqualTo(new HttpService.Answer(200, 200_000));
        assertThat(http.get(client, "fd09::2", "/other", Duration.ofSeconds(20)).status())
                .isEqualTo(200);
        assertThat(matcher.blocked()).isEmpty();
        assertThat(http.get(client, "10.9.0.2", "/forbidden", Duration.ofSeconds(2)))
                .isEqualTo(HttpService.Answer.NONE);
        assertThat(matcher.blocked()).hasSize(1);
        assertThat(matcher.blocked().getFirst()).contains("-> 10.9.0.2:80 \"/forbidden\"");
        Waits.until(
                "the matcher counts its drops",
                Duration.ofSeconds(5),
                () -> matcher.figures().droppedCount() > 0);
    }

    @Test
    void inlineMatcherCarriesFramesWithSegmentationPending() {
        InlineNode matcher = InlineNode.matcher(left.b(), right.a(), List.of("never"));
        HttpService http = HttpService.start(server, 80);
        assertThat(http.get(client, "10.9.0.2", "/file/3000000", Duration.ofSeconds(20)))
                .isEqualTo(new HttpService.Answer(200, 3_000_000));
        // Far fewer frames than 3,000,000 / 1,448: segments stayed joined.
        Waits.until(
                "the matcher counted",
                Duration.ofSeconds(5),
                () -> matcher.figures().reverseCount() >= 20);
        assertThat(matcher.figures().reverseCount()).isLessThan(1_000);
    }

    @Test
    void inlineMatcherKeepsVlanTags() {
        InlineNode.matcher(left.b(), right.a(), List.of("never"));
        LabProcess listener = server.startJava("probe", RawProbeMain.class, List.of("--on", "eth0"))
                .awaitReady(Duration.ofSeconds(10));
        String tagged = "ffffffffffff" + "025c0000ff01" + "81000007" + "88b5" + "00".repeat(46);
        String twice = "ffffffffffff" + "025c0000ff01" + "88a80009" + "81000007" + "88b5" + "00".repeat(46);
        for (String frame : List.of(tagged, twice)) {
            client.startJava("probe", RawProbeMain.class, List.of("--on", "eth0", "--send", frame));
            listener.awaitLine("the frame with its tag", Duration.ofSeconds(5), ("frame " + frame)::equals);
        }
    }

    @Test
    void echoNodeReturnsFramesOnTheirInput() {
        client.interfaceNamed("eth0").offloads(true);
        InlineNode echo = InlineNode.echo(left.b(), right.a());
        assertThat(client.pings("10.9.0.2")).isFalse();
        Waits.until(
                "the node echoed", Duration.ofSeconds(5), () -> echo.figures().sentCount() > 0);
    }

    @Test
    void floodingNodeSendsAsManyFramesAsToldAndStops() {
        InlineNode flood = InlineNode.flood(left.b(), right.a(), 5_000, 500, 3);
        Waits.until(
                "500 frames were sent",
                Duration.ofSeconds(10),
                () -> flood.figures().sentCount() == 500);
        assertThat(client.pings("10.9.0.2")).isFalse();
    }

    @Test
    void wrongPortNodeSendsEverythingOutOfItsThirdInterface() {
        Namespace other = topology.namespace("other");
        Wire third = topology.wire(topology.get("node"), "wrong", other, "eth0");
        InlineNode wrong = InlineNode.wrongPort(left.b(), right.a(), third.a());
        assertThat(client.pings("10.9.0.2")).isFalse();
        Waits.until(
                "frames went out", Duration.ofSeconds(5), () -> wrong.figures().sentCount() > 0);
    }

    private void routeThroughNode() {
        left.b().address("10.9.0.254/24").address("fd09::fe/64");
        right.a().address("10.8.0.254/24").address("fd08::fe/64");
        right.b().address("10.8.0.2/24").address("fd08::2/64");
        server.configure("address", "del", "10.9.0.2/24", "dev", "eth0");
        server.configure("address", "del", "fd09::2/64", "dev", "eth0");
        client.route("10.8.0.0/24", "10.9.0.254").route("fd08::/64", "fd09::fe");
        server.route("10.9.0.0/24", "10.8.0.254").route("fd09::/64", "fd08::fe");
    }
}
