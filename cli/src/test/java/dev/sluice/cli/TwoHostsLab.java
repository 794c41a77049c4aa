package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.admin.AdminClient;
import dev.sluice.agent.report.StatusReport;
import dev.sluice.lab.BridgeFirewall;
import dev.sluice.lab.LabProcess;
import dev.sluice.lab.Namespace;
import dev.sluice.lab.Topology;
import dev.sluice.lab.Waits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/**
 * Two hosts with an agent each and a manager, all processes of their own in namespaces; client and server at host A, a firewall at host B.
 *
 * <pre>
 *                    [ manager ] 198.51.100.9
 *                         |  management
 *          .1 +-----------+------------+ .2
 *  client -- left [ host-a ] right -- server        [ host-b ] fw-in, fw-out -- [ fw ]
 *                     | underlay 192.0.2.1               | underlay 192.0.2.2
 *                     +------------ fabric --------------+
 * </pre>
 */
final class TwoHostsLab implements AutoCloseable {
    private static final AtomicInteger COMMANDS = new AtomicInteger();

    /** Hosts and their ports. */
    static final String HOSTS = """
            {apiVersion: sluice.dev/v1, kind: Node, metadata: {name: host-a}, spec: {tracker: {connectionsMax: 16384}, underlay: {address: 192.0.2.1}}}
            ---
            {apiVersion: sluice.dev/v1, kind: Node, metadata: {name: host-b}, spec: {tracker: {connectionsMax: 16384}, underlay: {address: 192.0.2.2}}}
            ---
            {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: underlay-a}, spec: {node: host-a, interface: underlay}}
            ---
            {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: underlay-b}, spec: {node: host-b, interface: underlay}}
            ---
            {apiVersion: sluice.dev/v1, kind: LogicalRouter, metadata: {name: underlay-a}, spec: {node: host-a, interfaces: [{port: underlay-a, addresses: [192.0.2.1/24]}]}}
            ---
            {apiVersion: sluice.dev/v1, kind: LogicalRouter, metadata: {name: underlay-b}, spec: {node: host-b, interfaces: [{port: underlay-b, addresses: [192.0.2.2/24]}]}}
            ---
            {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: left}, spec: {node: host-a, interface: left, peer: right}}
            ---
            {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: right}, spec: {node: host-a, interface: right}}
            """;

    /** The same, and a chain through the firewall. */
    static final String OBJECTS = HOSTS + """
            ---
            {apiVersion: sluice.dev/v1, kind: Service, metadata: {name: firewall}, spec: {transport: raw}}
            ---
            {apiVersion: sluice.dev/v1, kind: ServiceInstance, metadata: {name: fw}, spec: {service: firewall, node: host-b, interfaces: {in: fw-in, out: fw-out}}}
            ---
            {apiVersion: sluice.dev/v1, kind: ServiceChain, metadata: {name: inspect}, spec: {profiles: [firewall], onFailure: closed}}
            """;

    final Topology topology = Topology.create();
    final Namespace client = topology.namespace("client");
    final Namespace server = topology.namespace("server");
    private final ManagedFabric fabric = new ManagedFabric(topology);
    final Namespace manager = fabric.manager;
    final List<Namespace> hosts = new ArrayList<>();
    final BridgeFirewall firewall;
    private final Path folder;

    TwoHostsLab(Path folder) {
        this.folder = folder;
        hosts.add(fabric.host(0));
        hosts.add(fabric.host(1));
        var left = topology.wire(client, "eth0", hosts.get(0), "left");
        var right = topology.wire(server, "eth0", hosts.get(0), "right");
        left.b().quiet();
        right.b().quiet();
        left.a().address("10.0.0.1/24");
        right.a().address("10.0.0.2/24");
        Namespace fw = topology.namespace("fw");
        var in = topology.wire(fw, "in", hosts.get(1), "fw-in");
        var out = topology.wire(fw, "out", hosts.get(1), "fw-out");
        in.b().quiet();
        out.b().quiet();
        firewall = BridgeFirewall.create(in.a(), out.a());
    }

    LabProcess startManager(String... more) {
        List<String> words = new ArrayList<>(
                List.of("manager", "--data", folder.resolve("data").toString(), "--agents", ManagedFabric.AGENTS));
        words.addAll(List.of(more));
        LabProcess process = manager.startJvm("manager", PairLab.FLAGS, Main.class, words);
        process.awaitLine("the manager listens", PairLab.WAIT, line -> line.contains("agents reach it"));
        return process;
    }

    /** Starts the agent of a host that has a certificate, or is given a token. */
    LabProcess startAgent(int host, String... more) {
        List<String> words = new ArrayList<>(
                List.of("agent", "--manager", ManagedFabric.AGENTS, "--node", ManagedFabric.name(host)));
        words.addAll(List.of("--admin", socket(host).toString()));
        words.addAll(List.of(
                "--state", folder.resolve("state-" + ManagedFabric.name(host)).toString()));
        words.addAll(List.of(more));
        return hosts.get(host).startJvm("agent", PairLab.FLAGS, Main.class, words);
    }

    /** A token for a host, as an administrator makes it. */
    String token(int host) {
        return command(0, "enrol", "create", ManagedFabric.name(host))
                .lines()
                .filter(line -> line.startsWith("sluice-enrol_"))
                .findFirst()
                .orElseThrow();
    }

    private Path socket(int host) {
        return folder.resolve("agent-" + host + ".sock");
    }

    StatusReport status(int host) {
        try {
            return new AdminClient(socket(host)).status();
        } catch (NodeException e) {
            throw new AssertionError(e.getMessage(), e);
        }
    }

    /** Waits until an agent answers and something holds of it. */
    void await(String what, int host, LabProcess agent, Predicate<StatusReport> holds) {
        Waits.until(
                what,
                PairLab.WAIT,
                () -> {
                    try {
                        return holds.test(new AdminClient(socket(host)).status());
                    } catch (NodeException e) {
                        return false;
                    }
                },
                agent::log);
    }

    /** Runs a command of the product beside the manager, as its administrator; what it says. */
    String command(int status, String... words) {
        return commandAs(folder.resolve("data/admin.token"), status, words);
    }

    /** The same as somebody with a token. */
    String commandAs(Path token, int status, String... words) {
        List<String> all = new ArrayList<>(List.of(words));
        all.addAll(List.of("--token-file", token.toString()));
        try (LabProcess process =
                manager.startJvm("command-" + COMMANDS.incrementAndGet(), PairLab.FLAGS, Main.class, all)) {
            int ended = process.awaitExit(PairLab.WAIT);
            assertThat(ended).as(process.log()).isEqualTo(status);
            return process.log();
        }
    }

    /** Packets that the firewall let through so far. */
    long passed() {
        return firewall.filter().forward().packets()
                + firewall.filter().reverse().packets();
    }

    /** Applies objects; what the command says. */
    String apply(String yaml) throws IOException {
        return applyAs(folder.resolve("data/admin.token"), 0, yaml);
    }

    /** The same as somebody with a token. */
    String applyAs(Path token, int status, String yaml) throws IOException {
        Path file = Files.writeString(folder.resolve("apply-" + COMMANDS.incrementAndGet() + ".yaml"), yaml);
        return commandAs(token, status, "apply", "-f", file.toString());
    }

    @Override
    public void close() {
        topology.close();
    }
}
