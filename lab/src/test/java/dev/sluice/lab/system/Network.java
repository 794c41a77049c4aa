package dev.sluice.lab.system;

import dev.sluice.lab.BridgeFirewall;
import dev.sluice.lab.LabInterface;
import dev.sluice.lab.Namespace;
import dev.sluice.lab.Topology;
import dev.sluice.lab.Wire;

/**
 * Client, server and Sluice between them; nodes as a test wants them.
 *
 * <pre>
 *  client eth0 ---- left [ sluice ] right ---- eth0 server
 *                    a-in |  | a-out
 *                      in [ a ] out
 * </pre>
 */
final class Network implements AutoCloseable {
    final Topology topology = Topology.create();
    final Namespace client = topology.namespace("client");
    final Namespace sluice = topology.namespace("sluice");
    final Namespace server = topology.namespace("server");
    final LabInterface clientSide;
    final LabInterface serverSide;

    private Network() {
        clientSide = host(client, "eth0", "left");
        serverSide = host(server, "eth0", "right");
    }

    /** Client 10.0.0.1 and server 10.0.0.2 in one subnet, fd00::1 and fd00::2 too: Sluice is no hop. */
    static Network transparent() {
        Network network = new Network();
        network.clientSide.address("10.0.0.1/24").address("fd00::1/64");
        network.serverSide.address("10.0.0.2/24").address("fd00::2/64");
        return network;
    }

    /** Client 10.1.0.2 and server 10.2.0.2 in two subnets (fd01::2, fd02::2), whose router is Sluice: 10.1.0.1, 10.2.0.1, fd01::1, fd02::1. */
    static Network routed() {
        Network network = new Network();
        network.clientSide.address("10.1.0.2/24").address("fd01::2/64");
        network.serverSide.address("10.2.0.2/24").address("fd02::2/64");
        network.client.route("default", "10.1.0.1").route("default", "fd01::1");
        network.server.route("default", "10.2.0.1").route("default", "fd02::1");
        return network;
    }

    /** A wire from a host's interface to Sluice's; the host's end. */
    LabInterface host(Namespace host, String interfaceName, String sluiceInterface) {
        Wire wire = topology.wire(host, interfaceName, sluice, sluiceInterface);
        wire.b().quiet();
        return wire.a();
    }

    /** A service node: a namespace with interfaces in and out, which are NAME-in and NAME-out in Sluice's. */
    Namespace node(String name) {
        Namespace node = topology.namespace(name);
        host(node, "in", name + "-in");
        host(node, "out", name + "-out");
        return node;
    }

    /** A node that is a bridge with nftables. */
    BridgeFirewall bridge(String name) {
        Namespace node = node(name);
        return BridgeFirewall.create(node.interfaceNamed("in"), node.interfaceNamed("out"));
    }

    @Override
    public void close() {
        topology.close();
    }
}
