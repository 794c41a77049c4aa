package dev.sluice.lab.demo;

import dev.sluice.lab.BridgeFirewall;
import dev.sluice.lab.HttpService;
import dev.sluice.lab.InlineNode;
import dev.sluice.lab.Namespace;
import dev.sluice.lab.Topology;
import dev.sluice.lab.Wire;
import java.time.Duration;
import java.util.List;

/**
 * The network of the demonstration: two hosts of one subnet, Sluice between them, two service nodes beside it.
 *
 * @param topology owns all of it
 * @param client host that asks
 * @param server host that answers
 * @param sluice where Sluice runs; has only interfaces, no addresses
 * @param firewall the first service node
 * @param inspector the second service node
 * @param web the server's web service
 * @param forbiddenWeb one behind a port that the firewall forbids
 */
record Scene(
        Topology topology,
        Namespace client,
        Namespace server,
        Namespace sluice,
        BridgeFirewall firewall,
        InlineNode inspector,
        HttpService web,
        HttpService forbiddenWeb) {
    static final String CLIENT = "10.77.0.1";
    static final String SERVER = "10.77.0.2";
    static final int WEB_PORT = 80;
    static final int FORBIDDEN_PORT = 23;
    static final String FORBIDDEN_PATH = "/secret-plans";

    private static final Duration PATIENCE = Duration.ofMillis(1_500);

    /** Builds it in an empty topology, which owns what was built even if this fails half way. */
    static Scene build(Topology topology) {
        Namespace client = topology.namespace("client");
        Namespace server = topology.namespace("server");
        Namespace sluice = topology.namespace("sluice");
        Namespace firewall = topology.namespace("firewall");
        Namespace inspector = topology.namespace("ips");
        Wire left = topology.wire(client, "eth0", sluice, "to-client");
        Wire right = topology.wire(sluice, "to-server", server, "eth0");
        Wire firewallIn = topology.wire(sluice, "fw-in", firewall, "in");
        Wire firewallOut = topology.wire(sluice, "fw-out", firewall, "out");
        Wire inspectorIn = topology.wire(sluice, "ips-in", inspector, "in");
        Wire inspectorOut = topology.wire(sluice, "ips-out", inspector, "out");
        List.of("to-client", "to-server", "fw-in", "fw-out", "ips-in", "ips-out")
                .forEach(name -> sluice.interfaceNamed(name).quiet());
        left.a().address(CLIENT + "/24");
        right.b().address(SERVER + "/24");
        BridgeFirewall wall = BridgeFirewall.create(firewallIn.b(), firewallOut.b());
        wall.filter().drop("tcp dport " + FORBIDDEN_PORT);
        return new Scene(
                topology,
                client,
                server,
                sluice,
                wall,
                InlineNode.matcher(inspectorIn.b(), inspectorOut.b(), List.of("GET " + FORBIDDEN_PATH)),
                HttpService.start(server, WEB_PORT),
                HttpService.start(server, FORBIDDEN_PORT));
    }

    /** Frames that came to the second node so far, from either side. */
    long inspectedFrames() {
        InlineNode.Figures figures = inspector.figures();
        return figures.forwardCount() + figures.reverseCount();
    }

    /** Asks the server for a path; no answer within one and a half seconds is none. */
    HttpService.Answer get(String path) {
        return web.get(client, SERVER, path, PATIENCE);
    }

    /** The same by the port that the firewall forbids. */
    HttpService.Answer getForbiddenPort(String path) {
        return forbiddenWeb.get(client, SERVER, path, PATIENCE);
    }
}
