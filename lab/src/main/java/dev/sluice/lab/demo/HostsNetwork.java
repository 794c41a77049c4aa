package dev.sluice.lab.demo;

import dev.sluice.lab.LabInterface;
import dev.sluice.lab.Namespace;
import dev.sluice.lab.Topology;
import dev.sluice.lab.Wire;
import java.util.ArrayList;
import java.util.List;

/**
 * Hosts A, B and C and a manager: an underlay between the hosts, which have no address in it, and a management network in which the manager is {@value #MANAGER} and host number i 198.51.100.(i + 1).
 *
 * @param topology owns all of it
 * @param fabric what joins them
 * @param manager where the manager runs
 * @param hosts A, B and C, with the interfaces {@code underlay} and {@code mgmt}
 */
record HostsNetwork(Topology topology, Namespace fabric, Namespace manager, List<Namespace> hosts) {
    /** Names of the nodes, in the order of the hosts. */
    static final List<String> NODES = List.of("host-a", "host-b", "host-c");

    private static final String MANAGER = "198.51.100.9";

    /** Where agents reach the manager. */
    static final String AGENTS = MANAGER + ":9471";

    /** Room for a whole frame of 1,500 bytes behind everything that is put in front of it. */
    private static final int UNDERLAY_MTU = 1700;

    private static final String UNDERLAY = "br0";
    private static final String MANAGEMENT = "mgmt";

    /** Builds it in an empty topology, which owns what was built even if this fails half way. */
    static HostsNetwork build(Topology topology) {
        Namespace fabric = topology.namespace("fabric");
        for (String bridge : List.of(UNDERLAY, MANAGEMENT)) {
            fabric.configure("link", "add", "dev", bridge, "mtu", Integer.toString(UNDERLAY_MTU), "type", "bridge");
            fabric.configure("link", "set", "dev", bridge, "up");
        }
        HostsNetwork network = new HostsNetwork(topology, fabric, topology.namespace("manager"), new ArrayList<>());
        network.manage(network.manager, 9);
        for (int i = 0; i < NODES.size(); i++) {
            Namespace host = topology.namespace(NODES.get(i));
            network.hosts.add(host);
            network.inUnderlay(host, "underlay", "to-" + NODES.get(i)).quiet();
            network.manage(host, i + 1);
        }
        return network;
    }

    private void manage(Namespace namespace, int number) {
        Wire wire = topology.wire(namespace, MANAGEMENT, fabric, "mgmt-" + number);
        wire.a().address("198.51.100." + number + "/24");
        fabric.configure("link", "set", "dev", "mgmt-" + number, "master", MANAGEMENT);
    }

    /** Joins somebody to the underlay; the interface there. */
    LabInterface inUnderlay(Namespace namespace, String interfaceName, String end) {
        Wire wire = topology.wire(namespace, interfaceName, fabric, end).mtu(UNDERLAY_MTU);
        fabric.configure("link", "set", "dev", end, "master", UNDERLAY);
        return wire.a();
    }

    /** Joins somebody to a host; the interface there, not the host's. */
    LabInterface attach(Namespace namespace, String interfaceName, int host, String hostInterface) {
        Wire wire = topology.wire(namespace, interfaceName, hosts.get(host), hostInterface);
        wire.b().quiet();
        return wire.a();
    }

    /** Settings of all hosts, their underlay ports and the routers behind these: what makes them work together. */
    static String objects() {
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < NODES.size(); i++) {
            all.append(all.isEmpty() ? "" : "---\n").append("""
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
                    """.formatted(NODES.get(i), i + 1));
        }
        return all.toString();
    }
}
