package dev.sluice.cli;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.admin.AdminClient;
import dev.sluice.lab.LabProcess;
import dev.sluice.lab.Namespace;
import dev.sluice.lab.Topology;
import dev.sluice.lab.Waits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A client and a server with a node between them, which is a transparent pair; all in namespaces, the node a process of its own. */
final class PairLab implements AutoCloseable {
    static final Duration WAIT = Duration.ofSeconds(40);

    /** Enough for a command: small and fast to start. */
    static final List<String> FLAGS =
            List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx256m", "--enable-native-access=ALL-UNNAMED");

    private static final String OBJECTS = """
            apiVersion: sluice.dev/v1
            kind: Port
            metadata: {name: left}
            spec: {node: edge, interface: left, peer: right}
            ---
            apiVersion: sluice.dev/v1
            kind: Port
            metadata: {name: right}
            spec: {node: edge, interface: right}
            ---
            apiVersion: sluice.dev/v1
            kind: ServicePolicy
            metadata: {name: watch}
            spec:
              appliedTo: [edge/left]
              rules:
              - {name: telnet, match: {protocol: tcp, destination: {ports: [23]}}, action: {drop: true}}
              - {name: chatter, match: {protocol: udp, destination: {ports: [9999]}}, action: {drop: true}, log: true}
              - {name: all, action: {noService: true}}
              - {name: never, match: {protocol: tcp}, action: {drop: true}}
            """;

    final Namespace client;
    final Namespace sluice;
    final Namespace server;
    final Path objects;
    final String socket;
    final LabProcess node;
    private final Topology topology;

    /**
     * Builds it and waits until the node answers.
     *
     * @param folder for its files
     * @param more options of {@code sluice run}
     */
    PairLab(Path folder, String... more) throws IOException {
        objects = Files.writeString(folder.resolve("objects.yaml"), OBJECTS);
        socket = folder.resolve("edge.sock").toString();
        topology = Topology.create();
        boolean built = false;
        try {
            client = topology.namespace("client");
            sluice = topology.namespace("sluice");
            server = topology.namespace("server");
            var left = topology.wire(client, "eth0", sluice, "left");
            var right = topology.wire(server, "eth0", sluice, "right");
            left.b().quiet();
            right.b().quiet();
            left.a().address("10.0.0.1/24");
            right.a().address("10.0.0.2/24");
            List<String> run = new ArrayList<>(List.of("run", "-f", objects.toString(), "--admin", socket));
            run.addAll(List.of("--state", folder.resolve("state").toString()));
            run.addAll(List.of(more));
            node = command("node", run.toArray(new String[0]));
            Waits.until("the node answers", WAIT, this::answers, node::log);
            built = true;
        } finally {
            if (!built) {
                topology.close();
            }
        }
    }

    private boolean answers() {
        try {
            return new AdminClient(Path.of(socket)).status().generation() > 0;
        } catch (NodeException e) {
            return false;
        }
    }

    /** Starts a command of the product beside the node, in a process of its own. */
    LabProcess command(String name, String... arguments) {
        return sluice.startJvm(name, FLAGS, Main.class, List.of(arguments));
    }

    /** What has to be typed to run a command of the product in a process of its own, on this host. */
    static List<String> typed(String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(ProcessHandle.current().info().command().orElse("java"));
        command.addAll(FLAGS);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
        command.addAll(List.of(arguments));
        return command;
    }

    @Override
    public void close() {
        node.close();
        topology.close();
    }
}
