package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.DropReason;
import dev.sluice.lab.Inside;
import dev.sluice.lab.LabInterface;
import dev.sluice.lab.Namespace;
import dev.sluice.lab.NatNode;
import dev.sluice.lab.RoutingFirewall;
import dev.sluice.lab.Waits;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.nio.channels.DatagramChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import jdk.net.ExtendedSocketOptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Ways whose narrow place is behind Sluice: transfers complete or their sender gets an ICMP error that says what fits; there is no black hole (F12, X6). */
@Tag("system")
class PathMtuTest {
    private static final boolean ALL = Boolean.getBoolean("sluice.mtus.all");
    private static final int[] MTUS = ALL ? new int[] {1280, 1360, 1420, 1472, 1500} : new int[] {1280, 1420};
    private static final Duration IN_FORCE = Duration.ofSeconds(20);
    private static final Pattern TOLD_MTU = Pattern.compile("mtu ?= ?(\\d+)|message too long, mtu: ?(\\d+)");
    private static final int DRAWS = 8;
    private static final long SEED = 20_261_122;
    private static final int ETHERNET_MTU = 1500;

    /** How often a datagram is sent, and how long an answer may take on a busy machine. */
    private static final int TRIES = 12;

    private static final int ANSWER_MS = 400;

    /** MTUs of the client's link, both sides of the node, and the server's link. */
    private record Sizes(int client, int in, int out, int server) {
        static Sizes random(Random random, boolean oneForTheNode) {
            int in = any(random);
            return new Sizes(any(random), in, oneForTheNode ? in : any(random), any(random));
        }

        private static int any(Random random) {
            return 1280 + random.nextInt(ETHERNET_MTU - 1280 + 1);
        }

        int narrowest() {
            return Math.min(Math.min(client, in), Math.min(out, server));
        }
    }

    /**
     * A kind of node, and what goes through it.
     *
     * @param instance its name
     * @param namespace where it is
     * @param servers addresses whose packets go through it, IPv4 first
     * @param routes whether its sides may differ: who takes in more on one side than the other lets out has to tell senders itself
     * @param each MTUs of each check; ./dev long draws others too
     */
    private record Kind(String instance, Namespace namespace, List<String> servers, boolean routes, List<Sizes> each) {
        List<Sizes> sizes() {
            List<Sizes> all = new ArrayList<>(each);
            Random random = new Random(SEED + instance.hashCode());
            for (int i = 0; ALL && i < DRAWS; i++) {
                all.add(Sizes.random(random, !routes));
            }
            return all;
        }

        void resize(Network network, Sizes sizes) {
            setMtu(sizes.client, network.clientSide, network.sluice.interfaceNamed("left"));
            setMtu(sizes.in, namespace.interfaceNamed("in"), network.sluice.interfaceNamed(instance + "-in"));
            setMtu(sizes.out, namespace.interfaceNamed("out"), network.sluice.interfaceNamed(instance + "-out"));
            setMtu(sizes.server, network.serverSide, network.sluice.interfaceNamed("right"));
        }
    }

    /** What has to get through: pings without fragmentation find the MTU, step by step; TCP and UDP find their way, whether their packets may be cut or not. */
    private static void check(String way, Network network, SluiceNode sluice, String server, int ownMtu, int mtu) {
        long before = sluice.counter("icmpErrors");
        boolean v4 = !server.contains(":");
        int headers = v4 ? 28 : 48;
        String[] steps = {""};
        Waits.until(
                way + ": pings to " + server + " find the MTU " + mtu
                        + ", which takes until every change of an interface is in force",
                IN_FORCE,
                () -> {
                    forgetMtus(network);
                    steps[0] = search(network.client, server, ownMtu, headers);
                    return steps[0].endsWith(mtu + " passes");
                },
                () -> steps[0]);
        forgetMtus(network);
        long startNs = System.nanoTime();
        assertThat(TcpTransfer.echoes(network.client, server, 7, 1_000_000))
                .as("%s, MTU %s, TCP to %s", way, mtu, server)
                .isTrue();
        long tcpMs = (System.nanoTime() - startNs) / 1_000_000;
        forgetMtus(network);
        assertThat(datagram(network.client, server, true, ownMtu - headers))
                .as("%s, MTU %s, a datagram of %s bytes to %s that must not be cut", way, mtu, ownMtu, server)
                .isEqualTo(mtu < ownMtu ? Fate.TOLD : Fate.ANSWERED);
        assertThat(datagram(network.client, server, true, mtu - headers))
                .as("%s, MTU %s, a datagram that fits to %s", way, mtu, server)
                .isEqualTo(Fate.ANSWERED);
        for (int bytes : new int[] {ETHERNET_MTU, 4000}) {
            forgetMtus(network);
            assertThat(datagram(network.client, server, false, bytes - headers))
                    .as("%s, MTU %s, a datagram of %s bytes to %s that may be cut", way, mtu, bytes, server)
                    .isEqualTo(Fate.ANSWERED);
        }
        System.out.printf(
                "F12 %-28s %-4s %s: TCP 1 MB there and back in %4d ms, UDP told or answered, in fragments too; %d ICMP errors of Sluice%n",
                way, v4 ? "IPv4" : "IPv6", steps[0], tcpMs, sluice.counter("icmpErrors") - before);
    }

    /** An error about the MTU before would be remembered by the hosts for minutes. */
    private static void forgetMtus(Network network) {
        for (Namespace host : List.of(network.client, network.server)) {
            host.exec("ip", "route", "flush", "cache");
            host.exec("ip", "-6", "route", "flush", "cache");
        }
    }

    private static void check(
            String way, Network network, SluiceNode sluice, List<String> servers, int ownMtu, int mtu) {
        servers.forEach(server -> check(way, network, sluice, server, ownMtu, mtu));
    }

    /** Sends pings without fragmentation, at first of the host's own MTU, then of what it is told: the sizes, and what became of the last. */
    private static String search(Namespace from, String server, int ownMtu, int headers) {
        int size = ownMtu;
        StringBuilder steps = new StringBuilder("MTU ");
        while (true) {
            String said = ping(from, server, size - headers);
            steps.append(size);
            Matcher told = TOLD_MTU.matcher(said);
            if (said.contains(" 0% packet loss")) {
                return steps.append(" passes").toString();
            }
            int next = told.find() ? Integer.parseInt(told.group(told.group(1) == null ? 2 : 1)) : size;
            if (next >= size) {
                return steps.append(" ends in a hole: ").append(said).toString();
            }
            size = next;
            steps.append(", ");
        }
    }

    private static String ping(Namespace from, String to, int payloadBytes) {
        return from.exec("sh", "-c", "ping -n -c 2 -i 0.05 -W 2 -M do -s " + payloadBytes + " " + to + " 2>&1; true");
    }

    /** What becomes of a datagram that is sent until one of these. */
    private enum Fate {
        ANSWERED,
        /** The kernel has heard that it is too large. */
        TOLD,
        LOST
    }

    private static Fate datagram(Namespace from, String server, boolean whole, int payloadBytes) {
        return Inside.call(from, () -> {
            byte[] payload = new byte[payloadBytes];
            new Random(3).nextBytes(payload);
            InetAddress to = InetAddress.getByName(server);
            boolean v4 = to instanceof Inet4Address;
            try (DatagramChannel channel =
                    DatagramChannel.open(v4 ? StandardProtocolFamily.INET : StandardProtocolFamily.INET6)) {
                channel.setOption(ExtendedSocketOptions.IP_DONTFRAGMENT, whole);
                DatagramSocket socket = channel.socket();
                socket.setSoTimeout(ANSWER_MS);
                for (int tries = 0; tries < TRIES; tries++) {
                    try {
                        socket.send(new DatagramPacket(payload, payloadBytes, to, 7));
                        DatagramPacket back = new DatagramPacket(new byte[65_535], 65_535);
                        socket.receive(back);
                        if (Arrays.equals(payload, Arrays.copyOf(back.getData(), back.getLength()))) {
                            return Fate.ANSWERED;
                        }
                    } catch (SocketTimeoutException e) {
                        // Either way may be too narrow; whoever sent too much has been told by the next try.
                        assert tries >= 0 : e;
                    } catch (IOException e) {
                        if (whole && String.valueOf(e.getMessage()).contains("too long")) {
                            return Fate.TOLD;
                        }
                        throw e;
                    }
                }
            }
            return Fate.LOST;
        });
    }

    private static void setMtu(int mtu, LabInterface... interfaces) {
        for (LabInterface each : interfaces) {
            each.mtu(mtu);
        }
    }

    /** One IP version in each check, another one for each size; both in ./dev long. */
    private static void check(Network network, SluiceNode sluice, List<Kind> kinds) {
        int turn = 0;
        for (Kind kind : kinds) {
            for (Sizes sizes : kind.sizes()) {
                long sent = sent(sluice, kind);
                kind.resize(network, sizes);
                int version = turn++ % 2;
                List<String> servers = ALL ? kind.servers : kind.servers.subList(version, version + 1);
                String way = kind.instance + " " + sizes.client + "-" + sizes.in + "-" + sizes.out + "-" + sizes.server;
                check(way, network, sluice, servers, sizes.client, sizes.narrowest());
                SluiceNode.counted(
                        () -> assertThat(sent(sluice, kind) - sent).as(way).isGreaterThan(20));
            }
        }
        assertThat(sluice.uninspected()).isZero();
    }

    private static long sent(SluiceNode sluice, Kind kind) {
        return sluice.instance(kind.instance).sent().stream()
                .mapToLong(Long::longValue)
                .sum();
    }

    @Test
    @Tag("long")
    void nodesOnAPairOfEveryKindTellWhatFits() {
        try (Network network = Network.transparent();
                ProgramNode _ = mirror(network.node("one"))) {
            network.bridge("bump");
            network.serverSide.address("10.0.0.3/24").address("fd00::3/64");
            List<String> servers = List.of("10.0.0.2", "fd00::2", "10.0.0.3", "fd00::3");
            String yaml = Yaml.of(
                    Yaml.PAIR,
                    WireNodeTest.NODE,
                    Yaml.chainOfOne("one", "{transport: raw}", "{in: one-in}"),
                    Yaml.policy(
                            "all",
                            "edge/left",
                            rule("bump", servers.subList(0, 2)),
                            rule("one", servers.subList(2, 4))));
            try (EchoHost _ = EchoHost.start(network.server, 7, servers);
                    SluiceNode sluice = SluiceNode.start(network.sluice, yaml)) {
                check(
                        network,
                        sluice,
                        List.of(
                                new Kind(
                                        "bump",
                                        network.topology.get("bump"),
                                        servers.subList(0, 2),
                                        false,
                                        List.of(new Sizes(1500, 1333, 1333, 1420))),
                                new Kind(
                                        "one",
                                        network.topology.get("one"),
                                        servers.subList(2, 4),
                                        false,
                                        List.of(new Sizes(1490, 1400, 1400, 1291)))));
            }
        }
    }

    /** With one arm a node that routes, as with two; a node that translates has to hear of what it sent itself, or nobody does. */
    @Test
    void nodesOfARouterOfEveryKindTellWhatFits() {
        try (Network network = Network.routed()) {
            network.serverSide
                    .address("10.2.0.3/24")
                    .address("fd02::3/64")
                    .address("10.2.0.4/24")
                    .address("fd02::4/64");
            List<String> servers = List.of("10.2.0.2", "fd02::2", "10.2.0.3", "fd02::3", "10.2.0.4", "fd02::4");
            RoutingNodeTest.router(network, "10.1.0.0/24", "fd01::/64", "10.2.0.0/24", "fd02::/64");
            Namespace nat = addressed(network.node("nat"), 102, 103);
            NatNode.create(nat.interfaceNamed("in"), nat.interfaceNamed("out"));
            Namespace arm = addressed(network.node("arm"), 104, 104);
            RoutingFirewall.create(arm.interfaceNamed("in"), arm.interfaceNamed("in"));
            String yaml = Yaml.of(
                    Yaml.ROUTER,
                    RoutingNodeTest.NODE,
                    Yaml.chainOfOne(
                            "nat",
                            "{transport: raw, forwarding: route, translation: learned}",
                            "{in: " + side("nat-in", 102) + ", out: " + side("nat-out", 103) + "}"),
                    Yaml.chainOfOne("arm", "{transport: raw, forwarding: route}", "{in: " + side("arm-in", 104) + "}"),
                    Yaml.policy(
                            "all",
                            "r/left, r/right",
                            rule("fw", servers.subList(0, 2)),
                            rule("nat", servers.subList(2, 4)),
                            rule("arm", servers.subList(4, 6))));
            try (EchoHost _ = EchoHost.start(network.server, 7, servers);
                    SluiceNode sluice = SluiceNode.start(network.sluice, yaml)) {
                check(
                        network,
                        sluice,
                        List.of(
                                new Kind(
                                        "fw",
                                        network.topology.get("fw"),
                                        servers.subList(0, 2),
                                        true,
                                        List.of(new Sizes(1500, 1444, 1350, 1400))),
                                new Kind(
                                        "nat",
                                        nat,
                                        servers.subList(2, 4),
                                        true,
                                        List.of(new Sizes(1500, 1480, 1460, 1310), new Sizes(1300, 1500, 1420, 1480))),
                                new Kind(
                                        "arm",
                                        arm,
                                        servers.subList(4, 6),
                                        false,
                                        List.of(new Sizes(1500, 1287, 1287, 1466)))));
            }
        }
    }

    private static String rule(String chain, List<String> servers) {
        return "{name: " + chain + ", match: {destination: {prefixes: [" + servers.get(0) + ", \"" + servers.get(1)
                + "\"]}}, action: {chain: " + chain + "}}";
    }

    /** A node that sends back what it gets, on the same interface. */
    private static ProgramNode mirror(Namespace node) {
        return ProgramNode.start((from, frame, sender) -> sender.send(from, frame), node.interfaceNamed("in"));
    }

    /** Gives a node addresses towards Sluice, 10.IN.0.2 and 10.OUT.0.2 and the same in IPv6, and its ways to client and server; with one arm both are the same. */
    private static Namespace addressed(Namespace node, int in, int out) {
        node.interfaceNamed("in").address("10." + in + ".0.2/24").address(v6(in) + "2/64");
        if (out != in) {
            node.interfaceNamed("out").address("10." + out + ".0.2/24").address(v6(out) + "2/64");
        }
        return node.route("10.1.0.0/24", "10." + in + ".0.1")
                .route("fd01::/64", v6(in) + "1")
                .route("10.2.0.0/24", "10." + out + ".0.1")
                .route("fd02::/64", v6(out) + "1");
    }

    private static String side(String interfaceName, int network) {
        return "{interface: " + interfaceName + ", addresses: [10." + network + ".0.1/24, \"" + v6(network)
                + "1/64\"], nextHop: [10." + network + ".0.2, \"" + v6(network) + "2\"]}";
    }

    private static String v6(int network) {
        return "fd" + Integer.toHexString(network) + "::";
    }

    /** A plain node with each of the MTUs, on every side of it. */
    private static void checkNarrowNode(String way, Network network, String yaml, List<String> servers) {
        try (EchoHost echo = EchoHost.start(network.server, 7)) {
            var firewall = network.bridge("fw");
            try (SluiceNode sluice = SluiceNode.start(network.sluice, yaml)) {
                for (int mtu : MTUS) {
                    setMtu(
                            mtu,
                            firewall.in(),
                            firewall.out(),
                            network.sluice.interfaceNamed("fw-in"),
                            network.sluice.interfaceNamed("fw-out"));
                    check(way, network, sluice, servers, ETHERNET_MTU, mtu);
                }
                assertThat(sluice.dropped(DropReason.MTU_EXCEEDED)).isPositive();
                assertThat(echo.datagramCount()).isPositive();
            }
        }
    }

    @Test
    @Tag("long")
    void narrowNodeOfATransparentPairIsToldBySomebodyWithoutAnAddress() {
        try (Network network = Network.transparent()) {
            String yaml = Yaml.of(
                    Yaml.PAIR, Yaml.bridge("fw"), Yaml.policy("all", "edge/left", "{name: all, action: {chain: fw}}"));
            checkNarrowNode("pair, plain node", network, yaml, List.of("10.0.0.2", "fd00::2"));
        }
    }

    @Test
    @Tag("long")
    void nodesBehindTagsTakeWhatTheTagsLeave() {
        try (Network network = Network.transparent();
                EchoHost echo = EchoHost.start(network.server, 7)) {
            Namespace node = network.node("tag");
            LabInterface in = node.interfaceNamed("in");
            LabInterface out = node.interfaceNamed("out");
            String policy = Yaml.policy("all", "edge/left", "{name: all, action: {chain: tag}}");
            String qinq = Yaml.of(
                    Yaml.PAIR,
                    Yaml.chainOfOne(
                            "tag",
                            "{transport: qinq}",
                            "{in: {interface: tag-in, vlan: 200, innerVlan: 7}, out: {interface: tag-out, vlan: 200, innerVlan: 7}}"),
                    policy);
            String vlan = Yaml.of(
                    Yaml.PAIR,
                    Yaml.chainOfOne(
                            "tag",
                            "{transport: vlan}",
                            "{in: {interface: tag-in, vlan: 200}, out: {interface: tag-out, vlan: 200}}"),
                    policy);
            try (ProgramNode cable = ProgramNode.cable(in, out);
                    SluiceNode sluice = SluiceNode.start(network.sluice, qinq)) {
                assertThat(sluice.status().configuration().warnings())
                        .anyMatch(w -> w.contains("tag-in") && w.contains("needs 1508"));
                List<String> servers = List.of("10.0.0.2", "fd00::2");
                check("pair, node behind two tags", network, sluice, servers, ETHERNET_MTU, 1492);
                sluice.configure(vlan);
                check("pair, node behind one tag", network, sluice, servers, ETHERNET_MTU, 1500);
                assertThat(cable.receivedCount()).isPositive();
                assertThat(echo.datagramCount()).isPositive();
            }
        }
    }

    @Test
    @Tag("long")
    void narrowNodeAndNarrowLinkOfARouterAreToldByTheRouter() {
        try (Network network = Network.routed()) {
            String yaml = Yaml.of(
                    Yaml.ROUTER, Yaml.bridge("fw"), Yaml.policy("all", "r/left", "{name: all, action: {chain: fw}}"));
            checkNarrowNode("router, plain node", network, yaml, List.of("10.2.0.2", "fd02::2"));
        }
    }

    /** client 1500 - left [sluice] right - MTU - mid - 1500 - server: neither end can know. */
    @Test
    void narrowLinkInTheMiddleIsToldAndPacketsThatMayBeAreFragmented() {
        try (Network network = Network.routed()) {
            Namespace far = network.topology.namespace("far");
            LabInterface mid =
                    network.topology.wire(network.server, "eth1", far, "eth0").a();
            mid.address("10.3.0.1/24").address("fd03::1/64");
            far.interfaceNamed("eth0").address("10.3.0.2/24").address("fd03::2/64");
            far.route("default", "10.3.0.1").route("default", "fd03::1");
            network.server.forwarding(true);
            String yaml = Yaml.of(Yaml.ROUTER + """
                      routes:
                      - {prefix: 10.3.0.0/24, via: [10.2.0.2]}
                      - {prefix: "fd03::/64", via: ["fd02::2"]}
                    """);
            try (EchoHost echo = EchoHost.start(far, 7);
                    SluiceNode sluice = SluiceNode.start(network.sluice, yaml)) {
                for (int mtu : MTUS) {
                    setMtu(mtu, network.serverSide, network.sluice.interfaceNamed("right"));
                    check("router, narrow link", network, sluice, List.of("10.3.0.2", "fd03::2"), ETHERNET_MTU, mtu);
                }
                setMtu(1280, network.serverSide, network.sluice.interfaceNamed("right"));
                Waits.until(
                        "large pings pass in fragments, which takes until the change of the interface is in force",
                        Duration.ofSeconds(10),
                        () -> network.client.succeeds(
                                "sh",
                                "-c",
                                "ping -c 3 -i 0.2 -W 1 -M dont -s 4000 10.3.0.2 | grep -q ' 0% packet loss'"));
                assertThat(sluice.counter("packetsFragmented")).isPositive();
                assertThat(sluice.counter("fragmentsMade")).isGreaterThan(sluice.counter("packetsFragmented"));
                assertThat(echo.datagramCount()).isPositive();
            }
        }
    }
}
