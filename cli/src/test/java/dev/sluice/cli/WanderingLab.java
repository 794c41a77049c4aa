package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.lab.BridgeFirewall;
import dev.sluice.lab.LabInterface;
import dev.sluice.lab.LabProcess;
import dev.sluice.lab.Namespace;
import dev.sluice.lab.Topology;
import dev.sluice.lab.Waits;
import dev.sluice.lab.Wire;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Hosts with an agent each and a manager, all processes of their own in namespaces, and interfaces that appear at hosts with nothing but a text on them. Seen through the
 * REST interface only.
 *
 * <pre>
 *                 [ manager ] 198.51.100.9
 *                      |  management
 *      +---------------+---------------+
 *  [ host-a ]      [ host-b ]      [ host-c ]        workloads and firewalls anywhere
 *      +---------- underlay -----------+
 * </pre>
 */
final class WanderingLab implements AutoCloseable {

    /** Sends a request that stands in its input, and says the answer's head and as much of its body as the head says. */
    private static final String ASK = """
            exec 3<>/dev/tcp/127.0.0.1/9470
            cat >&3
            length=0
            while IFS= read -r line <&3; do
              line=${line%$'\\r'}
              echo "$line"
              [ -n "$line" ] || break
              case "${line,,}" in content-length:*) length=${line#*: };; esac
            done
            head -c "$length" <&3
            """;

    private static final JsonMapper JSON = new JsonMapper();

    final Topology topology = Topology.create();
    private final ManagedFabric fabric = new ManagedFabric(topology);
    final Namespace manager = fabric.manager;
    final List<Namespace> hosts = new ArrayList<>();
    private final List<LabProcess> agents = new ArrayList<>();
    private final Path folder;
    private final LabProcess process;

    WanderingLab(Path folder, int hostCount) {
        this.folder = folder;
        List<String> words =
                List.of("manager", "--data", folder.resolve("data").toString(), "--agents", ManagedFabric.AGENTS);
        process = manager.startJvm("manager", PairLab.FLAGS, Main.class, words);
        for (int i = 0; i < hostCount; i++) {
            hosts.add(fabric.host(i));
        }
        process.awaitLine("the manager listens", PairLab.WAIT, line -> line.contains("agents reach it"));
        for (int i = 0; i < hostCount; i++) {
            agents.add(agent(i));
        }
    }

    private LabProcess agent(int host) {
        String token = ask("POST", "/api/v1/enrolments", "{\"node\": \"" + ManagedFabric.name(host) + "\"}")
                .path("token")
                .asString();
        List<String> words = List.of(
                "agent", "--manager", ManagedFabric.AGENTS, "--node", ManagedFabric.name(host), "--enrol", token);
        List<String> all = new ArrayList<>(words);
        all.addAll(List.of("--admin", socket(host).toString()));
        all.addAll(List.of("--state", folder.resolve(ManagedFabric.name(host)).toString()));
        return hosts.get(host).startJvm("agent", PairLab.FLAGS, Main.class, all);
    }

    private Path socket(int host) {
        return folder.resolve(ManagedFabric.name(host) + ".sock");
    }

    /** Settings of all hosts, with what makes them work together. */
    String underlay() {
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < hosts.size(); i++) {
            all.append("""
                    {apiVersion: sluice.dev/v1, kind: Node, metadata: {name: %1$s}, spec: {tracker: {connectionsMax: 16384}, underlay: {address: 192.0.2.%2$d}}}
                    ---
                    {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: underlay-%1$s}, spec: {node: %1$s, interface: underlay}}
                    ---
                    {apiVersion: sluice.dev/v1, kind: LogicalRouter, metadata: {name: underlay-%1$s}, spec: {node: %1$s, interfaces: [{port: underlay-%1$s, addresses: [192.0.2.%2$d/24]}]}}
                    ---
                    """.formatted(ManagedFabric.name(i), i + 1));
        }
        return all.toString();
    }

    /** Asks the manager as its administrator does; the answer. */
    JsonNode ask(String method, String path, String body) {
        String request =
                method + " " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer "
                        + token() + "\r\nContent-Type: application/yaml\r\nContent-Length: "
                        + body.getBytes(StandardCharsets.UTF_8).length + "\r\n\r\n" + body;
        String answer = manager.execWithInput(List.of("bash", "-c", ASK), request);
        String[] parts = answer.split("\n\n", 2);
        assertThat(parts).as(answer).hasSize(2);
        assertThat(parts[0])
                .as(answer)
                .matches(head -> head.startsWith("HTTP/1.1 2") || head.startsWith("HTTP/1.1 404"));
        return JSON.readTree(parts[1]);
    }

    private String token() {
        try {
            return Files.readString(folder.resolve("data/admin.token")).strip();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** An object; something without fields if there is none. */
    JsonNode object(String kinds, String name) {
        return ask("GET", "/api/v1/" + kinds + "/" + name, "");
    }

    /** Waits until something holds of an object. */
    void await(String what, String kinds, String name, Predicate<JsonNode> holds) {
        Waits.until(
                what, PairLab.WAIT, () -> holds.test(object(kinds, name)), () -> object(kinds, name) + "\n" + logs());
    }

    /** Whether a condition of an object is true. */
    static boolean is(JsonNode object, String condition) {
        for (JsonNode each : object.path("status").path("conditions")) {
            if (each.path("type").asString("").equals(condition)) {
                return each.path("status").asString("").equals("True");
            }
        }
        return false;
    }

    /** What everybody has logged, and what the hosts say of themselves now. */
    String logs() {
        StringBuilder all = new StringBuilder(process.log());
        for (int i = 0; i < agents.size(); i++) {
            all.append("\n-- ")
                    .append(ManagedFabric.name(i))
                    .append('\n')
                    .append(agents.get(i).log());
            for (String command : List.of("status", "paths", "counters", "macs")) {
                Cli said = Cli.run(command, "--admin", socket(i).toString());
                all.append('\n')
                        .append(command)
                        .append(":\n")
                        .append(said.out())
                        .append(said.err());
            }
        }
        return all.toString();
    }

    /** An interface appears at a host, with a text on it, that leads to an interface elsewhere. */
    LabInterface attach(Namespace to, String toInterface, int host, String name, String alias) {
        Wire wire = topology.wire(to, toInterface, hosts.get(host), name);
        wire.b().quiet();
        hosts.get(host).configure("link", "set", "dev", name, "alias", alias);
        return wire.a();
    }

    /** A workload appears at a host, with the address that it always has. */
    void workload(Namespace workload, int host, String name, int number) {
        attach(workload, "eth0", host, name, name)
                .down()
                .mac("02:aa:00:00:00:0" + number)
                .up()
                .address("10.0.0." + number + "/24");
    }

    /** A firewall appears at a host. */
    BridgeFirewall firewall(String namespace, int host, String identifier) {
        Namespace fw = topology.namespace(namespace);
        LabInterface in = attach(fw, "in", host, "fw-in", "sluice:" + identifier + "/in");
        return BridgeFirewall.create(in, attach(fw, "out", host, "fw-out", "sluice:" + identifier + "/out"));
    }

    /** Packets that a firewall let through so far. */
    static long passed(BridgeFirewall firewall) {
        return firewall.filter().forward().packets()
                + firewall.filter().reverse().packets();
    }

    @Override
    public void close() {
        topology.close();
    }
}
