package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.lab.Namespace;
import dev.sluice.lab.Waits;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Nodes of another host, in each transport, behind an underlay that takes less and less (F12, X6): transfers complete, their senders hear what fits, fragments arrive, over IPv4
 * and IPv6; there is no black hole.
 */
@Tag("system")
class HostsMtuTest {
    private static final List<String> SERVERS = List.of("10.0.0.2", "fd00::2");
    private static final Duration SOON = Duration.ofSeconds(10);

    /** Outer headers over IPv4, service header and inner Ethernet header of what goes to another switch. */
    private static final int TUNNEL_BYTES = 110;

    private static String objects(String transport) {
        String objects = HostsNetwork.objects("direct", 4).replace("profiles: [fw, ips]", "profiles: [fw]");
        return FirewallTransport.objects(objects, transport, 4, ", mtuAudit: warn");
    }

    @ParameterizedTest
    @ValueSource(strings = "nsh")
    void whatIsTooLargeForTheWayIsToldAndEverythingElseArrives(String transport) throws Exception {
        lookAt(transport);
    }

    @ParameterizedTest
    @Tag("campaign")
    @ValueSource(strings = {"raw", "vlan", "qinq", "gre", "vxlan", "gwlb"})
    void otherTransportsLikewise(String transport) throws Exception {
        lookAt(transport);
    }

    private static void lookAt(String transport) throws Exception {
        try (HostsNetwork network = new HostsNetwork()) {
            FirewallTransport.attach(network, 4);
            try (AutoCloseable _ = FirewallTransport.start(network, transport, 4);
                    EchoHost echo = EchoHost.start(network.server, 7);
                    SluiceNode a = network.start(0, objects(transport));
                    SluiceNode b = network.start(1, objects(transport))) {
                a.awaitTold("fw");
                // The node's own interface takes no more with two tags.
                int largest = transport.equals("qinq") ? 1492 : 1500;
                for (int mtu : new int[] {1280, 1400, largest}) {
                    narrow(network, mtu + TUNNEL_BYTES);
                    for (String server : SERVERS) {
                        check(network, transport, server, mtu);
                    }
                }
                assertThat(a.counter("icmpErrors")).isPositive();
                assertThat(a.uninspected() + b.uninspected()).isZero();
                assertThat(echo.peers()).as("an address of each family").hasSize(2);
            }
        }
    }

    /** The underlay between the hosts; the node's own place in it stays wide. */
    private static void narrow(HostsNetwork network, int underlay) {
        String mtu = Integer.toString(underlay);
        for (int host = 0; host < 2; host++) {
            network.hosts.get(host).configure("link", "set", "dev", "underlay", "mtu", mtu);
        }
    }

    private static void check(HostsNetwork network, String transport, String server, int mtu) {
        boolean v4 = !server.contains(":");
        int headers = v4 ? 28 : 48;
        Waits.until("packets of the MTU pass, once the change of the interfaces is in force", SOON, () -> {
            forget(network.client);
            forget(network.server);
            return ping(network.client, server, "do", mtu - headers).contains(" 0% packet loss");
        });
        if (mtu < 1500) {
            assertThat(ping(network.client, server, "do", mtu + 1 - headers))
                    .as("%s, MTU %s", transport, mtu)
                    .containsPattern(v4 ? "mtu ?= ?" + mtu : "(mtu ?= ?" + mtu + "|Packet too big)");
            forget(network.client);
            forget(network.server);
        }
        long startNs = System.nanoTime();
        assertThat(TcpTransfer.echoes(network.client, server, 7, 300_000))
                .as("%s, MTU %s, TCP to %s", transport, mtu, server)
                .isTrue();
        long tcpMs = (System.nanoTime() - startNs) / 1_000_000;
        Waits.until(
                "datagrams in fragments pass, once their sender knows how large those may be",
                SOON,
                () -> ping(network.client, server, "dont", 4000).contains(" 0% packet loss"));
        System.out.printf(
                Locale.ROOT,
                "F12 node of another host, %-4s %s MTU %4d: TCP 300 kB there and back in %4d ms, fragments pass%n",
                transport,
                v4 ? "IPv4" : "IPv6",
                mtu,
                tcpMs);
    }

    private static void forget(Namespace host) {
        host.exec("ip", "route", "flush", "cache");
        host.exec("ip", "-6", "route", "flush", "cache");
    }

    private static String ping(Namespace from, String to, String fragment, int payloadBytes) {
        return from.exec(
                "sh",
                "-c",
                "ping -n -c 2 -i 0.2 -W 1 -M " + fragment + " -s " + payloadBytes + " " + to + " 2>&1; true");
    }
}
