package dev.sluice.lab.system;

import dev.sluice.lab.Namespace;
import dev.sluice.lab.Topology;
import dev.sluice.lab.Wire;
import java.util.ArrayList;
import java.util.List;

/** Three hosts with a Sluice each and the underlay between them, a bridge that passes more than 1,500 bytes: host-a, host-b and host-c with an interface underlay each. */
final class Fabric {
    /** What is left of 1,700 bytes behind Geneve, the service header and the inner Ethernet header is more than 1,500. */
    static final int MTU = 1700;

    private static final String BRIDGE = "br0";

    final Namespace bridge;
    final List<Namespace> hosts = new ArrayList<>();
    private final Topology topology;

    /** @param mtu of the underlay, in bytes of IP packets */
    Fabric(Topology topology, int mtu) {
        this.topology = topology;
        bridge = topology.namespace("fabric");
        bridge.configure("link", "add", "dev", BRIDGE, "mtu", Integer.toString(mtu), "type", "bridge");
        bridge.configure("link", "set", "dev", BRIDGE, "up");
        for (String name : List.of("a", "b", "c")) {
            Namespace host = topology.namespace("host-" + name);
            hosts.add(host);
            attach(host, "underlay", "to-" + name, mtu).a().quiet();
        }
    }

    /** A further interface in the underlay, and the name of its other end. */
    Wire attach(Namespace namespace, String interfaceName, String end, int mtu) {
        Wire wire = topology.wire(namespace, interfaceName, bridge, end);
        namespace.configure("link", "set", "dev", interfaceName, "mtu", Integer.toString(mtu));
        bridge.configure("link", "set", "dev", end, "mtu", Integer.toString(mtu), "master", BRIDGE);
        return wire;
    }

    /** Starts Sluice on a host (0, 1, 2) with the objects of all hosts. */
    SluiceNode start(int host, String objects) {
        return SluiceNode.startAs(hosts.get(host), "host-" + (char) ('a' + host), objects);
    }

    /**
     * The objects of the hosts and their underlay, which end with a separator.
     *
     * @param ipVersion of the underlay, 4 or 6
     */
    static String objects(int ipVersion) {
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < 3; i++) {
            String host = "host-" + (char) ('a' + i);
            String endpoint = ipVersion == 4 ? "192.0.2." + (i + 1) : "2001:db8::" + (i + 1);
            int bits = ipVersion == 4 ? 24 : 64;
            all.append(Yaml.object(
                            "Node",
                            host,
                            "{tracker: {connectionsMax: 16384}, underlay: {address: \"" + endpoint + "\"}}"))
                    .append("---\n")
                    .append(Yaml.object("Port", "underlay-" + i, "{node: " + host + ", interface: underlay}"))
                    .append("---\n")
                    .append(Yaml.object(
                            "LogicalRouter",
                            "underlay-" + i,
                            "{node: " + host + ", interfaces: [{port: underlay-" + i + ", addresses: [\"" + endpoint
                                    + "/" + bits + "\"]}]}"))
                    .append("---\n");
        }
        return all.toString();
    }
}
