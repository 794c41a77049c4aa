package dev.sluice.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What the whole nodes under test are told: the objects of {@link NodeMain}. Static. */
final class NodeObjects {
    /** The node at the load. */
    static final String NEAR = "edge";

    /** The one at the other end of the underlay. */
    static final String FAR = "far";

    private static final int CONNECTIONS_MIN = 1 << 14;

    private NodeObjects() {}

    /** One node on interfaces of this driver; everything between p0 and p1 goes through the service node between p2 and p3. */
    static String oneNode(String driver) {
        return objects(node(NEAR, "{io: {driver: " + driver.toLowerCase(Locale.ROOT) + "}}"), pair(), chain(1, NEAR));
    }

    /** The same by default, with room for so many flows, and so many service nodes one after the other. */
    static String chainOf(int nodes, int flows) {
        return objects(node(NEAR, room(flows, nodes, "")), pair(), chain(nodes, NEAR));
    }

    /** A router between p0 and p1, with a rule by which each flow is let through and tracked. */
    static String router(int flows) {
        return objects(
                node(NEAR, room(flows, 0, "")),
                object("Port", "left", "{node: edge, interface: p0}"),
                object("Port", "right", "{node: edge, interface: p1}"),
                object(
                        "LogicalRouter",
                        "r",
                        "{node: edge, interfaces: [{port: left, addresses: [10.0.0.0/31]}, {port: right, addresses: [10.0.0.3/31]}]}"),
                policy("noService: true"));
    }

    /** Two hosts with an underlay between u0 and u1; everything between p0 and p1 of one goes through the service node at the other. */
    static String overHosts(int flows) {
        List<String> all = new ArrayList<>();
        for (String host : List.of(NEAR, FAR)) {
            int number = host.equals(NEAR) ? 1 : 2;
            String address = "192.0.2." + number;
            all.add(node(
                    host,
                    room(flows, 1, ", underlay: {address: " + address + ", bfd: {intervalMs: 1000, failAfter: 10}}")));
            all.add(object("Port", "u" + number, "{node: " + host + ", interface: u" + (number - 1) + "}"));
            all.add(object(
                    "LogicalRouter",
                    "u" + number,
                    "{node: " + host + ", interfaces: [{port: u" + number + ", addresses: [" + address + "/24]}]}"));
        }
        all.add(pair());
        all.add(chain(1, FAR));
        return objects(all.toArray(String[]::new));
    }

    private static String room(int flows, int nodes, String more) {
        int connections = Math.max(CONNECTIONS_MIN, 2 * flows);
        return "{tracker: {connectionsMax: " + connections + "}, fastPath: {journeysMax: " + connections * (nodes + 1)
                + "}" + more + "}";
    }

    private static String node(String name, String spec) {
        return object("Node", name, spec);
    }

    private static String pair() {
        return objects(
                object("Port", "left", "{node: edge, interface: p0, peer: right}"),
                object("Port", "right", "{node: edge, interface: p1}"));
    }

    private static String chain(int nodes, String host) {
        List<String> all = new ArrayList<>();
        List<String> names = new ArrayList<>();
        for (int i = 0; i < nodes; i++) {
            String name = "node-" + i;
            names.add(name);
            all.add(object("Service", name, "{transport: raw}"));
            all.add(object(
                    "ServiceInstance",
                    name,
                    "{service: " + name + ", node: " + host + ", interfaces: {in: p" + (2 * i + 2) + ", out: p"
                            + (2 * i + 3) + "}}"));
        }
        all.add(object("ServiceChain", "all", "{profiles: [" + String.join(", ", names) + "]}"));
        all.add(policy("chain: all"));
        return objects(all.toArray(String[]::new));
    }

    /** What happens to all that comes in at p0. */
    private static String policy(String action) {
        return object(
                "ServicePolicy", "all", "{appliedTo: [edge/left], rules: [{name: all, action: {" + action + "}}]}");
    }

    private static String object(String kind, String name, String spec) {
        return "apiVersion: sluice.dev/v1\nkind: " + kind + "\nmetadata: {name: " + name + "}\nspec: " + spec + "\n";
    }

    private static String objects(String... documents) {
        return String.join("---\n", documents);
    }
}
