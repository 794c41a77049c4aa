package dev.sluice.agent.compile;

import static dev.sluice.agent.Yaml.chain;
import static dev.sluice.agent.Yaml.inspectAll;
import static dev.sluice.agent.Yaml.object;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.Yaml;
import dev.sluice.datapath.snapshot.WatchedNode;
import dev.sluice.datapath.snapshot.WatchedNode.Speech;
import dev.sluice.liveness.NeighborQuestion;
import dev.sluice.liveness.ProbeFrame;
import dev.sluice.liveness.bfd.BfdTiming;
import dev.sluice.model.Problem;
import dev.sluice.wire.IpAddress;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** How instances are probed, and why not. */
class ProbePlansTest {
    private static final String ROUTED = """
            {service: firewall, interfaces: {in: {interface: a, addresses: [10.1.0.1/24], nextHop: 10.1.0.2}, \
            out: {interface: b, addresses: [10.2.0.1/24], nextHop: 10.2.0.2}}}""";

    private static final String ROUTED_6 = """
            {service: firewall, interfaces: {in: {interface: a, addresses: ["fd00::1/64"], nextHop: "fd00::2"}, \
            out: {interface: b, addresses: ["fd01::1/64"], nextHop: "fd01::2"}}}""";

    private final SnapshotCompiler compiler = new SnapshotCompiler("edge", new IdRegistry());

    private CompileResult compile(String service, String instance) {
        return compiler.compile(
                Yaml.parse(
                        object("Service", "firewall", service),
                        object("ServiceInstance", "fw-1", instance),
                        chain("closed"),
                        inspectAll()),
                name -> new InterfaceFacts(name.hashCode() & 0xff, 1500));
    }

    private List<ProbePlan> plans(String service, String instance) {
        return compile(service, instance).node().orElseThrow().probes();
    }

    private void checkLinksOnly(String service, String instance, String reason) {
        CompileResult result = compile(service, instance);
        assertThat(result.node().orElseThrow().probes()).isEmpty();
        assertThat(result.problems()).anySatisfy(problem -> {
            assertThat(problem.isError()).isFalse();
            assertThat(problem.toString()).contains(reason);
        });
    }

    private static IpAddress address(String text) {
        return IpAddress.parse(text).orElseThrow();
    }

    private static ProbeFrame frame(ProbePlan.Leg leg) {
        return ((ProbePlan.Frame) leg.ask()).frame();
    }

    @Test
    void withoutAWordOnlyLinksAreWatched() {
        CompileResult result = compile("{transport: raw}", "{service: firewall, interfaces: {in: a, out: b}}");
        assertThat(result.node().orElseThrow().probes()).isEmpty();
        assertThat(result.problems()).noneMatch(Problem::isError);
    }

    @Test
    void bridgeIsProbedBothWaysWithTheMacsOfItsSides() {
        ProbePlan plan = plans(
                        "{transport: raw, health: {probe: through, intervalMs: 20, failAfter: 4, recoverAfter: 2, holdDownMs: 7}}",
                        "{service: firewall, interfaces: {in: a, out: b}}")
                .getFirst();
        assertThat(plan.timing().intervalNs()).isEqualTo(20_000_000);
        assertThat(plan.timing().failAfter()).isEqualTo(4);
        assertThat(plan.timing().recoverAfter()).isEqualTo(2);
        assertThat(plan.timing().holdDownNs()).isEqualTo(7_000_000);
        ProbePlan.Leg forward = plan.legs().get(0);
        ProbePlan.Leg reverse = plan.legs().get(1);
        assertThat(frame(forward).headers().source())
                .isEqualTo(address("169.254.83.76"))
                .isEqualTo(frame(reverse).headers().destination());
        assertThat(frame(forward).headers().destination())
                .isEqualTo(address("169.254.83.77"))
                .isEqualTo(frame(reverse).headers().source());
        assertThat(forward.way().sourceMac())
                .isPositive()
                .isEqualTo(reverse.way().destinationMac());
        assertThat(forward.way().destinationMac())
                .isPositive()
                .isEqualTo(reverse.way().sourceMac());
        assertThat(Objects.requireNonNull(forward.back()).port())
                .isEqualTo(reverse.way().port())
                .isNotEqualTo(forward.way().port());
        assertThat(frame(forward).port()).isEqualTo(54_863);
        assertThat(forward.watched()).isNull();
    }

    @Test
    void addressesAndPortAreTheUsersIfGiven() {
        ProbePlan plan = plans(
                        "{transport: raw, health: {probe: through, source: 10.9.0.1, destination: 10.9.0.2, port: 4000}}",
                        "{service: firewall, interfaces: {in: a, out: b}}")
                .getFirst();
        ProbeFrame frame = frame(plan.legs().getFirst());
        assertThat(frame.headers().source()).isEqualTo(address("10.9.0.1"));
        assertThat(frame.headers().destination()).isEqualTo(address("10.9.0.2"));
        assertThat(frame.port()).isEqualTo(4000);
    }

    @Test
    void probesOfRoutingNodesGoFromOwnAddressToOwnAddress() {
        ProbePlan plan = plans("{transport: raw, forwarding: route, health: {probe: through}}", ROUTED)
                .getFirst();
        ProbePlan.Leg forward = plan.legs().getFirst();
        assertThat(frame(forward).headers().source()).isEqualTo(address("10.1.0.1"));
        assertThat(frame(forward).headers().destination()).isEqualTo(address("10.2.0.1"));
        assertThat(forward.way().nextHop()).isEqualTo(address("10.1.0.2"));
        assertThat(forward.way().sourceMac()).isEqualTo(-1);
        assertThat(forward.way().destinationMac()).isEqualTo(-1);
    }

    @Test
    void echoesGoToTheNextHopOfEachSide() {
        ProbePlan plan = plans("{transport: raw, forwarding: route, health: {probe: icmp}}", ROUTED)
                .getFirst();
        assertThat(plan.legs())
                .hasSize(2)
                .allMatch(leg ->
                        leg.way().port() == Objects.requireNonNull(leg.back()).port())
                .allMatch(leg -> frame(leg).port() == -1);
        assertThat(frame(plan.legs().get(1)).headers().destination()).isEqualTo(address("10.2.0.2"));
    }

    @Test
    void withoutIpv4RoutingNodesAreProbedOverIpv6AndListenedToByAddress() {
        for (String kind : List.of("through", "icmp")) {
            ProbePlan plan = plans("{transport: raw, forwarding: route, health: {probe: " + kind + "}}", ROUTED_6)
                    .getFirst();
            boolean through = kind.equals("through");
            ProbePlan.Leg second = plan.legs().get(1);
            assertThat(second.back()).isNull();
            assertThat(second.way().nextHop()).isEqualTo(address("fd01::2"));
            assertThat(frame(second).headers().destination()).isEqualTo(address(through ? "fd00::1" : "fd01::2"));
            WatchedNode watched = Objects.requireNonNull(second.watched());
            assertThat(watched.address()).isEqualTo(address(through ? "fd01::1" : "fd01::2"));
            assertThat(watched.own()).isEqualTo(address(through ? "fd00::1" : "fd01::1"));
            assertThat(watched.side()).isEqualTo(through ? 0 : 1);
            assertThat(watched.speech()).isEqualTo(through ? Speech.THROUGH : Speech.ECHO);
        }
    }

    @Test
    void questionsForMacAddressesGoToTheNextHopOfEachSideInEitherFamily() {
        for (String sides : List.of(ROUTED, ROUTED_6)) {
            ProbePlan plan = plans("{transport: raw, forwarding: route, health: {probe: arp}}", sides)
                    .getFirst();
            String node = sides.equals(ROUTED) ? "10.2.0.2" : "fd01::2";
            String own = sides.equals(ROUTED) ? "10.2.0.1" : "fd01::1";
            assertThat(plan.legs()).hasSize(2);
            ProbePlan.Leg out = plan.legs().get(1);
            assertThat(out.ask())
                    .isEqualTo(new ProbePlan.Question(new NeighborQuestion(0, 0, address(own), address(node))));
            assertThat(out.back()).isNull();
            assertThat(out.way().nextHop()).isEqualTo(address(node));
            WatchedNode watched = Objects.requireNonNull(out.watched());
            assertThat(watched.speech()).isEqualTo(Speech.NEIGHBOR);
            assertThat(watched.address()).isEqualTo(address(node));
            assertThat(watched.own()).isEqualTo(address(own));
            assertThat(watched.side()).isEqualTo(1);
            assertThat(watched.port()).isEqualTo(out.way().port());
        }
    }

    @Test
    void nodesWithEndpointBehindARouterAreNotAskedForTheirMacAddress() {
        assertThat(underlay("arp", "192.0.2.50").problems()).isEmpty();
        CompileResult beyond = underlay("arp", "198.51.100.50");
        assertThat(beyond.node().orElseThrow().probes()).isEmpty();
        assertThat(beyond.problems())
                .anyMatch(problem -> !problem.isError()
                        && problem.toString().contains("198.51.100.50")
                        && problem.toString().contains("no router carries the questions of health.probe arp")
                        && problem.toString().contains("use icmp, tcp, http or bfd"));
    }

    @Test
    void connectionsGoToOneSideAndHaveTheirOwnPort() {
        ProbePlan tcp = plans("{transport: raw, forwarding: route, health: {probe: tcp, port: 8080}}", ROUTED)
                .getFirst();
        assertThat(tcp.legs()).singleElement().satisfies(leg -> {
            assertThat(leg.ask()).isInstanceOfSatisfying(ProbePlan.Connection.class, ask -> {
                assertThat(ask.nodePort()).isEqualTo(8080);
                assertThat(ask.path()).isEmpty();
            });
            assertThat(Objects.requireNonNull(leg.watched()).nodePort()).isEqualTo(8080);
        });
        ProbePlan http = plans("{transport: raw, forwarding: route, health: {probe: http, path: /up}}", ROUTED)
                .getFirst();
        assertThat(http.legs().getFirst().ask())
                .isEqualTo(new ProbePlan.Connection(
                        ((ProbePlan.Connection) http.legs().getFirst().ask()).headers(), 80, Optional.of("/up")));
    }

    @Test
    void bfdHasASessionOnEachSideAndKnowsThemApart() {
        ProbePlan plan = plans(
                        "{transport: raw, forwarding: route, health: {probe: bfd, failAfter: 4, bfd: {meticulous: false, key: {secret: abc}}}}",
                        ROUTED)
                .getFirst();
        assertThat(plan.isBfd()).isTrue();
        ProbePlan.Session in = (ProbePlan.Session) plan.legs().get(0).ask();
        ProbePlan.Session out = (ProbePlan.Session) plan.legs().get(1).ask();
        assertThat(in.path().multihop()).isFalse();
        assertThat(in.path().interfaceIndex())
                .isPositive()
                .isNotEqualTo(out.path().interfaceIndex());
        assertThat(out.path().peer()).isEqualTo(address("10.2.0.2"));
        assertThat(in.settings().timing()).isEqualTo(BfdTiming.ofMs(50, 4));
        assertThat(Objects.requireNonNull(in.settings().authentication()).meticulous())
                .isFalse();
        assertThat(in.headers().ttl()).isEqualTo(255);
        assertThat(plan.toString()).doesNotContain("abc");
    }

    @Test
    void nodesWithEndpointAreAskedThereByWhatIsNearer() {
        for (String node : List.of("192.0.2.50", "198.51.100.50")) {
            ProbePlan plan = underlay("bfd", node).node().orElseThrow().probes().getFirst();
            ProbePlan.Leg leg = plan.legs().getFirst();
            assertThat(leg.way().underlay()).isTrue();
            ProbePlan.Session session = (ProbePlan.Session) leg.ask();
            assertThat(session.path().multihop()).isEqualTo(node.startsWith("198"));
            assertThat(session.path().local()).isEqualTo(address("192.0.2.1"));
            assertThat(session.path().ttlMin()).isEqualTo(node.startsWith("198") ? 240 : 255);
        }
        for (String kind : List.of("icmp", "arp", "tcp", "http")) {
            assertThat(underlay(kind, "192.0.2.50").node().orElseThrow().probes())
                    .as(kind)
                    .hasSize(1);
        }
        CompileResult through = underlay("through", "192.0.2.50");
        assertThat(through.node().orElseThrow().probes()).isEmpty();
        assertThat(through.problems())
                .anyMatch(problem -> problem.toString().contains("use icmp, arp, tcp, http or bfd"));
        assertThat(underlay("link", "192.0.2.50").problems()).isEmpty();
    }

    private CompileResult underlay(String kind, String endpoint) {
        return compiler.compile(
                Yaml.parse(
                        object("Node", "edge", "{underlay: {address: 192.0.2.1}}"),
                        object("Port", "net", "{node: edge, interface: net}"),
                        object(
                                "LogicalRouter",
                                "net",
                                "{node: edge, interfaces: [{port: net, addresses: [192.0.2.1/24]}],"
                                        + " routes: [{prefix: 198.51.100.0/24, via: [192.0.2.9]}]}"),
                        object("Service", "firewall", "{transport: gwlb, health: {probe: " + kind + "}}"),
                        object(
                                "ServiceInstance",
                                "fw-1",
                                "{service: firewall, node: edge, endpoint: " + endpoint + "}")),
                name -> new InterfaceFacts(name.hashCode() & 0xff, 1700));
    }

    @Test
    void whatCannotBeProbedSaysSo() {
        for (String kind : List.of("bfd", "tcp", "http", "icmp", "arp")) {
            checkLinksOnly(
                    "{transport: raw, health: {probe: " + kind + "}}",
                    "{service: firewall, interfaces: {in: a, out: b}}",
                    "a probe of kind " + kind + " needs a node that routes");
        }
        checkLinksOnly(
                "{transport: raw, forwarding: route, health: {probe: through}}",
                "{service: firewall, interfaces: {in: {interface: a, addresses: [10.1.0.1/24], nextHop: 10.1.0.2}}}",
                "health.probe icmp");
        checkLinksOnly(
                "{transport: raw, forwarding: route, health: {probe: through}}",
                "{service: firewall, interfaces: {in: {interface: a, addresses: [\"fd00::1/64\"], nextHop: \"fd00::2\"},"
                        + " out: {interface: b, addresses: [10.2.0.1/24], nextHop: 10.2.0.2}}}",
                "of one IP version");
    }

    @Test
    void capsReachTheSnapshot() {
        CompileResult result = compile(
                "{transport: raw}", "{service: firewall, packetsPerSecondMax: 5000, interfaces: {in: a, out: b}}");
        assertThat(result.node().orElseThrow().snapshot().caps())
                .singleElement()
                .satisfies(cap -> {
                    assertThat(cap.packetsPerSecond()).isEqualTo(5000);
                    assertThat(cap.burst()).isEqualTo(50);
                });
    }
}
