package dev.sluice.lab.system;

import java.util.Arrays;
import java.util.stream.Collectors;

/** Pieces of configuration that many tests have in common. */
final class Yaml {
    /** Settings of the node: a table that costs little memory. */
    static final String NODE = """
            apiVersion: sluice.dev/v1
            kind: Node
            metadata: {name: edge}
            spec: {tracker: {connectionsMax: 16384}}
            """;

    /** Sluice is a transparent pair of left and right. */
    static final String PAIR = """
            apiVersion: sluice.dev/v1
            kind: Port
            metadata: {name: left}
            spec: {node: edge, interface: left, peer: right}
            ---
            apiVersion: sluice.dev/v1
            kind: Port
            metadata: {name: right}
            spec: {node: edge, interface: right}
            """;

    /** Sluice is a router between 10.1.0.0/24, fd01::/64 at left and 10.2.0.0/24, fd02::/64 at right. */
    static final String ROUTER = """
            apiVersion: sluice.dev/v1
            kind: Port
            metadata: {name: left}
            spec: {node: edge, interface: left}
            ---
            apiVersion: sluice.dev/v1
            kind: Port
            metadata: {name: right}
            spec: {node: edge, interface: right}
            ---
            apiVersion: sluice.dev/v1
            kind: LogicalRouter
            metadata: {name: r}
            spec:
              node: edge
              interfaces:
              - {port: left, addresses: [10.1.0.1/24, "fd01::1/64"]}
              - {port: right, addresses: [10.2.0.1/24, "fd02::1/64"]}
            """;

    private Yaml() {}

    /** Documents of one file, with the node's. */
    static String of(String... documents) {
        return NODE + Arrays.stream(documents).map(d -> "---\n" + d).collect(Collectors.joining());
    }

    static String object(String kind, String name, String spec) {
        return "apiVersion: sluice.dev/v1\nkind: " + kind + "\nmetadata: {name: " + name + "}\nspec: " + spec + "\n";
    }

    /** A service, its only instance of the same name and a chain of the same name. */
    static String chainOfOne(String name, String service, String interfaces) {
        return object("Service", name, service)
                + "---\n"
                + object("ServiceInstance", name, "{service: " + name + ", node: edge, interfaces: " + interfaces + "}")
                + "---\n"
                + object("ServiceChain", name, "{profiles: [" + name + "]}");
    }

    /** The same for a node on plain interfaces NAME-in and NAME-out. */
    static String bridge(String name) {
        return chainOfOne(name, "{transport: raw}", "{in: " + name + "-in, out: " + name + "-out}");
    }

    /** A policy at some places with rules as flow-style mappings. */
    static String policy(String name, String appliedTo, String... rules) {
        return "apiVersion: sluice.dev/v1\nkind: ServicePolicy\nmetadata: {name: " + name + "}\nspec:\n  appliedTo: ["
                + appliedTo + "]\n  rules:\n"
                + Arrays.stream(rules).map(r -> "  - " + r + "\n").collect(Collectors.joining());
    }
}
