package dev.sluice.cli;

import dev.sluice.lab.Namespace;
import dev.sluice.lab.Topology;
import java.util.List;

/**
 * What hosts and their manager are joined by: an underlay, and a management network in which the manager is {@value #MANAGER} and host number i 198.51.100.(i + 1). Hosts are called host-a, host-b and so
 * on. One user: the test.
 */
final class ManagedFabric {
    static final String MANAGER = "198.51.100.9";
    static final int AGENTS_PORT = 9471;

    /** Where agents reach the manager. */
    static final String AGENTS = MANAGER + ":" + AGENTS_PORT;

    private static final int MTU_BYTES = 1700;
    private static final String UNDERLAY = "br0";
    private static final String MANAGEMENT = "mgmt";

    private final Topology topology;
    private final Namespace fabric;
    final Namespace manager;

    ManagedFabric(Topology topology) {
        this.topology = topology;
        fabric = topology.namespace("fabric");
        manager = topology.namespace("manager");
        for (String bridge : List.of(UNDERLAY, MANAGEMENT)) {
            fabric.configure("link", "add", "dev", bridge, "mtu", Integer.toString(MTU_BYTES), "type", "bridge");
            fabric.configure("link", "set", "dev", bridge, "up");
        }
        topology.wire(manager, "mgmt", fabric, "m9").a().address(MANAGER + "/24");
        fabric.configure("link", "set", "dev", "m9", "master", MANAGEMENT);
    }

    /** Name of a host. */
    static String name(int host) {
        return "host-" + (char) ('a' + host);
    }

    /** Makes a host, with the interfaces {@code underlay} and {@code mgmt}. */
    Namespace host(int number) {
        Namespace host = topology.namespace(name(number));
        topology.wire(host, "underlay", fabric, "u" + number).mtu(MTU_BYTES).a().quiet();
        fabric.configure("link", "set", "dev", "u" + number, "master", UNDERLAY);
        topology.wire(host, "mgmt", fabric, "m" + number).a().address("198.51.100." + (number + 1) + "/24");
        fabric.configure("link", "set", "dev", "m" + number, "master", MANAGEMENT);
        return host;
    }
}
