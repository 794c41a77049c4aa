package dev.sluice.agent.node;

import static dev.sluice.agent.Hosts.host;
import static dev.sluice.agent.Yaml.object;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.NodeOptions;
import dev.sluice.agent.Yaml;
import dev.sluice.agent.admin.AdminClient;
import dev.sluice.agent.report.PathsReport;
import dev.sluice.agent.report.PathsReport.RoutingReport;
import dev.sluice.agent.report.PlanesReport;
import dev.sluice.agent.report.PlanesReport.MemberReport;
import dev.sluice.agent.report.RuntimesReport;
import dev.sluice.agent.report.RuntimesReport.RuntimeReport;
import dev.sluice.agent.worker.WorkerSizes;
import dev.sluice.model.PlaneNumbers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Which routers are on which planes (V20), and routing as first and last hop (V31), on a running node: figure 27 of document 002. The routers of two tenants use the same service
 * nodes over planes of their own; a third one is on two planes, one of which the others are not on.
 */
class PlaneReportsTest {
    @TempDir
    private Path directory = Path.of("");

    private static String router(String name, int number) {
        return Yaml.text(
                object("Port", "t" + number, "{node: a, interface: t" + number + "}"),
                object(
                        "LogicalRouter",
                        name,
                        "{node: a, interfaces: [{port: t" + number + ", addresses: [10.1." + number + ".1/24]}]}"));
    }

    /** A router, its plane, the chain on it and the rules that lead there. */
    private static String tenant(String router, int number, String service, String onFailure) {
        return Yaml.text(
                router(router, number),
                object(
                        "ServiceAttachment",
                        "plane-" + number,
                        "{svni: 500" + number + ", appliedTo: {routers: [" + router + "], nodes: [b]}}"),
                object(
                        "ServiceChain",
                        "inspect-" + number,
                        "{profiles: [" + service + "], attachment: plane-" + number + ", onFailure: " + onFailure
                                + "}"),
                rules("rules-" + number, number, "inspect-" + number));
    }

    private static String rules(String name, int port, String chain) {
        return object(
                "ServicePolicy",
                name,
                "{appliedTo: [t" + port + "], rules: [{name: all, match: {protocol: tcp}, action: {chain: " + chain
                        + "}}]}");
    }

    private static String objects() {
        return Yaml.text(
                host("a", 1, "underlay"),
                host("b", 2, "underlay"),
                object("Service", "firewall", "{transport: raw}"),
                object("Service", "detection", "{transport: raw}"),
                object("ServiceInstance", "fw-a", "{service: firewall, node: a, interfaces: {in: fw-i, out: fw-o}}"),
                object("ServiceInstance", "fw-b", "{service: firewall, node: b, interfaces: {in: fw-i, out: fw-o}}"),
                object("ServiceInstance", "ids-b", "{service: detection, node: b, interfaces: {in: d-i, out: d-o}}"),
                tenant("vpc-1", 1, "firewall", "closed"),
                tenant("vpc-2", 2, "firewall", "open"),
                tenant("azg", 4, "detection", "closed"),
                object("ServiceChain", "common", "{profiles: [detection]}"),
                rules("rules-common", 4, "common").replace("tcp", "udp"),
                router("idle", 5));
    }

    private static String words(MemberReport member) {
        return member.kind() + " " + member.router() + " " + member.svni() + " " + member.attachment() + " "
                + member.chains() + " " + member.ports() + " " + member.interfaces() + " " + member.instances();
    }

    @Test
    void routersAreOnThePlanesOfTheChainsThatTheirRulesLeadToAndAreTheirFirstAndLastHops() throws Exception {
        FakeHost host = new FakeHost();
        List.of("underlay", "t1", "t2", "t4", "t5", "fw-i").forEach(name -> host.link(name, true));
        host.link("fw-o", false);
        Files.writeString(directory.resolve("conf.yaml"), objects());
        NodeOptions options =
                NodeOptions.of(directory).named("a").at(directory.resolve("s.sock"), directory.resolve("state"));
        try (NodeRunner node = NodeRunner.start(options, host, host, new WorkerSizes(256, 4, 1024, 42))) {
            AdminClient client = new AdminClient(node.socket());
            members(client.planes());
            ends(client.paths());
            MemoryNode.await(() -> !instance(node).alive());
            RuntimeReport instance = instance(node);
            assertThat(instance.interfaces())
                    .extracting(at ->
                            at.side() + " " + at.name() + " " + at.trouble().isEmpty())
                    .containsExactly("in fw-i true", "out fw-o false");
            assertThat(instance.interfaces().getFirst().mac()).isPositive();
            assertThat(instance.reason()).contains("fw-o");
            assertThat(instance.planes())
                    .extracting(plane -> plane.svni() + " " + plane.attachment())
                    .containsExactly("5001 plane-1", "5002 plane-2");
        }
    }

    private static void members(PlanesReport planes) {
        assertThat(planes.endpoint()).isEqualTo("10.0.0.1");
        assertThat(planes.underlay()).isEqualTo("underlay-a");
        assertThat(planes.members())
                .extracting(PlaneReportsTest::words)
                .containsExactlyInAnyOrder(
                        "router vpc-1 5001 plane-1 [inspect-1] [t1] [fw-i, fw-o] [fw-a, fw-b@b]",
                        "router vpc-2 5002 plane-2 [inspect-2] [t2] [fw-i, fw-o] [fw-a, fw-b@b]",
                        "router azg 4096  [common] [t4] [] [ids-b@b]",
                        "router azg 5004 plane-4 [inspect-4] [t4] [] [ids-b@b]");
        assertThat(planes.members())
                .allSatisfy(
                        member -> assertThat((int) member.tenant()).isEqualTo(PlaneNumbers.router(member.router())));
    }

    private static void ends(PathsReport paths) {
        Map<String, String> ends = paths.paths().stream()
                .collect(Collectors.toMap(
                        PathsReport.PathReport::name, path -> path.routers() + " " + path.onRoutingFailure()));
        assertThat(ends)
                .containsEntry("inspect-1[fw-a]", "[vpc-1] closed")
                .containsEntry("inspect-2[fw-b]", "[vpc-2] open")
                .containsEntry("common[ids-b]", "[azg] closed");
        // Nothing was ever heard of it.
        assertThat(paths.routing()).containsExactly(new RoutingReport("b", "unproven", ""));
    }

    private static RuntimeReport instance(NodeRunner node) {
        try {
            RuntimesReport here = node.requests().ask("runtimes", Map.of(), RuntimesReport.class);
            assertThat(here.instances()).hasSize(1);
            return here.instances().getFirst();
        } catch (NodeException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void nodeWithoutUnderlayHasPlanesForItsOwnServiceNodesAlone() throws Exception {
        try (MemoryNode node = new MemoryNode(directory, Yaml.bridge(), true)) {
            PlanesReport planes = node.client().planes();
            assertThat(planes.endpoint()).isEmpty();
            assertThat(planes.members()).hasSize(1);
            MemberReport member = planes.members().getFirst();
            assertThat(member.kind() + " " + member.router()).isEqualTo("pair left/right");
            assertThat(member.tenant()).isZero();
            assertThat(member.interfaces()).containsExactly("fw-1-in", "fw-1-out");
        }
    }
}
