package dev.sluice.lab.demo;

import dev.sluice.lab.BridgeFirewall;
import dev.sluice.lab.HttpService;
import dev.sluice.lab.LabInterface;
import dev.sluice.lab.Namespace;
import dev.sluice.lab.Topology;
import java.util.List;

/**
 * The network of the demonstration of moves: first the workload at host A, firewall and server at C.
 *
 * @param network the hosts and what joins them
 * @param workload host that asks
 * @param server host that answers
 * @param firewall the firewall
 * @param webs the server's web services, one for each move
 */
record MobilityScene(
        HostsNetwork network, Namespace workload, Namespace server, BridgeFirewall firewall, List<HttpService> webs) {
    static final String WORKLOAD = "10.77.0.1";
    static final String SERVER = "10.77.0.2";
    private static final String TO_WORKLOAD = "tap0";

    /** Builds it in an empty topology, which owns what was built even if this fails half way. */
    static MobilityScene build(Topology topology) {
        HostsNetwork network = HostsNetwork.build(topology);
        Namespace workload = topology.namespace("workload");
        Namespace server = topology.namespace("server");
        Namespace node = topology.namespace("firewall");
        network.attach(workload, "eth0", 0, TO_WORKLOAD).address(WORKLOAD + "/24");
        write(network.hosts().get(0), TO_WORKLOAD, MobilityObjects.WORKLOAD);
        LabInterface answering = network.attach(server, "eth0", 2, "to-server").address(SERVER + "/24");
        // A virtual machine does not notice that it moves: it goes on with the neighbour that it knows.
        workload.neighbour(SERVER, answering.mac(), "eth0");
        LabInterface in = network.attach(node, "in", 2, "fw-in");
        LabInterface out = network.attach(node, "out", 2, "fw-out");
        write(network.hosts().get(2), "fw-in", side("in"));
        write(network.hosts().get(2), "fw-out", side("out"));
        return new MobilityScene(
                network,
                workload,
                server,
                BridgeFirewall.create(in, out),
                List.of(HttpService.start(server, 80), HttpService.start(server, 81)));
    }

    private static String side(String side) {
        return "sluice:" + MobilityObjects.FIREWALL + "/" + side;
    }

    private static void write(Namespace host, String interfaceName, String alias) {
        host.configure("link", "set", "dev", interfaceName, "alias", alias);
    }

    /** Takes the workload's interface from one host to another; number 0 is host A. */
    void moveWorkload(int from, int to) {
        move(from, to, TO_WORKLOAD, MobilityObjects.WORKLOAD);
    }

    /** Takes both interfaces of the firewall from one host to another. */
    void moveFirewall(int from, int to) {
        move(from, to, "fw-in", side("in"));
        move(from, to, "fw-out", side("out"));
    }

    private void move(int from, int to, String interfaceName, String alias) {
        Namespace there = network.hosts().get(to);
        network.hosts().get(from).configure("link", "set", "dev", interfaceName, "netns", there.fullName());
        write(there, interfaceName, alias);
        there.interfaceNamed(interfaceName).quiet().up();
    }

    /** Picture for people. */
    static String picture() {
        return """

                 manager: finds what has moved, tells the hosts
                 ------+---------------+---------------+------   management
                 +-----+------+  +-----+------+  +-----+------+
                 |  Sluice A  |  |  Sluice B  |  |  Sluice C  +--- server
                 +--+------+--+  +--+------+--+  +--+------+--+    %s
                    |      |        |      |        |      |
                    |   ---+--------|------+--------|------+---   underlay: Geneve, service header
                 workload ------->  |       nftables firewall
                 %s                 -------> to host A

""".formatted(SERVER, WORKLOAD);
    }
}
