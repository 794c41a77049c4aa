package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.datapath.packet.DropReason;
import dev.sluice.lab.LabProcess;
import dev.sluice.lab.Namespace;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Sluice on a machine that is used for other things too: it keeps off the interfaces that the host needs, and leaves the host its packets (X10). */
@Tag("system")
class OwnHostTest {
    private Network network;

    @BeforeEach
    void build() {
        network = Network.transparent();
        network.bridge("fw");
        network.sluice.interfaceNamed("left").address("10.0.0.9/24");
    }

    @AfterEach
    void remove() {
        network.close();
    }

    private static String pair() {
        return Yaml.of(
                Yaml.PAIR, Yaml.bridge("fw"), Yaml.policy("all", "edge/left", "{name: all, action: {chain: fw}}"));
    }

    @Test
    void interfaceWithTheDefaultRouteIsRefusedAtStartAndAtReload() {
        network.sluice.route("default", "10.0.0.2");
        assertThat(SluiceNode.startInVain(network.sluice, pair()))
                .contains("interface left carries the IPv4 default route", "could cut this host off");

        Namespace sluice = network.sluice;
        network.host(network.topology.namespace("other"), "eth0", "free");
        network.host(network.topology.namespace("another"), "eth0", "free2");
        String harmless = Yaml.of(Yaml.PAIR.replace("left", "free").replace("right", "free2"));
        try (SluiceNode node = SluiceNode.start(sluice, harmless)) {
            node.write("config.yaml", pair());
            assertThat(node.reloadInVain()).contains("interface left carries the IPv4 default route", "--force");
            assertThat(node.status().configuration().revision()).isEqualTo(1);
            assertThat(node.say(a -> a.reload(Map.of("force", true))).revision())
                    .isEqualTo(2);
        }
    }

    /** What is below the interface that the host's route or session names carries it as well, and a node's interface is taken like a port's. */
    @Test
    @Tag("long")
    void interfacesBelowTheDefaultRouteAndThoseOfNodesAreRefusedToo() {
        Namespace sluice = network.sluice;
        sluice.sysctl("net.ipv6.conf.right.disable_ipv6", "0");
        sluice.interfaceNamed("right").address("fd00::9/64");
        sluice.route("default", "fd00::2");
        assertThat(SluiceNode.startInVain(sluice, pair())).contains("interface right carries the IPv6 default route");
        sluice.configure("-6", "route", "delete", "default");

        sluice.configure("link", "add", "br0", "type", "bridge");
        sluice.configure("link", "set", "dev", "fw-out", "master", "br0");
        sluice.interfaceNamed("br0").up();
        sluice.configure("route", "add", "default", "dev", "br0");
        assertThat(SluiceNode.startInVain(sluice, pair()))
                .contains("interface fw-out carries the IPv4 default route through br0");
        sluice.configure("route", "delete", "default");
        try (SluiceNode node = SluiceNode.start(sluice, pair())) {
            assertThat(node.status().configuration().notices())
                    .anyMatch(n -> n.contains("fw-out is a port of a bridge"));
        }
    }

    /** The host's way need not be the first nexthop, nor in table main. */
    @Test
    void furtherNexthopsAndOtherTablesAreRefusedToo() {
        Namespace sluice = network.sluice;
        network.host(network.topology.namespace("other"), "eth0", "u0");
        sluice.interfaceNamed("u0").address("10.5.0.1/24");
        sluice.configure("route", "add", "default", "nexthop", "via", "10.5.0.2", "nexthop", "via", "10.0.0.2");
        assertThat(SluiceNode.startInVain(sluice, pair())).contains("interface left carries the IPv4 default route");
        sluice.configure("route", "delete", "default");

        sluice.configure("route", "add", "default", "via", "10.0.0.2", "table", "100");
        sluice.configure("rule", "add", "from", "10.0.0.9", "table", "100");
        assertThat(SluiceNode.startInVain(sluice, pair()))
                .contains("interface left carries the IPv4 default route of table 100");
    }

    @Test
    void interfaceWithALoginSessionIsRefused() {
        try (EchoHost _ = EchoHost.start(network.sluice, 22);
                TcpTransfer session = TcpTransfer.open(network.client, "10.0.0.9", 22)) {
            assertThat(session.echo(10)).isTrue();
            assertThat(SluiceNode.startInVain(network.sluice, pair()))
                    .contains("interface left carries the login session from 10.0.0.1 (to 10.0.0.9)");
        }
    }

    /** A program that is called sshd, as far as the kernel knows, with a session on a port of its own. */
    private static final String SSHD = """
            import socket
            open("/proc/self/comm", "w").write("sshd")
            server = socket.create_server(("10.0.0.9", 2222))
            print("ready", flush=True)
            session, _ = server.accept()
            while session.recv(4096):
                pass
            """;

    @Test
    void loginSessionOnAnotherPortIsRefused() {
        String refused = "interface left carries the login session from 10.0.0.1 (to 10.0.0.9)";
        try (LabProcess sshd = network.sluice.start("sshd", List.of("python3", "-c", SSHD))) {
            sshd.awaitReady(Duration.ofSeconds(10));
            try (TcpTransfer _ = TcpTransfer.open(network.client, "10.0.0.9", 2222)) {
                assertThat(SluiceNode.startInVain(network.sluice, pair())).contains(refused);
            }
        }
        // The shell of a session, behind something that clears the environment, as sudo does.
        List<String> shell = List.of(
                "env",
                "SSH_CONNECTION=10.0.0.1 40000 10.0.0.9 2222",
                "sh",
                "-c",
                "env -u SSH_CONNECTION \"$@\"; exit $?",
                "shell");
        assertThat(SluiceNode.startInVainThrough(shell, network.sluice, pair())).contains(refused);
    }

    @Test
    void whoAsksForAChangeIsNotCutOff() {
        network.host(network.topology.namespace("other"), "eth0", "free");
        network.host(network.topology.namespace("another"), "eth0", "free2");
        String harmless = Yaml.of(Yaml.PAIR.replace("left", "free").replace("right", "free2"));
        try (SluiceNode node = SluiceNode.start(network.sluice, harmless, "no-watch")) {
            node.write("config.yaml", pair());
            assertThatThrownBy(() -> node.admin().reload(Map.of("login", "10.0.0.1 10.0.0.9")))
                    .hasMessageContaining("interface left carries the login session from 10.0.0.1 (to 10.0.0.9)")
                    .hasMessageContaining("--force");
            assertThat(node.status().configuration().revision()).isEqualTo(1);
            assertThat(node.say(a -> a.reload(Map.of("login", "10.0.0.1 10.9.9.9")))
                            .revision())
                    .isEqualTo(2);
        }
    }

    @Test
    void forcedPortLeavesTheHostItsOwnPackets() {
        network.sluice.route("default", "10.0.0.2");
        try (EchoHost _ = EchoHost.start(network.sluice, 22);
                EchoHost _ = EchoHost.start(network.server, 7);
                TcpTransfer before = TcpTransfer.open(network.client, "10.0.0.9", 22);
                SluiceNode node = SluiceNode.start(network.sluice, pair(), "force");
                TcpTransfer after = TcpTransfer.open(network.client, "10.0.0.9", 22);
                Witness across = Witness.start(network.serverSide);
                UdpFlow through = UdpFlow.open(network.client, "10.0.0.2", 7)) {
            assertThat(before.echo(100_000)).isTrue();
            assertThat(after.echo(100_000)).isTrue();
            assertThat(through.exchange(20).lost()).isZero();
            assertThat(before.echo(100_000)).isTrue();
            assertThat(node.port("left").description()).containsIgnoringCase("af_packet");
            assertThat(node.dropped(DropReason.LEFT_TO_HOST)).isPositive();
            assertThat(across.in(f -> f.destinationPort() == 22)).isEmpty();
            assertThat(across.in(f -> f.destinationPort() == 7)).isNotEmpty();
        }
    }

    @Test
    void statusWarnsWhereTheKernelForwardsBesideSluice() {
        try (SluiceNode node = SluiceNode.start(network.sluice, pair())) {
            assertThat(node.status().configuration().notices()).isEmpty();
            network.sluice.sysctl("net.ipv4.ip_forward", "1");
            assertThat(node.status().configuration().notices())
                    .hasSize(4)
                    .allMatch(notice -> notice.contains("may pass beside Sluice"))
                    .anyMatch(notice -> notice.contains("interface left") && notice.contains("10.0.0.9"))
                    .anyMatch(notice -> notice.contains("interface right"));
            network.sluice.sysctl("net.ipv4.ip_forward", "0");
            assertThat(node.status().configuration().notices()).isEmpty();
        }
    }
}
