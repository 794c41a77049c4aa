package dev.sluice.lab.demo;

import dev.sluice.lab.LabException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The configuration of all three hosts as users write it: YAML files in a directory that are applied. One thread. */
final class ChainObjects {
    /** The firewall's place on host B. */
    static final String FIRST = "fw-1";

    /** Its place on host C. */
    static final String SECOND = "fw-2";

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
        objects.put("hosts.yaml", HostsNetwork.objects());
        objects.put("ports.yaml", PORTS);
        objects.put("services.yaml", SERVICES);
        objects.add(FIRST);
        return objects;
    }

    /** Where the files are. */
    Path directory() {
        return directory;
    }

    /** The firewall gets a place, {@link #FIRST} or {@link #SECOND}. */
    void add(String instance) {
        put(instance + ".yaml", """
                apiVersion: sluice.dev/v1
                kind: ServiceInstance
                metadata: {name: %1$s}
                spec: {service: firewall, node: %2$s, interfaces: {in: %1$s-in, out: %1$s-out}}
                """.formatted(instance, instance.equals(FIRST) ? "host-b" : "host-c"));
    }

    /** It loses one. */
    void remove(String instance) {
        try {
            Files.delete(directory.resolve(instance + ".yaml"));
        } catch (IOException e) {
            throw new LabException("file " + instance + ".yaml cannot be deleted: " + e.getMessage(), e);
        }
    }

    private void put(String name, String text) {
        try {
            Files.writeString(directory.resolve(name), text);
        } catch (IOException e) {
            throw new LabException("file " + name + " cannot be written: " + e.getMessage(), e);
        }
    }
}
