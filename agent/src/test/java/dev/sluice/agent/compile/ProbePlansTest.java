package dev.sluice.agent.compile;

import static dev.sluice.agent.Yaml.chain;
import static dev.sluice.agent.Yaml.inspectAll;
import static dev.sluice.agent.Yaml.object;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.Yaml;
import dev.sluice.model.Problem;
import dev.sluice.wire.IpAddress;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How instances are probed, and why not. */
class ProbePlansTest {
    private static final String ROUTED = """
            {service: firewall, interfaces: {in: {interface: a, addresses: [10.1.0.1/24], nextHop: 10.1.0.2}, \
            out: {interface: b, addresses: [10.2.0.1/24], nextHop: 10.2.0.2}}}""";

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

    private static int v4(String text) {
        return IpAddress.parse(text).orElseThrow().ipv4Bits();
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
        assertThat(forward.frame().source())
                .isEqualTo(v4("169.254.83.76"))
                .isEqualTo(reverse.frame().destination());
        assertThat(forward.frame().destination())
                .isEqualTo(v4("169.254.83.77"))
                .isEqualTo(reverse.frame().source());
        assertThat(forward.sourceMac()).isPositive().isEqualTo(reverse.destinationMac());
        assertThat(forward.destinationMac()).isPositive().isEqualTo(reverse.sourceMac());
        assertThat(forward.backPort()).isEqualTo(reverse.port()).isNotEqualTo(forward.port());
        assertThat(forward.frame().port()).isEqualTo(54_863);
    }

    @Test
    void addressesAndPortAreTheUsersIfGiven() {
        ProbePlan plan = plans(
                        "{transport: raw, health: {probe: through, source: 10.9.0.1, destination: 10.9.0.2, port: 4000}}",
                        "{service: firewall, interfaces: {in: a, out: b}}")
                .getFirst();
        assertThat(plan.legs().getFirst().frame().source()).isEqualTo(v4("10.9.0.1"));
        assertThat(plan.legs().getFirst().frame().destination()).isEqualTo(v4("10.9.0.2"));
        assertThat(plan.legs().getFirst().frame().port()).isEqualTo(4000);
    }

    @Test
    void probesOfRoutingNodesGoFromOwnAddressToOwnAddress() {
        ProbePlan plan = plans("{transport: raw, forwarding: route, health: {probe: through}}", ROUTED)
                .getFirst();
        ProbePlan.Leg forward = plan.legs().getFirst();
        assertThat(forward.frame().source()).isEqualTo(v4("10.1.0.1"));
        assertThat(forward.frame().destination()).isEqualTo(v4("10.2.0.1"));
        assertThat(forward.nextHop()).isEqualTo(v4("10.1.0.2"));
        assertThat(forward.sourceMac()).isEqualTo(-1);
        assertThat(forward.destinationMac()).isEqualTo(-1);
    }

    @Test
    void echoesGoToTheNextHopOfEachSide() {
        ProbePlan plan = plans("{transport: raw, forwarding: route, health: {probe: icmp}}", ROUTED)
                .getFirst();
        assertThat(plan.echo()).isTrue();
        assertThat(plan.legs()).hasSize(2).allMatch(leg -> leg.port() == leg.backPort());
        assertThat(plan.legs().get(1).frame().destination()).isEqualTo(v4("10.2.0.2"));
    }

    @Test
    void whatCannotBeProbedSaysSo() {
        checkLinksOnly(
                "{transport: raw, health: {probe: bfd}}",
                "{service: firewall, interfaces: {in: a, out: b}}",
                "no such probe");
        checkLinksOnly(
                "{transport: raw, health: {probe: icmp}}",
                "{service: firewall, interfaces: {in: a, out: b}}",
                "an echo probe needs a node that routes");
        checkLinksOnly(
                "{transport: raw, forwarding: route, health: {probe: through}}",
                "{service: firewall, interfaces: {in: {interface: a, addresses: [10.1.0.1/24], nextHop: 10.1.0.2}}}",
                "health.probe icmp");
        checkLinksOnly(
                "{transport: raw, forwarding: route, health: {probe: through}}",
                "{service: firewall, interfaces: {in: {interface: a, addresses: [\"fd00::1/64\"], nextHop: \"fd00::2\"},"
                        + " out: {interface: b, addresses: [\"fd01::1/64\"], nextHop: \"fd01::2\"}}}",
                "IPv4");
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
