package dev.sluice.cli;

import static dev.sluice.cli.PairLab.WAIT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.lab.LabProcess;
import dev.sluice.lab.Namespace;
import dev.sluice.lab.Waits;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Everything that looks at a running node, against one in namespaces with packets through it (X4). */
@Tag("system")
class SightSystemTest {
    @TempDir
    private Path folder = Path.of("");

    @Test
    void topFollowMetricsDoctorAndAnalysisSeeWhatTheNodeDoes() throws IOException {
        try (PairLab lab = new PairLab(folder, "--metrics", "127.0.0.1:9465")) {
            try (LabProcess follow =
                    lab.command("follow", "flows", "--follow", "--interval", "0.2", "--admin", lab.socket)) {
                look(lab.client, lab.sluice, lab.socket, follow);
                Cli.run("stop", "--admin", lab.socket);
                assertThat(follow.awaitExit(WAIT)).isEqualTo(ExitCode.FAILED);
                assertThat(follow.log()).contains("sluice: ");
            }
            doctor(lab);
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

    private static void doctor(PairLab lab) {
        try (LabProcess doctor = lab.command("doctor", "doctor", "-f", lab.objects.toString())) {
            assertThat(doctor.awaitExit(WAIT)).as(doctor.log()).isZero();
            assertThat(doctor.log())
                    .contains("AF_PACKET: a socket can be opened")
                    .contains("interface left: up")
                    .contains("MTU: 1500: left, right");
        }
    }
}
