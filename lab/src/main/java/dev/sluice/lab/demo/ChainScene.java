package dev.sluice.lab.demo;

import dev.sluice.lab.AwareInspector;
import dev.sluice.lab.BridgeFirewall;
import dev.sluice.lab.HttpService;
import dev.sluice.lab.LabInterface;
import dev.sluice.lab.Namespace;
import dev.sluice.lab.Topology;
import dev.sluice.lab.Wire;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The network of the demonstration of a chain: client and server at host A, service nodes at B and C, an Ethernet between the hosts.
 *
 * @param topology owns all of it
 * @param client host that asks
 * @param server host that answers
 * @param hosts A, B and C; each has only interfaces, no addresses
 * @param firewall the firewall at B
 * @param second another one at C, to which the first one moves
 * @param inspector looks into payloads and knows Sluice, behind C
 * @param web the server's web service
 */
record ChainScene(
        Topology topology,
        Namespace client,
        Namespace server,
        List<Namespace> hosts,
        BridgeFirewall firewall,
        BridgeFirewall second,
        AwareInspector inspector,
        HttpService web) {
    static final String CLIENT = "10.77.0.1";
    static final String SERVER = "10.77.0.2";
    static final String FORBIDDEN_PATH = "/secret-plans";
    static final int WEB_PORT = 80;

    /** Room for a whole frame of 1,500 bytes behind everything that is put in front of it. */
    private static final int UNDERLAY_MTU = 1700;

    /** Where the inspector is in the underlay, and where the tunnels of its host end. */
    static final String INSPECTOR = "192.0.2.50";

    private static final String HOST_C = "192.0.2.3";

    private static final Duration PATIENCE = Duration.ofMillis(1_500);

    /**
     * Builds it in an empty topology, which owns what was built even if this fails half way.
     *
     * @param clearAfterBytes so much of a flow the inspector looks at
     */
    static ChainScene build(Topology topology, long clearAfterBytes) {
        Namespace client = topology.namespace("client");
        Namespace server = topology.namespace("server");
        Namespace fabric = topology.namespace("fabric");
        fabric.configure("link", "add", "dev", "br0", "mtu", Integer.toString(UNDERLAY_MTU), "type", "bridge");
        fabric.configure("link", "set", "dev", "br0", "up");
        List<Namespace> hosts = new ArrayList<>();
        for (String name : List.of("a", "b", "c")) {
            Namespace host = topology.namespace("host-" + name);
            hosts.add(host);
            underlay(topology, host, "underlay", fabric, "to-" + name).quiet();
        }
        attach(topology, client, "eth0", hosts.get(0), "to-client").address(CLIENT + "/24");
        attach(topology, server, "eth0", hosts.get(0), "to-server").address(SERVER + "/24");
        BridgeFirewall wall = firewall(topology, "firewall", hosts.get(1), "fw-1");
        BridgeFirewall second = firewall(topology, "firewall-2", hosts.get(2), "fw-2");
        LabInterface ips = underlay(topology, topology.namespace("ips"), "eth0", fabric, "to-ips")
                .address(INSPECTOR + "/24");
        return new ChainScene(
                topology,
                client,
                server,
                List.copyOf(hosts),
                wall,
                second,
                AwareInspector.start(ips, INSPECTOR, HOST_C, "GET " + FORBIDDEN_PATH, clearAfterBytes),
                HttpService.start(server, WEB_PORT));
    }

    private static LabInterface underlay(
            Topology topology, Namespace namespace, String interfaceName, Namespace fabric, String end) {
        Wire wire = topology.wire(namespace, interfaceName, fabric, end);
        wire.a().mtu(UNDERLAY_MTU);
        wire.b().mtu(UNDERLAY_MTU);
        fabric.configure("link", "set", "dev", end, "master", "br0");
        return wire.a();
    }

    private static BridgeFirewall firewall(Topology topology, String name, Namespace host, String instance) {
        Namespace node = topology.namespace(name);
        LabInterface in = attach(topology, node, "in", host, instance + "-in");
        LabInterface out = attach(topology, node, "out", host, instance + "-out");
        return BridgeFirewall.create(in, out);
    }

    private static LabInterface attach(
            Topology topology, Namespace namespace, String interfaceName, Namespace host, String hostInterface) {
        Wire wire = topology.wire(namespace, interfaceName, host, hostInterface);
        wire.b().quiet();
        return wire.a();
    }

    /** Asks the server for a path; no answer within one and a half seconds is none. */
    HttpService.Answer get(String path) {
        return web.get(client, SERVER, path, PATIENCE);
    }

    /** Picture for people. */
    static String picture() {
        return """

                 nftables firewall     the firewall's      IPS that knows
                 (Linux bridge)        second place        Sluice (sdk)
                     |    |                |    |              |
                 +---+----+---+        +---+----+---+          |
                 |  Sluice B  |        |  Sluice C  |          |
                 +-----+------+        +-----+------+          |
                       |                     |       192.0.2.50|
                 ------+------------+--------+-----------------+----   underlay 192.0.2.0/24: Geneve,
                             +------+-------+                    service header
   client -------------------+   Sluice A   +------------------- server
   %s                 +--------------+                 %s

""".formatted(CLIENT, SERVER);
    }
}
