package dev.sluice.cli;

import static dev.sluice.cli.PairLab.WAIT;
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
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two managers over one store in etcd, of which the one that leads is killed: the other serves the agent then, and packets notice nothing (X2, F5). */
@Tag("system")
@Tag("long")
class SeveralManagersSystemTest {
    private static final String ETCD = "127.0.0.1:2379";
    private static final String AGENTS_OF_A = "127.0.0.1:9471";
    private static final String AGENTS_OF_B = "127.0.0.1:9481";
    private static final String A = "http://127.0.0.1:9470";
    private static final String B = "http://127.0.0.1:9480";

    /** Until etcd gives up the dead one and the agent has found the other. */
    private static final long TAKEN_OVER_MS = 10_000;

    private static final String OBJECTS = """
            {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: left}, spec: {node: edge, interface: left, peer: right}}
            ---
            {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: right}, spec: {node: edge, interface: right}}
            ---
            """;

    private static final String POLICY = """
            {apiVersion: sluice.dev/v1, kind: ServicePolicy, metadata: {name: all}, spec: {appliedTo: [edge/left], rules: [%s{name: all, action: {noService: true}}]}}
            """;

    private static final String TELNET =
            "{name: telnet, match: {protocol: tcp, destination: {ports: [23]}}, action: {drop: true}}, ";

    @TempDir
    private Path folder = Path.of("");

    private int commands;

    @Test
    void agentsGoOnWithTheOtherManagerWhenTheOneThatLeadsIsKilled() throws IOException {
        try (Topology topology = Topology.create()) {
            Namespace client = topology.namespace("client");
            Namespace host = topology.namespace("host");
            Namespace server = topology.namespace("server");
            var left = topology.wire(client, "eth0", host, "left");
            var right = topology.wire(server, "eth0", host, "right");
            left.b().quiet();
            right.b().quiet();
            left.a().address("10.0.0.1/24");
            right.a().address("10.0.0.2/24");
            host.start("etcd", etcd());
            LabProcess a = manager(host, "a", A, AGENTS_OF_A);
            a.awaitLine("a leads", WAIT, line -> line.contains("agents reach it at port 9471"));
            Files.copy(
                    folder.resolve("a/authority.pem"),
                    Files.createDirectories(folder.resolve("b")).resolve("authority.pem"),
                    StandardCopyOption.COPY_ATTRIBUTES);
            LabProcess b = manager(host, "b", B, AGENTS_OF_B);
            b.awaitLine("b stands by", WAIT, line -> line.contains("it stands by; a leads"));

            assertThat(command(host, "b", B, "get", "managers"))
                    .containsPattern("a +leader +" + A)
                    .containsPattern("b \\(answers\\) +standby +" + B);
            LabProcess agent = agent(host, token(host));
            // Through the one that stands by.
            apply(host, "b", B, OBJECTS + POLICY.formatted(""));
            Waits.until("packets pass", WAIT, () -> client.pings("10.0.0.2"), agent::log);

            LabProcess pings = client.start("pings", List.of("ping", "-i", "0.01", "-q", "10.0.0.2"));
            long generation = generation();
            a.kill();
            long killedNs = System.nanoTime();
            // Stored at once; told to the agent when there is one that leads.
            apply(host, "b", B, POLICY.formatted(TELNET));
            b.awaitLine("b leads", WAIT, line -> line.contains("this manager, b, leads"));
            long ledMs = (System.nanoTime() - killedNs) / 1_000_000;
            System.out.println("another manager leads " + ledMs + " ms after the one that led was killed");
            assertThat(ledMs).isLessThan(TAKEN_OVER_MS);
            Waits.until("the agent follows b", WAIT, () -> generation() > generation, agent::log);
            host.exec("kill", "-INT", String.valueOf(pings.pid()));
            pings.awaitExit(WAIT);
            assertThat(lost(pings.log())).as(pings.log()).isZero();
        }
    }

    private List<String> etcd() {
        String client = "http://" + ETCD;
        return List.of(
                "etcd",
                "--data-dir=" + folder.resolve("etcd"),
                "--listen-client-urls=" + client,
                "--advertise-client-urls=" + client,
                "--listen-peer-urls=http://127.0.0.1:2380",
                "--initial-advertise-peer-urls=http://127.0.0.1:2380",
                "--initial-cluster=default=http://127.0.0.1:2380",
                "--max-txn-ops=25000",
                "--max-request-bytes=33554432",
                "--logger=zap",
                "--log-level=error");
    }

    private LabProcess manager(Namespace host, String name, String url, String agents) {
        List<String> words = new ArrayList<>(List.of("manager", "--store", "etcd://" + ETCD, "--name", name));
        words.addAll(List.of("--data", folder.resolve(name).toString()));
        words.addAll(List.of("--listen", url.substring("http://".length()), "--agents", agents));
        return host.startJvm("manager-" + name, PairLab.FLAGS, Main.class, words);
    }

    private LabProcess agent(Namespace host, String token) {
        List<String> words = new ArrayList<>(List.of("agent", "--manager", AGENTS_OF_B + "," + AGENTS_OF_A));
        words.addAll(List.of("--node", "edge", "--enrol", token));
        words.addAll(List.of("--admin", folder.resolve("edge.sock").toString()));
        words.addAll(List.of("--state", folder.resolve("state").toString()));
        return host.startJvm("agent", PairLab.FLAGS, Main.class, words);
    }

    private String token(Namespace host) {
        return command(host, "a", A, "enrol", "create", "edge")
                .lines()
                .filter(line -> line.startsWith("sluice-enrol_"))
                .findFirst()
                .orElseThrow();
    }

    private void apply(Namespace host, String name, String url, String yaml) throws IOException {
        Path file = Files.writeString(folder.resolve("apply-" + commands + ".yaml"), yaml);
        command(host, name, url, "apply", "-f", file.toString());
    }

    private String command(Namespace host, String name, String url, String... words) {
        commands++;
        List<String> all = new ArrayList<>(List.of(words));
        all.addAll(List.of(
                "--manager",
                url,
                "--token-file",
                folder.resolve(name + "/admin.token").toString()));
        try (LabProcess process = host.startJvm("command-" + commands, PairLab.FLAGS, Main.class, all)) {
            int ended = process.awaitExit(WAIT);
            assertThat(ended).as(process.log()).isZero();
            return process.log();
        }
    }

    /** Of what the agent's node has in force. */
    private long generation() {
        try {
            return new AdminClient(folder.resolve("edge.sock")).status().generation();
        } catch (NodeException e) {
            return 0;
        }
    }

    private static int lost(String said) {
        Matcher matcher =
                Pattern.compile("(\\d+) packets transmitted, (\\d+) received").matcher(said);
        assertThat(matcher.find()).as(said).isTrue();
        return Integer.parseInt(matcher.group(1)) - Integer.parseInt(matcher.group(2));
    }
}
