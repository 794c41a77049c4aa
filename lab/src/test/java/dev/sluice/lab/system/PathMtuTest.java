package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.DropReason;
import dev.sluice.lab.Inside;
import dev.sluice.lab.LabInterface;
import dev.sluice.lab.Namespace;
import dev.sluice.lab.Waits;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Ways whose narrow place is behind Sluice: transfers complete or their sender gets an ICMP error that says what fits; there is no black hole (F12, X6). */
@Tag("system")
class PathMtuTest {
    private static final int[] MTUS = Boolean.getBoolean("sluice.mtus.all")
            ? new int[] {1280, 1360, 1420, 1472, 1500}
            : new int[] {1280, 1420, 1500};

    /** What has to get through: pings without fragmentation tell the MTU, TCP and UDP find their way. */
    private static void check(String way, Network network, SluiceNode sluice, String server, int mtu) {
        long before = sluice.counter("icmpErrors");
        boolean v4 = !server.contains(":");
        int headers = v4 ? 28 : 48;
        Waits.until(
                "packets of the MTU pass, which takes until every change of an interface is in force",
                Duration.ofSeconds(10),
                () -> {
                    // An error about the MTU before would be remembered by the hosts for minutes.
                    forgetMtus(network.client);
                    forgetMtus(network.server);
                    return ping(network.client, server, mtu - headers).contains(" 0% packet loss");
                });
        if (mtu < 1500) {
            assertThat(ping(network.client, server, 1500 - headers))
                    .containsPattern(v4 ? "mtu ?= ?" + mtu : "(mtu ?= ?" + mtu + "|Packet too big)");
            forgetMtus(network.client);
        }
        long startNs = System.nanoTime();
        assertThat(TcpTransfer.echoes(network.client, server, 7, 1_000_000))
                .as("%s, MTU %s, TCP to %s", way, mtu, server)
                .isTrue();
        long tcpMs = (System.nanoTime() - startNs) / 1_000_000;
        forgetMtus(network.client);
        int tries = datagrams(network.client, server, 1500 - headers);
        assertThat(tries)
                .as("%s, MTU %s, datagrams to %s until an answer comes", way, mtu, server)
                .isBetween(1, 6);
        System.out.printf(
                "F12 %-28s %-4s MTU %4d: TCP 1 MB there and back in %4d ms, UDP of 1500 bytes answered at try %d, %d ICMP errors%n",
                way, v4 ? "IPv4" : "IPv6", mtu, tcpMs, tries, sluice.counter("icmpErrors") - before);
    }

    private static void forgetMtus(Namespace host) {
        host.exec("ip", "route", "flush", "cache");
        host.exec("ip", "-6", "route", "flush", "cache");
    }

    private static void check(String way, Network network, SluiceNode sluice, List<String> servers, int mtu) {
        servers.forEach(server -> check(way, network, sluice, server, mtu));
    }

    private static String ping(Namespace from, String to, int payloadBytes) {
        return from.exec("sh", "-c", "ping -n -c 2 -i 0.2 -W 2 -M do -s " + payloadBytes + " " + to + " 2>&1; true");
    }

    /** Sends datagrams that fill 1500 bytes until one is answered; the number sent. The kernel sets "don't fragment" until it knows the path's MTU. */
    private static int datagrams(Namespace from, String server, int payloadBytes) {
        return Inside.call(from, () -> {
            byte[] payload = new byte[payloadBytes];
            new Random(3).nextBytes(payload);
            try (DatagramSocket socket = new DatagramSocket()) {
                socket.setSoTimeout(400);
                for (int tries = 1; tries <= 10; tries++) {
                    try {
                        socket.send(new DatagramPacket(payload, payloadBytes, InetAddress.getByName(server), 7));
                        DatagramPacket back = new DatagramPacket(new byte[2048], 2048);
                        socket.receive(back);
                        if (back.getLength() == payloadBytes) {
                            return tries;
                        }
                    } catch (IOException e) {
                        // Too large: nothing came in time, or the kernel says so by now. The next try finds a kernel
                        // that knows.
                        assert tries > 0 : e;
                    }
                }
            }
            return Integer.MAX_VALUE;
        });
    }

    private static void setMtu(int mtu, LabInterface... interfaces) {
        for (LabInterface each : interfaces) {
            each.mtu(mtu);
        }
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
                    check(way, network, sluice, servers, mtu);
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
                check("pair, node behind two tags", network, sluice, servers, 1492);
                sluice.configure(vlan);
                check("pair, node behind one tag", network, sluice, servers, 1500);
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
                    check("router, narrow link", network, sluice, List.of("10.3.0.2", "fd03::2"), mtu);
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
