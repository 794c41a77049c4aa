package dev.sluice.cli;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.admin.AdminClient;
import dev.sluice.agent.report.StatusReport.InstanceReport;
import dev.sluice.lab.Inside;
import dev.sluice.lab.LabProcess;
import dev.sluice.lab.Namespace;
import dev.sluice.lab.Topology;
import dev.sluice.lab.Waits;
import dev.sluice.manager.agents.AgentService;
import dev.sluice.manager.instances.DeploymentService;
import dev.sluice.manager.objects.Caller;
import dev.sluice.manager.objects.Edit;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.objects.ManagedObject;
import dev.sluice.manager.store.MemoryStore;
import dev.sluice.model.Kind;
import dev.sluice.model.WrittenObject;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/**
 * Two hosts whose agents make service nodes, and a manager in this process; client and server at host A.
 *
 * <pre>
 *                    [ manager ] 198.51.100.9
 *          .1 +-----------+------------+ .2
 *  client -- left [ host-a ] right -- server        [ host-b ]
 *                     | underlay 192.0.2.1               | underlay 192.0.2.2
 *                     +------------ fabric --------------+
 * </pre>
 */
final class InstancesLab implements AutoCloseable {
    private static final Duration WAIT = Duration.ofSeconds(20);

    /** A bridge between its two interfaces: the least that a service node can be. */
    private static final String NODE = """
            #!/bin/sh
            ip link add br0 type bridge stp_state 0 forward_delay 0 mcast_snooping 0 2>/dev/null
            ip link set dev br0 addrgenmode none up
            for side in in out; do
              ip link set dev $side master br0
              bridge link set dev $side learning off flood on mcast_flood on
            done
            echo "bridges as $(id -un) for $SLUICE_INSTANCE"
            exec sleep infinity
            """;

    private static final String OBJECTS = """
            {apiVersion: sluice.dev/v1, kind: Node, metadata: {name: host-a}, spec: {tracker: {connectionsMax: 16384, timeouts: {udp: 1s, udpStream: 2s}}, underlay: {address: 192.0.2.1}}}
            ---
            {apiVersion: sluice.dev/v1, kind: Node, metadata: {name: host-b}, spec: {tracker: {connectionsMax: 16384, timeouts: {udp: 1s, udpStream: 2s}}, underlay: {address: 192.0.2.2}}}
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
            ---
            {apiVersion: sluice.dev/v1, kind: Service, metadata: {name: firewall}, spec: {transport: raw}}
            ---
            {apiVersion: sluice.dev/v1, kind: ServiceChain, metadata: {name: inspect}, spec: {profiles: [firewall], onFailure: closed, selection: least-flows}}
            ---
            {apiVersion: sluice.dev/v1, kind: ServicePolicy, metadata: {name: all}, spec: {appliedTo: [host-a/left], rules: [{name: all, match: {protocol: udp}, action: {chain: inspect}}, {name: rest, action: {noService: true}}]}}
            """;

    final Namespace client;
    final Namespace server;
    final Inventory inventory;
    final Path program;
    private final Path folder;
    private final Set<String> before = Set.copyOf(namespacesOfInstances());
    private final Topology topology = Topology.create();
    private final MemoryStore store = new MemoryStore();
    private final AgentService service;
    private final DeploymentService deployments;
    private final List<LabProcess> agents = new ArrayList<>();

    InstancesLab() throws IOException {
        // Processes of instances run as nobody, who must be able to read their program.
        folder = Files.createTempDirectory(
                "sluice-instances-",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
        program = Files.writeString(folder.resolve("node.sh"), NODE);
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
        client = topology.namespace("client");
        server = topology.namespace("server");
        ManagedFabric fabric = new ManagedFabric(topology);
        inventory = new Inventory(store, InstantSource.system());
        EchoFlow.echo(server, 7777);
        service = Inside.call(
                fabric.manager,
                () -> AgentService.start(
                        new InetSocketAddress(ManagedFabric.MANAGER, ManagedFabric.AGENTS_PORT),
                        inventory,
                        InstantSource.system(),
                        Duration.ZERO));
        deployments = DeploymentService.start(inventory, List.of(), service.controller(), InstantSource.system());
        apply(OBJECTS);
        List<Namespace> hosts = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            hosts.add(fabric.host(i));
        }
        var left = topology.wire(client, "eth0", hosts.get(0), "left");
        var right = topology.wire(server, "eth0", hosts.get(0), "right");
        left.b().quiet();
        right.b().quiet();
        left.a().address("10.0.0.1/24");
        right.a().address("10.0.0.2/24");
        for (int i = 0; i < 2; i++) {
            agents.add(startAgent(hosts.get(i), ManagedFabric.name(i)));
        }
    }

    private LabProcess startAgent(Namespace host, String name) throws IOException {
        Path directory = Files.createDirectory(folder.resolve(name));
        return host.startJvm(
                "agent",
                PairLab.FLAGS,
                AgentMain.class,
                List.of(
                        ManagedFabric.MANAGER,
                        String.valueOf(ManagedFabric.AGENTS_PORT),
                        name,
                        directory.toString(),
                        program.toString()));
    }

    /** Flows of host A whose path leads through an instance; 0 if there is none. */
    long flows(String instance) {
        try {
            return new AdminClient(folder.resolve("host-a/admin.sock"))
                    .status().instances().stream()
                            .filter(each -> each.name().equals(instance))
                            .mapToLong(InstanceReport::flows)
                            .findFirst()
                            .orElse(0);
        } catch (NodeException e) {
            throw new AssertionError(e.getMessage(), e);
        }
    }

    /** Applies objects. */
    void apply(String yaml) {
        List<Edit> edits = WrittenObject.read("", yaml).objects().stream()
                .<Edit>map(written -> new Edit.Apply(written, true))
                .toList();
        inventory.change(edits, new Caller("test", "test"), false);
    }

    /** A deployment of the lab's own node. */
    void deploy(String name, String more) {
        apply("{apiVersion: sluice.dev/v1, kind: ServiceDeployment, metadata: {name: " + name
                + "}, spec: {service: firewall, command: {argv: [" + program + "], mtu: 1500}, " + more + "}}");
    }

    /** An instance as it is now. */
    Optional<ManagedObject> instance(String name) {
        return inventory.get(Kind.SERVICE_INSTANCE, name);
    }

    /** Host of an instance; empty if there is none of that name. */
    String host(String name) {
        return instance(name)
                .map(object -> object.tree().path("spec").path("node").asString(""))
                .orElse("");
    }

    /** What the deployment's status says of an instance. */
    JsonNode said(String deployment, String instance) {
        for (JsonNode each : status(deployment).path("instances")) {
            if (each.path("name").asString("").equals(instance)) {
                return each;
            }
        }
        return status(deployment).path("nothing");
    }

    JsonNode status(String deployment) {
        return inventory
                .get(Kind.SERVICE_DEPLOYMENT, deployment)
                .orElseThrow()
                .tree()
                .path("status");
    }

    /** Waits until something holds of the status of a deployment. */
    void await(String what, String deployment, Predicate<JsonNode> holds) {
        Waits.until(
                what,
                WAIT,
                () -> holds.test(status(deployment)),
                () -> status(deployment) + "\n"
                        + agents.stream().map(LabProcess::log).collect(Collectors.joining("\n")));
    }

    /** Waits until an instance is in a state, as its deployment says. */
    void awaitState(String deployment, String instance, String state) {
        await(
                instance + " is " + state,
                deployment,
                _ -> said(deployment, instance).path("state").asString("").equals(state));
    }

    /** Waits until there is no instance of that name, and nothing of it is left on hosts. */
    void awaitGone(String instance) {
        Waits.until(
                instance + " is gone",
                WAIT,
                () -> instance(instance).isEmpty(),
                () -> instance(instance).toString());
    }

    /** Network namespaces that agents made for instances. */
    static List<String> namespacesOfInstances() throws IOException {
        try (var files = Files.list(Path.of("/run/netns"))) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.matches("sluice-[0-9a-f]{6}-[0-9a-f]{12}"))
                    .toList();
        }
    }

    /** Waits until agents have removed what they made. */
    void awaitNoNamespaces() {
        Waits.until("nothing of instances is left", WAIT, () -> {
            try {
                return before.containsAll(namespacesOfInstances());
            } catch (IOException e) {
                return false;
            }
        });
    }

    @Override
    public void close() {
        deployments.close();
        service.close();
        topology.close();
        store.close();
        removeLeftovers();
    }

    /** What a test that failed had no time to have removed. */
    private void removeLeftovers() {
        try {
            for (String namespace : namespacesOfInstances()) {
                if (!before.contains(namespace)) {
                    new ProcessBuilder("ip", "netns", "del", namespace).start().waitFor();
                }
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
