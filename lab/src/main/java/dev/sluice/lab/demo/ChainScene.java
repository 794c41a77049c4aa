package dev.sluice.lab.demo;

import dev.sluice.lab.AwareInspector;
import dev.sluice.lab.BridgeFirewall;
import dev.sluice.lab.HttpService;
import dev.sluice.lab.LabInterface;
import dev.sluice.lab.Namespace;
import dev.sluice.lab.Topology;
import java.time.Duration;

/**
 * The network of the demonstration of a chain: client and server at host A, service nodes at B and C, an Ethernet between the hosts.
 *
 * @param network the hosts and what joins them
 * @param client host that asks
 * @param server host that answers
 * @param firewall the firewall at B
 * @param second another one at C, to which the first one moves
 * @param inspector looks into payloads and knows Sluice, behind C
 * @param web the server's web service
 */
record ChainScene(
        HostsNetwork network,
        Namespace client,
        Namespace server,
        BridgeFirewall firewall,
        BridgeFirewall second,
        AwareInspector inspector,
        HttpService web) {
    static final String CLIENT = "10.77.0.1";
    static final String SERVER = "10.77.0.2";
    static final String FORBIDDEN_PATH = "/secret-plans";
    static final int WEB_PORT = 80;

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
        HostsNetwork network = HostsNetwork.build(topology);
        Namespace client = topology.namespace("client");
        Namespace server = topology.namespace("server");
        network.attach(client, "eth0", 0, "to-client").address(CLIENT + "/24");
        network.attach(server, "eth0", 0, "to-server").address(SERVER + "/24");
        BridgeFirewall wall = firewall(network, "firewall", 1, "fw-1");
        BridgeFirewall second = firewall(network, "firewall-2", 2, "fw-2");
        LabInterface ips =
                network.inUnderlay(topology.namespace("ips"), "eth0", "to-ips").address(INSPECTOR + "/24");
        return new ChainScene(
                network,
                client,
                server,
                wall,
                second,
                AwareInspector.start(ips, INSPECTOR, HOST_C, "GET " + FORBIDDEN_PATH, clearAfterBytes),
                HttpService.start(server, WEB_PORT));
    }

    private static BridgeFirewall firewall(HostsNetwork network, String name, int host, String instance) {
        Namespace node = network.topology().namespace(name);
        LabInterface in = network.attach(node, "in", host, instance + "-in");
        LabInterface out = network.attach(node, "out", host, instance + "-out");
        return BridgeFirewall.create(in, out);
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
   a manager tells all three what is to be, over a network of its own

""".formatted(CLIENT, SERVER);
    }
}
