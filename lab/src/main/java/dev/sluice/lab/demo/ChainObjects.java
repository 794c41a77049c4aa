package dev.sluice.lab.demo;

import dev.sluice.lab.LabException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/** The configuration of all three hosts in one directory, from which each takes its part. One thread. */
final class ChainObjects {
    /** Names of the nodes, in the order of the hosts. */
    static final List<String> NODES = List.of("host-a", "host-b", "host-c");

    /** The firewall's place on host B. */
    static final String FIRST = instance("fw-1", "host-b");

    /** Its place on host C. */
    static final String SECOND = instance("fw-2", "host-c");

    private static final String PORTS = """
            # The two sides of the wire that host A sits in.
            apiVersion: sluice.dev/v1
            kind: Port
            metadata: {name: client}
            spec: {node: host-a, interface: to-client, peer: server}
            ---
            apiVersion: sluice.dev/v1
            kind: Port
            metadata: {name: server}
            spec: {node: host-a, interface: to-server}
            """;

    private static final String SERVICES = """
            # A firewall that knows nothing of Sluice, and an IPS that does, behind host C.
            apiVersion: sluice.dev/v1
            kind: Service
            metadata: {name: firewall}
            spec: {transport: raw}
            ---
            apiVersion: sluice.dev/v1
            kind: Service
            metadata: {name: ips}
            spec: {transport: nsh}
            ---
            apiVersion: sluice.dev/v1
            kind: ServiceInstance
            metadata: {name: ips-1}
            spec: {service: ips, node: host-c, endpoint: 192.0.2.50}
            ---
            apiVersion: sluice.dev/v1
            kind: ServiceChain
            metadata: {name: inspect}
            spec: {profiles: [firewall, ips], onFailure: closed}
            ---
            apiVersion: sluice.dev/v1
            kind: ServicePolicy
            metadata: {name: everything}
            spec:
              appliedTo: [host-a/client, host-a/server]
              rules:
              - {name: inspect-all, action: {chain: inspect}}
            """;

    private final Path directory;

    private ChainObjects(Path directory) {
        this.directory = directory;
    }

    /** Writes them, with the firewall on host B. */
    static ChainObjects write(Path directory) {
        ChainObjects objects = new ChainObjects(directory);
        try {
            Files.createDirectories(directory);
        } catch (IOException e) {
            throw new LabException("the configuration cannot be written to " + directory + ": " + e.getMessage(), e);
        }
        for (int i = 0; i < NODES.size(); i++) {
            objects.put(NODES.get(i) + ".yaml", node(NODES.get(i), i + 1));
        }
        objects.put("ports.yaml", PORTS);
        objects.put("services.yaml", SERVICES);
        objects.firewalls(FIRST);
        return objects;
    }

    /** Where the files are. */
    Path directory() {
        return directory;
    }

    /** The firewall has these places and no others. */
    void firewalls(String... instances) {
        put("firewall.yaml", String.join("---\n", instances));
    }

    /** A node, its underlay port and the router behind it. */
    private static String node(String name, int number) {
        return """
            # %1$s: its tunnels end at its address in the underlay.
            apiVersion: sluice.dev/v1
            kind: Node
            metadata: {name: %1$s}
            spec:
              tracker: {connectionsMax: 65536}
              # Patient with a machine that is busy: what dies with its host is noticed after half a second.
              underlay: {address: 192.0.2.%2$d, bfd: {intervalMs: 100, failAfter: 5}}
            ---
            apiVersion: sluice.dev/v1
            kind: Port
            metadata: {name: underlay-%2$d}
            spec: {node: %1$s, interface: underlay}
            ---
            apiVersion: sluice.dev/v1
            kind: LogicalRouter
            metadata: {name: underlay-%2$d}
            spec:
              node: %1$s
              interfaces:
              - {port: underlay-%2$d, addresses: [192.0.2.%2$d/24]}
            """.formatted(name, number);
    }

    private static String instance(String name, String node) {
        return """
            apiVersion: sluice.dev/v1
            kind: ServiceInstance
            metadata: {name: %1$s}
            spec: {service: firewall, node: %2$s, interfaces: {in: %1$s-in, out: %1$s-out}}
            """.formatted(name, node);
    }

    private void put(String name, String text) {
        Path next = directory.resolve("." + name);
        try {
            Files.writeString(next, text);
            Files.move(
                    next, directory.resolve(name), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new LabException("file " + name + " cannot be written: " + e.getMessage(), e);
        }
    }
}
