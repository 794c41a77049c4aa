package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.admin.AdminClient;
import dev.sluice.lab.LabProcess;
import dev.sluice.lab.Namespace;
import dev.sluice.lab.Topology;
import dev.sluice.lab.Waits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Everything that looks at a running node, against one in namespaces with packets through it (X4). */
@Tag("system")
class SightSystemTest {
    private static final Duration WAIT = Duration.ofSeconds(40);
    private static final List<String> FLAGS =
            List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx256m", "--enable-native-access=ALL-UNNAMED");
    private static final String OBJECTS = """
            apiVersion: sluice.dev/v1
            kind: Port
            metadata: {name: left}
            spec: {node: edge, interface: left, peer: right}
            ---
            apiVersion: sluice.dev/v1
            kind: Port
            metadata: {name: right}
            spec: {node: edge, interface: right}
            ---
            apiVersion: sluice.dev/v1
            kind: ServicePolicy
            metadata: {name: watch}
            spec:
              appliedTo: [edge/left]
              rules:
              - {name: telnet, match: {protocol: tcp, destination: {ports: [23]}}, action: {drop: true}}
              - {name: all, action: {noService: true}}
              - {name: never, match: {protocol: tcp}, action: {drop: true}}
            """;

    @TempDir
    private Path folder = Path.of("");

    @Test
    void topFollowMetricsDoctorAndAnalysisSeeWhatTheNodeDoes() throws IOException {
        try (Topology topology = Topology.create()) {
            Namespace client = topology.namespace("client");
            Namespace sluice = topology.namespace("sluice");
            Namespace server = topology.namespace("server");
            var left = topology.wire(client, "eth0", sluice, "left");
            var right = topology.wire(server, "eth0", sluice, "right");
            left.b().quiet();
            right.b().quiet();
            left.a().address("10.0.0.1/24");
            right.a().address("10.0.0.2/24");
            Path objects = Files.writeString(folder.resolve("objects.yaml"), OBJECTS);
            String socket = folder.resolve("edge.sock").toString();
            try (LabProcess node = sluice(
                    sluice,
                    "node",
                    "run",
                    "-f",
                    objects.toString(),
                    "--admin",
                    socket,
                    "--metrics",
                    "127.0.0.1:9465")) {
                Waits.until("the node answers", WAIT, () -> answers(socket), node::log);
                try (LabProcess follow =
                        sluice(sluice, "follow", "flows", "--follow", "--interval", "0.2", "--admin", socket)) {
                    look(client, sluice, socket, follow);
                    Cli.run("stop", "--admin", socket);
                    assertThat(follow.awaitExit(WAIT)).isEqualTo(ExitCode.FAILED);
                    assertThat(follow.log()).contains("sluice: ");
                }
            }
            doctor(sluice, objects);
        }
    }

    private void look(Namespace client, Namespace sluice, String socket, LabProcess follow) throws IOException {
        Waits.until(
                "the first look was taken",
                WAIT,
                () -> {
                    client.pings("10.0.0.2");
                    return follow.lines().stream().anyMatch(line -> line.contains("icmp 10.0.0.1"));
                },
                follow::log);
        String event = follow.awaitLine("a ping", WAIT, line -> line.contains("icmp 10.0.0.1"));
        assertThat(event).contains("10.0.0.2").contains("rule watch/all");
        try (LabProcess ping = client.start("ping", List.of("ping", "-n", "-i", "0.05", "-c", "400", "10.0.0.2"))) {
            Cli top = Cli.run("top", "--once", "--admin", socket);
            assertThat(top.status()).as(top.err()).isZero();
            assertThat(top.out())
                    .contains("node edge")
                    .contains("left")
                    .contains("icmp")
                    .contains("10.0.0.2");
            assertThat(Cli.run("top", "--interval", "0.2", "-o", "json", "--admin", socket)
                            .out())
                    .contains("\"busiest\"");
            assertThat(ping.isAlive()).isTrue();
        }
        String scrape = sluice.exec("curl", "-sf", "http://127.0.0.1:9465/metrics");
        assertThat(scrape)
                .contains("sluice_port_received_frames_total{port=\"left\",interface=\"left\",role=\"transparent\"}");
        assertThat(scrape).contains("sluice_connections ");
        Cli analysis = Cli.run("analyze", "--admin", socket);
        assertThat(analysis.status()).isEqualTo(ExitCode.FAILED);
        assertThat(analysis.out()).contains("problem shadowed: watch/never");
        Cli wrong = Cli.run("flows", "--follow", "--address", "nonsense", "--admin", socket);
        assertThat(wrong.err()).contains("not an IPv4 or IPv6 address");
    }

    private void doctor(Namespace sluice, Path objects) {
        try (LabProcess doctor = sluice(sluice, "doctor", "doctor", "-f", objects.toString())) {
            assertThat(doctor.awaitExit(WAIT)).as(doctor.log()).isZero();
            assertThat(doctor.log())
                    .contains("AF_PACKET: a socket can be opened")
                    .contains("interface left: up")
                    .contains("MTU: 1500: left, right");
        }
    }

    private static LabProcess sluice(Namespace in, String name, String... arguments) {
        return in.startJvm(name, FLAGS, Main.class, List.of(arguments));
    }

    private static boolean answers(String socket) {
        try {
            return new AdminClient(Path.of(socket)).status().generation() > 0;
        } catch (NodeException e) {
            return false;
        }
    }
}
