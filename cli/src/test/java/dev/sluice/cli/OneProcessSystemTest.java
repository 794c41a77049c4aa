package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.lab.LabProcess;
import dev.sluice.lab.Namespace;
import dev.sluice.lab.Topology;
import dev.sluice.lab.Waits;
import dev.sluice.lab.Wire;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code sluice run --data}: manager and node in one process, from the first object to packets, and again when it starts anew. */
@Tag("system")
class OneProcessSystemTest {
    private static final String OBJECTS = """
            {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: left}, spec: {node: edge, interface: left, peer: right}}
            ---
            {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: right}, spec: {node: edge, interface: right}}
            """;

    @TempDir
    private Path folder = Path.of("");

    private LabProcess start(Namespace edge, String node) {
        return edge.startJvm(
                "run",
                PairLab.FLAGS,
                Main.class,
                List.of(
                        "run",
                        "--data",
                        folder.resolve("data").toString(),
                        "--node",
                        node,
                        "--admin",
                        folder.resolve("edge.sock").toString(),
                        "--state",
                        folder.resolve("state").toString()));
    }

    /** Runs a command where the process is; what it says. */
    private String command(Namespace edge, String... words) {
        List<String> all = new ArrayList<>(List.of(words));
        all.addAll(List.of("--token-file", folder.resolve("data/admin.token").toString()));
        try (LabProcess process = edge.startJvm("command", PairLab.FLAGS, Main.class, all)) {
            assertThat(process.awaitExit(PairLab.WAIT)).as(process.log()).isZero();
            return process.log();
        }
    }

    @Test
    void whatIsAppliedToItRunsInItAndIsThereAgainAfterAStart() throws IOException {
        Path objects = Files.writeString(folder.resolve("objects.yaml"), OBJECTS);
        try (Topology topology = Topology.create()) {
            Namespace client = topology.namespace("client");
            Namespace edge = topology.namespace("edge");
            Namespace server = topology.namespace("server");
            Wire left = topology.wire(client, "eth0", edge, "left");
            Wire right = topology.wire(server, "eth0", edge, "right");
            left.b().quiet();
            right.b().quiet();
            left.a().address("10.0.0.1/24");
            right.a().address("10.0.0.2/24");

            LabProcess first = start(edge, "edge");
            first.awaitLine("where it listens", PairLab.WAIT, line -> line.startsWith("manager listens on http://127"));
            assertThat(client.pings("10.0.0.2"))
                    .as("nothing is to be forwarded yet")
                    .isFalse();
            assertThat(command(edge, "apply", "-f", objects.toString(), "--wait"))
                    .contains("Port/left created");
            assertThat(command(edge, "get", "port", "left", "-o", "json")).contains("\"Applied\"");
            Waits.until("packets pass", PairLab.WAIT, () -> client.pings("10.0.0.2"), first::log);
            assertThat(Cli.run("stop", "--admin", folder.resolve("edge.sock").toString())
                            .status())
                    .isZero();
            assertThat(first.awaitExit(PairLab.WAIT)).as(first.log()).isZero();
            assertThat(client.pings("10.0.0.2")).isFalse();

            LabProcess wrong = start(edge, "Edge_1");
            assertThat(wrong.awaitExit(PairLab.WAIT)).isEqualTo(ExitCode.FAILED);
            assertThat(wrong.log()).contains("--node Edge_1 is no name of a node; write a-z, 0-9");

            LabProcess second = start(edge, "edge");
            Waits.until("packets pass again", PairLab.WAIT, () -> client.pings("10.0.0.2"), second::log);
            assertThat(command(edge, "get", "port", "left")).contains("left");
            assertThat(second.log()).doesNotContain("ERROR");
        }
    }

    @Test
    void whatCannotBeMeantIsRefused() {
        String data = folder.resolve("data").toString();
        Cli neither = Cli.run("run");
        assertThat(neither.status()).isEqualTo(ExitCode.USAGE);
        assertThat(neither.err()).contains("run needs -f FILE or --data DIR, one of the two");
        assertThat(Cli.run("run", "-f", "x.yaml", "--data", data).err()).contains("one of the two");
        assertThat(Cli.run("run", "-f", "x.yaml", "--listen", "127.0.0.1:0").err())
                .contains("--listen is for the manager of --data");
        assertThat(Cli.run("run", "--data", data).err()).contains("--data needs --node NAME");
        assertThat(Cli.run("run", "--data", data, "--node", "a", "--strict").err())
                .contains("--no-watch and --strict are for files");
        assertThat(Cli.run("run", "--data", data, "--node", "a", "--listen", "192.0.2.1:9470")
                        .err())
                .contains("--listen 192.0.2.1:9470: others could reach this address");
        assertThat(folder.resolve("data")).doesNotExist();
    }
}
