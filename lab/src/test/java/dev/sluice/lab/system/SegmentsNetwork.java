package dev.sluice.lab.system;

import dev.sluice.lab.LabInterface;
import dev.sluice.lab.Namespace;
import dev.sluice.lab.Topology;
import dev.sluice.lab.Wire;
import java.util.List;

/**
 * Three hosts with a Sluice each on one underlay, and two segments whose tenants have the same addresses, MAC addresses included; a service node at host C.
 *
 * <pre>
 *  red-1 eth0 -- red-1 [        ]        [        ] red-2 -- eth0 red-2
 *                      [ host-a ]        [ host-b ]
 * blue-1 eth0 - blue-1 [        ]        [        ] blue-2 - eth0 blue-2
 *                          |                 |
 *                      [ fabric, a bridge ]--+
 *                          |
 *                      [ host-c ]    red-1 moves here
 *                   fw-in |  | fw-out
 *                    in [ fw ] out
 * </pre>
 */
final class SegmentsNetwork implements AutoCloseable {
    private static final String FIRST_MAC = "02:aa:00:00:00:01";
    private static final String SECOND_MAC = "02:aa:00:00:00:02";

    final Topology topology = Topology.create();
    private final Fabric fabric = new Fabric(topology, Fabric.MTU);
    final Namespace red1 = topology.namespace("red-1");
    final Namespace red2 = topology.namespace("red-2");
    final Namespace blue1 = topology.namespace("blue-1");
    final Namespace blue2 = topology.namespace("blue-2");
    final Namespace fw = topology.namespace("fw");
    final List<Namespace> hosts = fabric.hosts;

    SegmentsNetwork() {
        first(red1, 0, "red-1");
        first(blue1, 0, "blue-1");
        tenant(red2, 1, "red-2", SECOND_MAC, "10.0.0.2/24", "fd00::2/64");
        tenant(blue2, 1, "blue-2", SECOND_MAC, "10.0.0.2/24", "fd00::2/64");
        topology.wire(fw, "in", hosts.get(2), "fw-in").b().quiet();
        topology.wire(fw, "out", hosts.get(2), "fw-out").b().quiet();
    }

    private LabInterface first(Namespace tenant, int host, String interfaceName) {
        return tenant(tenant, host, interfaceName, FIRST_MAC, "10.0.0.1/24", "fd00::1/64");
    }

    private LabInterface tenant(Namespace tenant, int host, String port, String mac, String v4, String v6) {
        Wire wire = topology.wire(tenant, "eth0", hosts.get(host), port);
        wire.b().quiet();
        return wire.a().down().mac(mac).up().address(v4).address(v6);
    }

    /** Takes the first red tenant away from host A and puts it, with its addresses, to host C. */
    void moveRed1ToC() {
        red1.interfaceNamed("eth0").delete();
        first(red1, 2, "red-1");
    }

    /** Starts Sluice on a host (0, 1, 2) with the objects of all hosts. */
    SluiceNode start(int host, String objects) {
        return fabric.start(host, objects);
    }

    /** The objects of all hosts: two segments, and a chain for all from and to the first red tenant. */
    static String objects(int ipVersion) {
        return objects(ipVersion, "classifier");
    }

    /** The same with the chain's {@code afterLast}. */
    static String objects(int ipVersion, String afterLast) {
        return Fabric.objects(ipVersion)
                + Yaml.object("LogicalSwitch", "red", "{vni: 5001}")
                + "---\n"
                + Yaml.object("LogicalSwitch", "blue", "{vni: 5002}")
                + "---\n"
                + port("red-1", "host-a", "red-1", "red")
                + port("red-1-at-c", "host-c", "red-1", "red")
                + port("red-2", "host-b", "red-2", "red")
                + port("blue-1", "host-a", "blue-1", "blue")
                + port("blue-2", "host-b", "blue-2", "blue")
                + Yaml.object("Service", "fw", "{transport: raw}")
                + "---\n"
                + Yaml.object(
                        "ServiceInstance", "fw", "{service: fw, node: host-c, interfaces: {in: fw-in, out: fw-out}}")
                + "---\n"
                + Yaml.object("ServiceChain", "inspect", "{profiles: [fw], afterLast: " + afterLast + "}")
                + "---\n"
                + Yaml.policy("all", "host-a/red-1, host-c/red-1-at-c", "{name: all, action: {chain: inspect}}");
    }

    private static String port(String name, String node, String interfaceName, String segment) {
        return Yaml.object(
                        "Port", name, "{node: " + node + ", interface: " + interfaceName + ", switch: " + segment + "}")
                + "---\n";
    }

    @Override
    public void close() {
        topology.close();
    }
}
