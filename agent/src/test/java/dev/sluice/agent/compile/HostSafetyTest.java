package dev.sluice.agent.compile;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On files as a little-endian machine shows them, the only kind that Sluice runs on. */
class HostSafetyTest {
    private static final String ROUTE_HEAD =
            "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n";
    private static final String TCP_HEAD = "  sl  local_address rem_address   st tx_queue rx_queue\n";

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    Path root;

    private final Map<String, List<InetAddress>> addresses = new LinkedHashMap<>();

    private HostSafety host(String sshConnection) {
        return new HostSafety(root, sshConnection, () -> addresses);
    }

    private void write(String file, String text) throws IOException {
        Path path = root.resolve(file);
        Files.createDirectories(Objects.requireNonNull(path.getParent()));
        Files.writeString(path, text);
    }

    @Test
    void hostWithoutRoutesAndLoginsCanSpareEverything() {
        assertThat(host("").inUse()).isEmpty();
        assertThat(host("nonsense").inUse()).isEmpty();
        assertThat(host("").besideSluice(List.of("eth0"))).isEmpty();
    }

    @Test
    void findsDefaultRoutesOfBothFamilies() throws IOException {
        write(
                "proc/net/route",
                ROUTE_HEAD
                        + "eth0\t00000000\t0100000A\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
                        + "eth1\t0000000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
                        + "eth2\t00000000\t0100000A\t0000\t0\t0\t0\t00000000\t0\t0\t0\n");
        String zero = "0".repeat(32);
        write(
                "proc/net/ipv6_route",
                zero + " 00 " + zero + " 00 fe800000000000000000000000000001 00000400 00000001 00000000 00000003 wan0\n"
                        + zero + " 00 " + zero + " 00 " + zero + " ffffffff 00000001 00000000 00200200 lo\n"
                        + "fd000000000000000000000000000000 40 " + zero + " 00 " + zero
                        + " 00000100 00000001 00000000 00000001 eth1\n");
        assertThat(host("").inUse())
                .isEqualTo(Map.of("eth0", "carries the IPv4 default route", "wan0", "carries the IPv6 default route"));
    }

    @Test
    void findsWhatIsBelowABridgeOrVlan() throws IOException {
        write("proc/net/route", ROUTE_HEAD + "br0.7\t00000000\t0100000A\t0003\t0\t0\t0\t00000000\t0\t0\t0\n");
        Files.createDirectories(root.resolve("sys/class/net/br0.7/lower_br0"));
        Files.createDirectories(root.resolve("sys/class/net/br0/lower_eth0"));
        assertThat(host("").inUse())
                .containsEntry("br0", "carries the IPv4 default route through br0.7")
                .containsEntry("eth0", "carries the IPv4 default route through br0.7 through br0");
    }

    @Test
    void findsLoginSessions() throws IOException {
        addresses.put("eth0", List.of(InetAddress.getByName("10.0.0.1")));
        addresses.put("eth1", List.of(InetAddress.getByName("192.168.1.1")));
        addresses.put("eth2", List.of(InetAddress.getByName("fd00::1")));
        addresses.put("eth3", List.of(InetAddress.getByName("10.3.0.1")));
        write(
                "proc/thread-self/net/tcp",
                TCP_HEAD
                        // 192.168.1.1:22 established, 10.3.0.1:22 listening, 10.3.0.1:80 established
                        + "   0: 0101A8C0:0016 0901A8C0:9C40 01 00000000:00000000\n"
                        + "   1: 0100030A:0016 00000000:0000 0A 00000000:00000000\n"
                        + "   2: 0100030A:0050 0901A8C0:9C40 01 00000000:00000000\n"
                        + "garbage\n\n");
        write(
                "proc/thread-self/net/tcp6",
                TCP_HEAD
                        + "   0: 000000FD000000000000000001000000:0016 000000FD000000000000000002000000:9C40 01 0:0\n");
        assertThat(host("10.0.0.9 40000 10.0.0.1 22").inUse())
                .containsEntry("eth0", "carries the login session from 10.0.0.9 (to 10.0.0.1)")
                .containsEntry("eth1", "carries the login session from 192.168.1.9 (to 192.168.1.1)")
                .containsEntry("eth2", "carries the login session from fd00:0:0:0:0:0:0:2 (to fd00:0:0:0:0:0:0:1)")
                .hasSize(3);
    }

    private void connection(String... lines) throws IOException {
        String rest = " 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 20 4 30\n";
        write("proc/net/tcp", TCP_HEAD + String.join(rest, lines) + rest);
    }

    @Test
    void findsLoginsOnAnyPortThatProgramsForLoginsHoldOpen() throws IOException {
        addresses.put("eth0", List.of(InetAddress.getByName("10.0.0.1")));
        connection("   0: 0100000A:08AE 0900000A:9C40 01");
        write("proc/77/comm", "sshd-session\n");
        write("proc/78/comm", "httpd\n");
        Files.createDirectories(root.resolve("proc/78/fd"));
        Files.createSymbolicLink(root.resolve("proc/78/fd/3"), Path.of("socket:[4711]"));
        assertThat(host("").inUse()).isEmpty();
        Files.createDirectories(root.resolve("proc/77/fd"));
        Files.createSymbolicLink(root.resolve("proc/77/fd/0"), Path.of("/dev/null"));
        Files.createSymbolicLink(root.resolve("proc/77/fd/4"), Path.of("socket:[4711]"));
        assertThat(host("").inUse()).isEqualTo(Map.of("eth0", "carries the login session from 10.0.0.9 (to 10.0.0.1)"));
    }

    @Test
    void findsTheLoginsOfThoseThatStartedTheProcess() throws IOException {
        addresses.put("eth0", List.of(InetAddress.getByName("10.0.0.1")));
        addresses.put("eth1", List.of(InetAddress.getByName("192.168.1.1")));
        connection("   0: 0100000A:0017 0900000A:9C40 01");
        write("proc/self/stat", "90 (java) S 80 90 90 0 -1\n");
        write("proc/80/stat", "80 (a) b) S 70 80 80 0 -1\n");
        write("proc/70/stat", "70 (login) S 1 70 70 0 -1\n");
        assertThat(host("").inUse()).isEmpty();
        write("proc/80/environ", "HOME=/root\0SSH_CONNECTION=192.168.1.9 40000 192.168.1.1 2222\0");
        Files.createDirectories(root.resolve("proc/70/fd"));
        Files.createSymbolicLink(root.resolve("proc/70/fd/0"), Path.of("socket:[4711]"));
        assertThat(host("").inUse())
                .isEqualTo(Map.of(
                        "eth0", "carries the login session from 10.0.0.9 (to 10.0.0.1)",
                        "eth1", "carries the login session from 192.168.1.9 (to 192.168.1.1)"));
    }

    @Test
    void findsConnectionsWithHostsFromWhichSomebodyIsLoggedIn() throws IOException {
        addresses.put("eth0", List.of(InetAddress.getByName("10.0.0.1")));
        connection("   0: 0100000A:08AE 0900000A:9C40 01");
        write("run/systemd/sessions/1", "REMOTE=0\nSEAT=seat0\n");
        write("run/systemd/sessions/2", "REMOTE=1\nREMOTE_HOST=10.0.0.8\n");
        write("run/systemd/sessions/3", "REMOTE=1\nREMOTE_HOST=some.where\n");
        assertThat(host("").inUse()).isEmpty();
        write("run/systemd/sessions/4", "UID=0\nREMOTE=1\nREMOTE_HOST=10.0.0.9\nSERVICE=sshd\n");
        assertThat(host("").inUse()).as("one that this host began").isEmpty();
        connection("   0: 0100000A:08AE 0900000A:9C40 01", "   1: 00000000:08AE 00000000:0000 0A");
        assertThat(host("").inUse()).containsEntry("eth0", "carries the login session from 10.0.0.9 (to 10.0.0.1)");
    }

    @Test
    void believesWhatTheCallerSaysOfHisLogins() throws IOException {
        addresses.put("eth0", List.of(InetAddress.getByName("10.0.0.1")));
        addresses.put("eth1", List.of(InetAddress.getByName("fd00::1")));
        assertThat(host("").inUse("10.0.0.9 10.0.0.1,fd00:0:0:0:0:0:0:9 fd00:0:0:0:0:0:0:1,nonsense,a b c"))
                .isEqualTo(Map.of(
                        "eth0", "carries the login session from 10.0.0.9 (to 10.0.0.1)",
                        "eth1", "carries the login session from fd00:0:0:0:0:0:0:9 (to fd00:0:0:0:0:0:0:1)"));
    }

    @Test
    void loginOverIpv4AtAnIpv6SocketIsFound() throws IOException {
        addresses.put("eth0", List.of(InetAddress.getByName("10.0.0.1")));
        write(
                "proc/net/tcp6",
                TCP_HEAD
                        + "   0: 0000000000000000FFFF00000100000A:0016 0000000000000000FFFF00000900000A:9C40 01 0:0\n");
        assertThat(host("").inUse()).containsEntry("eth0", "carries the login session from 10.0.0.9 (to 10.0.0.1)");
    }

    @Test
    void warnsWhereTheKernelForwardsBesideSluice() throws IOException {
        addresses.put("eth0", List.of(InetAddress.getByName("fe80::1"), InetAddress.getByName("10.0.0.1")));
        addresses.put("eth1", List.of(InetAddress.getByName("fe80::1")));
        write("proc/sys/net/ipv4/conf/eth0/forwarding", "1\n");
        write("proc/sys/net/ipv6/conf/eth0/forwarding", "1\n");
        write("proc/sys/net/ipv4/conf/eth1/forwarding", "1\n");
        Files.createDirectories(root.resolve("sys/class/net/eth2/brport"));
        assertThat(host("").besideSluice(List.of("eth0", "eth1", "eth2")))
                .hasSize(4)
                .anyMatch(w ->
                        w.contains("eth0") && w.contains("10.0.0.1") && w.contains("net.ipv4.conf.eth0.forwarding"))
                .anyMatch(w -> w.contains("net.ipv6.conf.eth0.forwarding"))
                .anyMatch(w -> w.contains("net.ipv4.conf.eth1.forwarding"))
                .anyMatch(w -> w.contains("eth2 is a port of a bridge"));
    }
}
