package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.lab.Namespace;
import dev.sluice.lab.Waits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A firewall on host B in each transport, and a plain node on host C behind it, for flows that host A classifies, in both path modes, over IPv4 and IPv6 (V8, C5, C6, C7, C12, X5): both directions pass both nodes, fragments too.
 * Three processes for all of it: what they are to do is changed as they run.
 */
@Tag("system")
class TransportsOverHostsTest {
    private static final List<String> TRANSPORTS =
            List.of("raw", "vlan", "qinq", "wire", "nsh", "nsh-gpe", "nsh-ethernet", "gwlb", "gre");
    private static final List<String> SERVERS = List.of("10.0.0.2", "fd00::2");
    private static final int PACKETS = 20;

    /** Two that no other test of each check has over hosts. */
    @Test
    void bothDirectionsPassNodesInTransportsOfTwoKinds() throws Exception {
        check(6, List.of("nsh-gpe direct", "nsh-ethernet hub"));
    }

    @ParameterizedTest(name = "over IPv{0}")
    @ValueSource(ints = {4, 6})
    @Tag("long")
    void bothDirectionsPassNodesInEachTransportAndMode(int ipVersion) throws Exception {
        List<String> cells = new ArrayList<>();
        for (String transport : TRANSPORTS) {
            cells.add(transport + " direct");
            cells.add(transport + " hub");
        }
        check(ipVersion, cells);
    }

    private static String objects(String cell, int ipVersion) {
        String[] words = cell.split(" ", -1);
        return FirewallTransport.objects(HostsNetwork.objects(words[1], ipVersion), words[0], ipVersion, "");
    }

    private static void check(int ipVersion, List<String> cells) throws Exception {
        String first = objects(cells.getFirst(), ipVersion);
        try (HostsNetwork network = new HostsNetwork()) {
            FirewallTransport.attach(network, ipVersion);
            FirewallTransport.widen(network);
            try (ProgramNode ips =
                            ProgramNode.cable(network.ips.interfaceNamed("in"), network.ips.interfaceNamed("out"));
                    EchoHost echo = EchoHost.start(network.server, 7);
                    SluiceNode a = network.start(0, first);
                    SluiceNode b = network.start(1, first);
                    SluiceNode c = network.start(2, first)) {
                List<SluiceNode> hosts = List.of(a, b, c);
                for (String cell : cells) {
                    try (AutoCloseable firewall =
                            FirewallTransport.start(network, cell.substring(0, cell.indexOf(' ')), ipVersion)) {
                        hosts.forEach(host -> host.configure(objects(cell, ipVersion)));
                        check(cell + " over IPv" + ipVersion, network, ips, hosts, firewall);
                    }
                }
                assertThat(a.uninspected() + b.uninspected() + c.uninspected()).isZero();
                assertThat(echo.datagramCount()).isEqualTo(cells.size() * SERVERS.size() * PACKETS);
            }
        }
    }

    private static void check(
            String cell, HostsNetwork network, ProgramNode ips, List<SluiceNode> hosts, AutoCloseable firewall) {
        hosts.get(0).awaitTold("fw");
        hosts.get(0).awaitTold("ips");
        hosts.get(1).awaitTold("ips");
        hosts.get(2).awaitTold("fw");
        for (String server : SERVERS) {
            Waits.until(
                    cell + ": the server answers", Duration.ofSeconds(10), () -> network.client.pings(server), () -> {
                        StringBuilder said = new StringBuilder(firewall instanceof PythonNode node ? node.log() : "");
                        hosts.forEach(host -> said.append(host.dropReasons()).append('\n'));
                        return said.toString();
                    });
            long atFirewall = framesInto(network.fw);
            long atIps = ips.receivedCount();
            try (UdpFlow flow = UdpFlow.open(network.client, server, 7)) {
                UdpFlow.Account account = flow.exchange(PACKETS);
                assertThat(account.lost()).as(cell).isZero();
                assertThat(account.foreign()).as(cell).isZero();
            }
            assertThat(framesInto(network.fw) - atFirewall)
                    .as("%s: requests and answers at the firewall, to %s", cell, server)
                    .isGreaterThanOrEqualTo(2 * PACKETS);
            assertThat(ips.receivedCount() - atIps).as(cell).isGreaterThanOrEqualTo(2 * PACKETS);
            assertThat(TcpTransfer.echoes(network.client, server, 7, 200_000))
                    .as("%s: a connection to %s", cell, server)
                    .isTrue();
            assertThat(network.client.succeeds("ping", "-n", "-c", "1", "-W", "2", "-M", "dont", "-s", "4000", server))
                    .as("%s: a datagram in fragments to %s and back", cell, server)
                    .isTrue();
        }
    }

    /** By the kernel's own count, at all interfaces of the node. */
    private static long framesInto(Namespace node) {
        return node.exec(
                        "sh",
                        "-c",
                        "cat /sys/class/net/in/statistics/rx_packets /sys/class/net/out/statistics/rx_packets"
                                + " /sys/class/net/eth0/statistics/rx_packets")
                .lines()
                .mapToLong(line -> Long.parseLong(line.strip()))
                .sum();
    }
}
