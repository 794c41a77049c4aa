package dev.sluice.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Labs from files. */
@Tag("system")
class LabSystemTest {
    @Test
    void exampleComesUpAndDoesWhatItSays() {
        try (Lab lab = Lab.up(Path.of("examples", "two-hosts.yaml"))) {
            Namespace client = lab.topology().get("client");
            assertThat(client.pings("10.0.0.2")).isTrue();
            assertThat(client.pings("fd00::2")).isTrue();
            assertThat(lab.node("firewall")).isInstanceOfSatisfying(BridgeFirewall.class, firewall -> {
                assertThat(firewall.filter().forward().packets()).isPositive();
                client.startJava(
                        "telnet", HttpClientMain.class, List.of("--url", "http://10.0.0.2:23/", "--timeout-ms", "500"));
                Waits.until(
                        "the firewall dropped telnet",
                        Duration.ofSeconds(10),
                        () -> firewall.filter().dropped().packets() > 0);
            });
            assertThat(lab.relay("wire2").forward().receivedCount()).isPositive();
            assertThat(Lab.status()).anyMatch(running -> running.namespaces().size() == 4 && running.ownerLives());
            assertThat(lab.describe()).contains("lab two-hosts is up").contains("ip netns exec ");
        }
        assertThat(Lab.status())
                .noneMatch(
                        running -> running.ownerPid() == ProcessHandle.current().pid());
    }

    @Test
    void labThatTheMachineRefusesLeavesNothingBehind() {
        String text = """
                lab: refused
                hosts:
                  a:
                    routes: [{to: default, via: 10.99.0.1}]
                  b:
                wires:
                  - ends: [a/eth0, b/eth0]
                """;
        assertThatThrownBy(() -> Lab.up(LabFile.parse("refused.yaml", text)))
                .isInstanceOf(LabException.class)
                .hasMessageContaining("route replace default via 10.99.0.1");
        assertThat(Lab.status())
                .noneMatch(
                        running -> running.ownerPid() == ProcessHandle.current().pid());
    }

    @Test
    void iperf3MeasuresAndOffloadsCanBeTurnedOff() {
        try (Topology topology = Topology.create()) {
            Namespace a = topology.namespace("a");
            Namespace b = topology.namespace("b");
            Wire wire = topology.wire(a, "eth0", b, "eth0").mtu(9_000).offloads(false);
            wire.a().address("10.0.0.1/24");
            wire.b().address("10.0.0.2/24");
            Iperf3 server = Iperf3.serve(b, "10.0.0.2");
            assertThat(server.run(a, Duration.ofSeconds(1), "-u", "-b", "5M").receivedBitsPerSecond())
                    .isBetween(3e6, 6e6);
            assertThat(server.run(a, Duration.ofSeconds(1), "-b", "20M").receivedBitsPerSecond())
                    .isBetween(1e7, 3e7);
        }
    }

    @Test
    void anyProgramOfTheClassPathRunsInANamespaceWithItsLogCaptured() {
        try (Topology topology = Topology.create()) {
            Namespace place = topology.namespace("switch");
            LabProcess process = place.startJvm("needs-more", List.of("-Xmx64m"), NeedsMoreMain.class, List.of("x"));
            process.awaitLine("what it found", Duration.ofSeconds(20), "argument x, interfaces [lo]"::equals);
            assertThat(process.awaitExit(Duration.ofSeconds(10))).isEqualTo(3);
        }
    }

    /** Uses a library that the lab's own programs are not given. */
    public static final class NeedsMoreMain {
        private NeedsMoreMain() {}

        /** Entry of the child process. */
        public static void main(String[] arguments) throws SocketException {
            assertThat(arguments).hasSize(1);
            System.out.println("argument " + arguments[0] + ", interfaces "
                    + NetworkInterface.networkInterfaces()
                            .map(NetworkInterface::getName)
                            .toList());
            System.exit(3);
        }
    }
}
