package dev.sluice.lab.demo;

import dev.sluice.lab.LabException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** The configuration as users write it: YAML files in a directory, of which the story changes one. One thread. */
final class DemoObjects {
    /** The name of the node. */
    static final String NODE = "demo";

    /** The chain's path of nodes, first the firewall alone. */
    static final String FIREWALL_ONLY = "[firewall]";

    static final String BOTH_NODES = "[firewall, ips]";

    private static final String CHAIN_FILE = "chain.yaml";

    private static final String PORTS = """
            # The two sides of the wire that Sluice sits in: a transparent pair, no hop of its own.
            apiVersion: sluice.dev/v1
            kind: Node
            metadata: {name: demo}
            spec:
              tracker: {connectionsMax: 65536}
            ---
            apiVersion: sluice.dev/v1
            kind: Port
            metadata: {name: client}
            spec: {node: demo, interface: to-client, peer: server}
            ---
            apiVersion: sluice.dev/v1
            kind: Port
            metadata: {name: server}
            spec: {node: demo, interface: to-server}
            """;

    private static final String SERVICES = """
            # Two kinds of service nodes that know nothing of Sluice, one node of each.
            apiVersion: sluice.dev/v1
            kind: Service
            metadata: {name: firewall}
            spec: {transport: raw}
            ---
            apiVersion: sluice.dev/v1
            kind: ServiceInstance
            metadata: {name: fw-1}
            spec: {service: firewall, node: demo, interfaces: {in: fw-in, out: fw-out}}
            ---
            apiVersion: sluice.dev/v1
            kind: Service
            metadata: {name: ips}
            spec: {transport: raw}
            ---
            apiVersion: sluice.dev/v1
            kind: ServiceInstance
            metadata: {name: ips-1}
            spec: {service: ips, node: demo, interfaces: {in: ips-in, out: ips-out}}
            """;

    private static final String POLICY = """
            # Everything between the two sides passes the chain.
            apiVersion: sluice.dev/v1
            kind: ServicePolicy
            metadata: {name: everything}
            spec:
              appliedTo: [demo/client, demo/server]
              rules:
              - {name: inspect-all, action: {chain: inspect}}
            """;

    private final Path directory;

    private DemoObjects(Path directory) {
        this.directory = directory;
    }

    /** Writes the first configuration: the firewall alone, closed. */
    static DemoObjects write(Path directory) {
        DemoObjects objects = new DemoObjects(directory);
        try {
            Files.createDirectories(directory);
            Files.writeString(directory.resolve("ports.yaml"), PORTS);
            Files.writeString(directory.resolve("services.yaml"), SERVICES);
            Files.writeString(directory.resolve("policy.yaml"), POLICY);
        } catch (IOException e) {
            throw new LabException("the configuration cannot be written to " + directory + ": " + e.getMessage(), e);
        }
        objects.writeChain(FIREWALL_ONLY, "closed");
        return objects;
    }

    /** Where the files are. */
    Path directory() {
        return directory;
    }

    /** Changes the chain, as an editor does that replaces the file. */
    void writeChain(String profiles, String onFailure) {
        Path file = directory.resolve(CHAIN_FILE);
        Path next = directory.resolve("." + CHAIN_FILE);
        try {
            Files.writeString(next, """
                    # The file that the demonstration changes while traffic runs.
                    apiVersion: sluice.dev/v1
                    kind: ServiceChain
                    metadata: {name: inspect}
                    spec: {profiles: %s, onFailure: %s}
                    """.formatted(profiles, onFailure));
            Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new LabException("file " + file + " cannot be written: " + e.getMessage(), e);
        }
    }
}
