package dev.sluice.lab.demo;

import dev.sluice.lab.LabException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The configuration of the demonstration of moves: it says of workload and firewall what is written on their interfaces, not where these are. Written once. */
final class MobilityObjects {
    /** What is written on the interface of the workload; the manager calls its port so. */
    static final String WORKLOAD = "vm-1";

    /** The instance that the firewall is, and the identifier on its interfaces. */
    static final String FIREWALL = "fw-1";

    private static final String SERVICES = """
            # A firewall that knows nothing of Sluice, wherever its identifier is seen.
            apiVersion: sluice.dev/v1
            kind: Service
            metadata: {name: firewall}
            spec: {transport: raw}
            ---
            apiVersion: sluice.dev/v1
            kind: ServiceInstance
            metadata: {name: fw-1}
            spec: {service: firewall, identifier: fw-1}
            ---
            apiVersion: sluice.dev/v1
            kind: ServiceChain
            metadata: {name: inspect}
            spec: {profiles: [firewall], onFailure: closed}
            """;

    private static final String WORKLOADS = """
            # One segment for all hosts; interfaces on which vm-something is written are in it, and their traffic passes the chain.
            apiVersion: sluice.dev/v1
            kind: LogicalSwitch
            metadata: {name: lan}
            spec: {vni: 5001}
            ---
            apiVersion: sluice.dev/v1
            kind: PortProfile
            metadata: {name: workloads}
            spec: {chain: inspect, switch: lan, discover: {aliases: "vm-*"}}
            ---
            # Whom they talk to.
            apiVersion: sluice.dev/v1
            kind: Port
            metadata: {name: server}
            spec: {node: host-c, interface: to-server, switch: lan}
            """;

    private MobilityObjects() {}

    /** Writes it into a directory. */
    static void write(Path directory) {
        try {
            Files.createDirectories(directory);
            Files.writeString(directory.resolve("hosts.yaml"), HostsNetwork.objects());
            Files.writeString(directory.resolve("services.yaml"), SERVICES);
            Files.writeString(directory.resolve("workloads.yaml"), WORKLOADS);
        } catch (IOException e) {
            throw new LabException("the configuration cannot be written to " + directory + ": " + e.getMessage(), e);
        }
    }
}
