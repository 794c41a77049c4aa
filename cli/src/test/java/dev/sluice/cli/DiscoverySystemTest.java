package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.lab.BridgeFirewall;
import dev.sluice.lab.Namespace;
import dev.sluice.lab.Waits;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Seed 000's flow over the public interface: a workload comes online, its profile is attached, the node is found, traffic is intercepted, node and workload move (C9, C10). */
@Tag("system")
class DiscoverySystemTest {
    private static final String OBJECTS = """
            {apiVersion: sluice.dev/v1, kind: LogicalSwitch, metadata: {name: lan}, spec: {vni: 5001}}
            ---
            {apiVersion: sluice.dev/v1, kind: Service, metadata: {name: firewall}, spec: {transport: raw}}
            ---
            {apiVersion: sluice.dev/v1, kind: ServiceInstance, metadata: {name: fw-1}, spec: {service: firewall, identifier: fw-1}}
            ---
            {apiVersion: sluice.dev/v1, kind: ServiceChain, metadata: {name: inspect}, spec: {profiles: [firewall], onFailure: closed}}
            ---
            {apiVersion: sluice.dev/v1, kind: PortProfile, metadata: {name: web}, spec: {chain: inspect, switch: lan, discover: {aliases: "vm-*"}}}
            ---
            {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: server}, spec: {node: host-b, interface: srv, switch: lan}}
            """;

    @TempDir
    private Path folder = Path.of("");

    private static boolean isAt(JsonNode object, int host) {
        return object.path("spec").path("node").asString("").equals(ManagedFabric.name(host));
    }

    @Test
    void workloadsAndNodesAreFoundAndFollowedWithoutConfiguration() {
        try (WanderingLab lab = new WanderingLab(folder, 3)) {
            lab.ask("POST", "/api/v1/apply", lab.underlay() + OBJECTS);
            Namespace vm = lab.topology.namespace("vm");
            Namespace server = lab.topology.namespace("server");
            lab.attach(server, "eth0", 1, "srv", "").address("10.0.0.2/24");
            lab.workload(vm, 0, "vm-1", 1);
            lab.await("the workload is found", "ports", "vm-1", port -> isAt(port, 0) && WanderingLab.is(port, "Up"));
            JsonNode port = lab.object("ports", "vm-1");
            assertThat(port.path("metadata")
                            .path("labels")
                            .path("sluice.dev/discovered")
                            .asString())
                    .isEqualTo("web");
            assertThat(port.path("metadata")
                            .path("managedFields")
                            .get(0)
                            .path("manager")
                            .asString())
                    .isEqualTo("discovery");

            BridgeFirewall first = lab.firewall("fw", 1, "fw-1");
            served(lab, vm, first, 1);

            first.in().delete();
            first.out().delete();
            BridgeFirewall second = lab.firewall("fw-moved", 2, "fw-1");
            served(lab, vm, second, 2);

            vm.interfaceNamed("eth0").delete();
            lab.workload(vm, 2, "vm-1", 1);
            lab.await("the workload has moved", "ports", "vm-1", now -> isAt(now, 2) && WanderingLab.is(now, "Up"));
            served(lab, vm, second, 2);

            vm.interfaceNamed("eth0").delete();
            lab.await("the workload has gone", "ports", "vm-1", now -> !now.has("spec"));
            List<String> ofPort = List.of("Found host-a", "Moved host-c", "Vanished host-c");
            // An event is told a moment after what it is about.
            Waits.until(
                    "all has been told",
                    PairLab.WAIT,
                    () -> events(lab, "port", "vm-1").containsAll(ofPort));
            assertThat(events(lab, "serviceinstance", "fw-1")).contains("Found host-b", "Moved host-c");
            assertThat(events(lab, "node", "host-a")).contains("Connected host-a");
        }
    }

    /** What happened to an object, and where. */
    private static List<String> events(WanderingLab lab, String kind, String name) {
        List<String> events = new ArrayList<>();
        JsonNode answer = lab.ask("GET", "/api/v1/events?kind=" + kind + "&name=" + name, "");
        answer.path("items")
                .forEach(each -> events.add(each.path("reason").asString("") + " "
                        + each.path("node").asString("")));
        return events;
    }

    /** Whether all hosts have an object as it is now. */
    private static boolean isApplied(JsonNode object) {
        return WanderingLab.is(object, "Applied")
                && object.path("status").path("observedGeneration").asLong(0)
                        == object.path("metadata").path("generation").asLong(-1);
    }

    /** The node is found at a host, and what the workload sends and gets has been in it. */
    private static void served(WanderingLab lab, Namespace vm, BridgeFirewall firewall, int host) {
        lab.await(
                "the node is found",
                "serviceinstances",
                "fw-1",
                now -> isAt(now, host) && isApplied(now) && WanderingLab.is(now, "Alive"));
        Waits.until("packets pass", PairLab.WAIT, () -> vm.pings("10.0.0.2"), lab::logs);
        long before = WanderingLab.passed(firewall);
        assertThat(vm.pings("10.0.0.2")).isTrue();
        assertThat(WanderingLab.passed(firewall)).isGreaterThanOrEqualTo(before + 2);
    }
}
