package dev.sluice.lab.system;

import dev.sluice.lab.LabInterface;
import dev.sluice.lab.Namespace;
import dev.sluice.lab.Topology;
import dev.sluice.lab.Wire;
import java.util.List;

/**
 * Three hosts with a Sluice each on one underlay; client and server at host A, a service node at B and at C.
 *
 * <pre>
 *  client eth0 -- left [ host-a ] right -- eth0 server
 *                          | underlay 192.0.2.1
 *                      [ fabric, a bridge ]
 *       192.0.2.2 |                        | 192.0.2.3
 *            [ host-b ]                [ host-c ]
 *        fw-in |  | fw-out        ips-in |  | ips-out
 *          in [ fw ] out             in [ ips ] out
 * </pre>
 */
final class HostsNetwork implements AutoCloseable {
    final Topology topology = Topology.create();
    final Fabric fabric;
    final Namespace client = topology.namespace("client");
    final Namespace server = topology.namespace("server");
    final List<Namespace> hosts;
    final Namespace fw = topology.namespace("fw");
    final Namespace ips = topology.namespace("ips");

    HostsNetwork() {
        this(Fabric.MTU);
    }

    /** With an underlay for IP packets of so many bytes. */
    HostsNetwork(int underlayMtu) {
        fabric = new Fabric(topology, underlayMtu);
        hosts = fabric.hosts;
        host(client, "eth0", hosts.get(0), "left").address("10.0.0.1/24").address("fd00::1/64");
        host(server, "eth0", hosts.get(0), "right").address("10.0.0.2/24").address("fd00::2/64");
        host(fw, "in", hosts.get(1), "fw-in");
        host(fw, "out", hosts.get(1), "fw-out");
        host(ips, "in", hosts.get(2), "ips-in");
        host(ips, "out", hosts.get(2), "ips-out");
    }

    /** A further service node at a host (0, 1, 2); its ports there have its name. */
    Namespace node(String name, int host) {
        Namespace node = topology.namespace(name);
        host(node, "in", hosts.get(host), name + "-in");
        host(node, "out", hosts.get(host), name + "-out");
        return node;
    }

    private LabInterface host(Namespace host, String interfaceName, Namespace sluice, String sluiceInterface) {
        Wire wire = topology.wire(host, interfaceName, sluice, sluiceInterface);
        wire.b().quiet();
        return wire.a();
    }

    /** A further interface of a namespace, in the underlay. */
    LabInterface attach(Namespace namespace, String interfaceName) {
        return fabric.attach(namespace, interfaceName, "to-" + namespace.name(), Fabric.MTU)
                .a();
    }

    /** Starts Sluice on a host (0, 1, 2) with the objects of all hosts. */
    SluiceNode start(int host, String objects) {
        return fabric.start(host, objects);
    }

    /**
     * The objects of all hosts: a chain of both nodes, for all that passes between client and server.
     *
     * @param mode direct or hub
     * @param ipVersion of the underlay, 4 or 6
     */
    static String objects(String mode, int ipVersion) {
        return objects(
                ipVersion,
                List.of("fw", "ips"),
                Yaml.object("ServiceChain", "both", "{profiles: [fw, ips], mode: " + mode + "}"));
    }

    /** The same with the firewall as another instance, on another host; hosts that get no processor time for a while do not count as dead. */
    static String objectsWithFirewall(String mode, String instance, String host) {
        return objects(mode, 4)
                .replace(instance("fw", "fw", "host-b"), instance(instance, "fw", host))
                .replaceAll("(underlay: \\{address: \"[^\"]*\")", "$1, bfd: {intervalMs: 300, failAfter: 5}");
    }

    private static String instance(String name, String service, String host) {
        return Yaml.object(
                "ServiceInstance",
                name,
                "{service: " + service + ", node: " + host + ", interfaces: {in: " + name + "-in, out: " + name
                        + "-out}}");
    }

    /** The same with both nodes as instances of one service, of which a flow passes one. */
    static String oneService() {
        return objects(4, List.of("fw", "fw"), Yaml.object("ServiceChain", "both", "{profiles: [fw]}"));
    }

    private static String objects(int ipVersion, List<String> services, String chain) {
        StringBuilder all = new StringBuilder(Fabric.objects(ipVersion));
        all.append(Yaml.object("Port", "left", "{node: host-a, interface: left, peer: right}"))
                .append("---\n")
                .append(Yaml.object("Port", "right", "{node: host-a, interface: right}"))
                .append("---\n");
        for (String name : List.of("fw", "ips")) {
            String host = name.equals("fw") ? "host-b" : "host-c";
            String service = services.get(name.equals("fw") ? 0 : 1);
            if (service.equals(name)) {
                all.append(Yaml.object("Service", name, "{transport: raw}")).append("---\n");
            }
            all.append(instance(name, service, host)).append("---\n");
        }
        return all.append(chain)
                .append("---\n")
                .append(Yaml.policy("all", "host-a/left", "{name: all, action: {chain: both}}"))
                .toString();
    }

    @Override
    public void close() {
        topology.close();
    }
}
