package dev.sluice.lab.system;

import dev.sluice.agent.report.LivenessReport.WatchedReport;
import dev.sluice.lab.Namespace;
import dev.sluice.lab.Waits;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Sluice with a service node for each kind of BFD session (V14): {@code plain}, which FRR speaks for; {@code keyed} (IPv6, keyed SHA1), {@code signed} (meticulous) and
 * {@code far} (in the underlay behind a router, multihop), which one BIRD speaks for. One user: the test.
 *
 * <pre>
 *   frr  in, out             -- plain-in, plain-out   [        ]
 *   bird keyed-in, -out      -- keyed-in, keyed-out   [ sluice ]
 *        signed-in, -out     -- signed-in, signed-out [        ]
 *        far -- eth1 [ gate ] eth0 -- underlay        [        ]
 * </pre>
 */
final class BfdNodes implements AutoCloseable {
    /** Long enough that a machine which is busy with something else takes no session down. */
    static final int INTERVAL_MS = 400;

    static final List<String> NAMES = List.of("plain", "keyed", "signed", "far");
    static final String KEY = "key: {id: 7, secret: open sesame}";
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final String PACE =
            "min rx interval " + INTERVAL_MS + " ms; min tx interval " + INTERVAL_MS + " ms; multiplier 3;";

    final Network network = Network.routed();
    final Namespace frrPlace = network.topology.namespace("frr");
    final Namespace birdPlace = network.topology.namespace("bird");
    final BfdPeer frr;
    final BfdPeer bird;
    final SluiceNode sluice;
    final Dissection atFrr;
    final Dissection atBird;
    private final Map<String, String> health = new LinkedHashMap<>();

    BfdNodes() {
        sides(frrPlace, "", "plain", "10.100.0.2/24", "10.101.0.2/24");
        sides(birdPlace, "keyed-", "keyed", "fd66::2/64", "fd67::2/64");
        sides(birdPlace, "signed-", "signed", "10.110.0.2/24", "10.111.0.2/24");
        gate();
        health.put("plain", bfd(""));
        health.put("keyed", bfd("meticulous: false, " + KEY));
        health.put("signed", bfd(KEY));
        health.put("far", bfd("ttlMin: 255"));
        frr = BfdPeer.frr(frrPlace, frrPeer("10.100.0", "in") + frrPeer("10.101.0", "out"));
        bird = BfdPeer.bird(birdPlace, "10.110.0.2", birdSessions("open sesame"));
        atFrr = Dissection.start(frrPlace, "any", "udp port 3784 or udp port 4784");
        atBird = Dissection.start(birdPlace, "any", "udp port 3784 or udp port 4784");
        sluice = SluiceNode.start(network.sluice, objects(), "orderly");
        sluice.prefer();
    }

    private void sides(Namespace place, String prefix, String name, String in, String out) {
        network.host(place, prefix + "in", name + "-in").address(in);
        network.host(place, prefix + "out", name + "-out").address(out);
    }

    private void gate() {
        Namespace gate = network.topology.namespace("gate");
        network.host(gate, "eth0", "underlay").address("192.0.2.254/24");
        var wire = network.topology.wire(gate, "eth1", birdPlace, "far");
        wire.a().address("10.9.0.1/24");
        wire.b().address("10.9.0.2/24");
        gate.forwarding(true).route("198.51.100.7/32", "10.9.0.2");
        birdPlace.configure("address", "add", "198.51.100.7/32", "dev", "lo");
        // RFC 5883 does not ask for 255, and BIRD sends multihop packets with the system's own TTL.
        birdPlace.route("192.0.2.1/32", "10.9.0.1").sysctl("net.ipv4.ip_default_ttl", "255");
    }

    private static String frrPeer(String network, String side) {
        return " peer " + network + ".1 local-address " + network + ".2 interface " + side
                + "\n  detect-multiplier 3\n  receive-interval " + INTERVAL_MS + "\n  transmit-interval " + INTERVAL_MS
                + "\n";
    }

    /** What BIRD is told, with the key of its meticulous sessions. */
    static String birdSessions(String secret) {
        String password = "password \"%s\" { id 7; };";
        return "interface \"keyed-*\" { " + PACE + " authentication keyed sha1; "
                + password.formatted("open sesame") + " };\n interface \"signed-*\" { " + PACE
                + " authentication meticulous keyed sha1; " + password.formatted(secret) + " };\n multihop { " + PACE
                + " };\n" + neighbor("fd66::", "keyed-in") + neighbor("fd67::", "keyed-out")
                + neighbor("10.110.0.", "signed-in") + neighbor("10.111.0.", "signed-out")
                + " neighbor 192.0.2.1 local 198.51.100.7 multihop yes;\n";
    }

    private static String neighbor(String network, String side) {
        return " neighbor " + network + "1 dev \"" + side + "\" local " + network + "2;\n";
    }

    /** The health of a service: sessions at the usual pace, with these settings of {@code bfd}. */
    static String bfd(String settings) {
        return bfd(INTERVAL_MS, 3, settings);
    }

    static String bfd(int intervalMs, int failAfter, String settings) {
        return "{probe: bfd, intervalMs: " + intervalMs + ", failAfter: " + failAfter + ", holdDownMs: 0, bfd: {"
                + settings + "}}";
    }

    private String objects() {
        return String.join(
                "---\n",
                Yaml.object("Node", "edge", "{tracker: {connectionsMax: 16384}, underlay: {address: 192.0.2.1}}"),
                Yaml.ROUTER,
                Yaml.object("Port", "underlay", "{node: edge, interface: underlay}"),
                Yaml.object(
                        "LogicalRouter",
                        "underlay",
                        "{node: edge, interfaces: [{port: underlay, addresses: [192.0.2.1/24]}], routes: [{prefix: 198.51.100.0/24, via: [192.0.2.254]}]}"),
                services(),
                instance("plain", "10.100.0.1/24", "10.100.0.2", "10.101.0.1/24", "10.101.0.2"),
                instance("keyed", "fd66::1/64", "fd66::2", "fd67::1/64", "fd67::2"),
                instance("signed", "10.110.0.1/24", "10.110.0.2", "10.111.0.1/24", "10.111.0.2"),
                Yaml.object("ServiceInstance", "far", "{service: far, node: edge, endpoint: 198.51.100.7}"),
                Yaml.object("ServiceChain", "all", "{profiles: [plain, keyed, signed, far]}"),
                Yaml.policy("all", "r/left", "{name: all, action: {chain: all}}"));
    }

    private String services() {
        StringBuilder all = new StringBuilder();
        health.forEach((name, how) -> all.append(all.isEmpty() ? "" : "---\n")
                .append(Yaml.object(
                        "Service",
                        name,
                        (name.equals("far") ? "{transport: gwlb" : "{transport: raw, forwarding: route") + ", health: "
                                + how + "}")));
        return all.toString();
    }

    private static String instance(String name, String in, String inHop, String out, String outHop) {
        String side = "{interface: %s-%s, addresses: [\"%s\"], nextHop: \"%s\"}";
        return Yaml.object(
                "ServiceInstance",
                name,
                "{service: " + name + ", node: edge, interfaces: {in: " + side.formatted(name, "in", in, inHop)
                        + ", out: " + side.formatted(name, "out", out, outHop) + "}}");
    }

    /** Changes the health of some services, and nothing else. */
    void configure(Map<String, String> changes) {
        health.putAll(changes);
        sluice.configure(objects());
    }

    /** What Sluice says of the sessions with a node. */
    WatchedReport watched(String name) {
        return NodeBfdTest.watched(sluice, name);
    }

    /** Waits until all sessions with a node are up with this detection time. */
    void awaitUp(String name, int detectionMs) {
        String up = "up, " + detectionMs + " ms";
        int sessions = name.equals("far") ? 1 : 2;
        Waits.until(
                "sessions with " + name + " are up",
                SOON,
                () -> sluice.instance(name).alive()
                        && watched(name).state().equals("alive")
                        && watched(name).how().split(up, -1).length == sessions + 1,
                () -> watched(name) + " " + refused());
    }

    void awaitAllUp() {
        NAMES.forEach(name -> awaitUp(name, 3 * INTERVAL_MS));
        frr.awaitUp();
        bird.awaitUp();
    }

    /** How often each node was alive and then not. */
    Map<String, Long> downs() {
        Map<String, Long> downs = new LinkedHashMap<>();
        NAMES.forEach(name -> downs.put(name, watched(name).downs()));
        return downs;
    }

    /** Packets of service nodes that Sluice refused, by reason. */
    Map<String, Long> refused() {
        return sluice.status().peers().refused();
    }

    /** Packets refused for a reason, which is given as {@code sluice status} says it. */
    long refused(String reason) {
        return refused().getOrDefault("bfd of service nodes " + reason, 0L);
    }

    @Override
    public void close() {
        try (network;
                frr;
                bird;
                atFrr;
                atBird) {
            sluice.close();
        }
    }
}
