package dev.sluice.agent.node;

import static dev.sluice.agent.node.MemoryNode.FORWARD;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.Yaml;
import dev.sluice.agent.admin.AdminClient;
import dev.sluice.agent.report.CountersReport;
import dev.sluice.agent.report.InstructionsReport.InstructionReport;
import dev.sluice.agent.report.RebalanceReport;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Instructions for single flows, told over the administration socket of a whole node over ports in memory. */
class FlowCommandsTest {
    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    Path directory;

    @SuppressWarnings("NullAway.Init") // set before each test
    private MemoryNode node;

    @BeforeEach
    void start() throws Exception {
        node = new MemoryNode(directory, Yaml.bridge(), true);
    }

    @AfterEach
    void stop() {
        node.close();
    }

    private AdminClient client() {
        return node.client();
    }

    private static Map<String, Object> flow(Object... more) {
        Map<String, Object> fields =
                new HashMap<>(Map.of("protocol", "udp", "source", "10.0.0.2:53", "destination", "10.0.0.1:1000"));
        for (int i = 0; i < more.length; i += 2) {
            fields.put((String) more[i], more[i + 1]);
        }
        return fields;
    }

    private List<InstructionReport> list() throws NodeException {
        return client().instructions(Map.of()).instructions();
    }

    private boolean comesOut(String name) {
        node.port("left").inject(FORWARD);
        long deadline = System.nanoTime() + 10_000_000_000L;
        long dropsBefore = drops();
        while (System.nanoTime() < deadline) {
            if (!node.port(name).takeSent().isEmpty()) {
                return true;
            }
            if (drops() > dropsBefore) {
                return false;
            }
            Thread.onSpinWait();
        }
        throw new AssertionError("neither sent nor dropped: " + node.runner.counters());
    }

    private long drops() {
        return node.runner.counters().drops().stream()
                .filter(drop -> drop.reason().equals("FLOW_PROGRAMMED"))
                .mapToLong(CountersReport.DropReport::count)
                .sum();
    }

    @Test
    void droppedFlowIsListedAndFlowsAgainWhenItIsCleared() throws Exception {
        assertThat(comesOut("fw-1-in")).isTrue();
        assertThat(client().request("flow-drop", flow("ttl", 60)).path("flow").asString(""))
                .isEqualTo("udp 10.0.0.2:53 - 10.0.0.1:1000 at left/right");
        assertThat(comesOut("fw-1-in")).isFalse();
        assertThat(list()).singleElement().satisfies(one -> {
            assertThat(one.router()).isEqualTo("left/right");
            assertThat(one.protocol()).isEqualTo("udp");
            assertThat(one.source() + " " + one.sourcePort()).isEqualTo("10.0.0.2 53");
            assertThat(one.destination() + " " + one.destinationPort()).isEqualTo("10.0.0.1 1000");
            assertThat(one.instruction()).isEqualTo("drop");
            assertThat(one.expiresInMs()).isBetween(1L, 60_000L);
            assertThat(one.hits()).isEqualTo(1);
        });
        assertThat(client().flows(Map.of("port", 53)).flows())
                .singleElement()
                .satisfies(seen -> assertThat(seen.instruction()).isEqualTo("drop"));
        assertThat(client().request("flow-clear", flow()).path("cleared").asInt(0))
                .isEqualTo(1);
        assertThat(client().request("flow-clear", flow()).path("cleared").asInt(9))
                .isZero();
        assertThat(comesOut("fw-1-in")).isTrue();
        assertThat(list()).isEmpty();
    }

    @Test
    void pathIsRefusedWithTheReasonWhereNoneTakesFlows() throws Exception {
        client().administer("fw-1", "drain");
        assertThatThrownBy(() -> client().request("flow-path", flow("to", "inspect[fw-1]")))
                .hasMessageContaining("no path takes flows now");
    }

    @Test
    void sameInstructionTwiceIsOneThatGoesOnCounting() throws Exception {
        client().request("flow-accept", flow());
        assertThat(comesOut("right")).isTrue();
        client().request("flow-accept", flow("ttl", 1000));
        assertThat(list()).singleElement().satisfies(one -> {
            assertThat(one.hits()).isEqualTo(1);
            assertThat(one.expiresInMs()).isGreaterThan(900_000);
        });
        assertThat(node.runner.counters().datapath()).containsEntry("acceptedByInstruction", 1L);
        assertThat(client().request("flow-clear", Map.of("all", true))
                        .path("cleared")
                        .asInt(0))
                .isEqualTo(1);
    }

    @Test
    void nodesAndPathsAreToldByName() throws Exception {
        client().request("flow-path", flow("skip", "fw-1", "once", true));
        assertThat(list()).singleElement().satisfies(one -> {
            assertThat(one.instruction()).isEqualTo("skip fw-1");
            assertThat(one.once()).isTrue();
        });
        assertThat(comesOut("right")).isTrue();
        assertThat(comesOut("fw-1-in")).isTrue();
        client().request("flow-path", flow("to", "inspect[fw-1]"));
        assertThat(list())
                .singleElement()
                .satisfies(one -> assertThat(one.instruction()).isEqualTo("path inspect[fw-1]"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "flow-drop | protocol | xyz | protocol xyz is not known; allowed: tcp, udp",
                "flow-drop | protocol | 256 | protocol 256 is not known",
                "flow-drop | source | 10.0.0.1:70000 | source 10.0.0.1:70000 is not an address with or without a port; write for example",
                "flow-drop | source | 10.0.0.1:-1 | source 10.0.0.1:-1 is not",
                "flow-drop | source | host | source host is not",
                "flow-drop | destination | [fd00::1:5 | destination [fd00::1:5 is not",
                "flow-drop | destination | [fd00::1]5 | is not an address",
                "flow-drop | destination | fd00::1 | are of different IP versions",
                "flow-drop | source | 10.0.0.2 | source 10.0.0.2 has no port, and an instruction is for one flow of udp; write both ports",
                "flow-accept | destination | 10.0.0.1 | destination 10.0.0.1 has no port",
                "flow-clear | destination | 10.0.0.1 | destination 10.0.0.1 has no port",
                "flow-drop | protocol | icmp | source and destination have the identifiers 53 and 1000",
                "flow-drop | protocol | gre | protocol gre has no ports; write source and destination without",
                "flow-drop | protocol | 89 | protocol 89 has no ports",
                "flow-drop | router | other | router other is not known; allowed: left/right",
                "flow-path | skip | nobody | skip nobody: there is no such service instance; allowed: fw-1",
                "flow-path | to | web[x] | to web[x]: there is no such path; allowed: inspect[fw-1]",
                "flow-accept | skip | fw-1 | command flow-accept has no field skip; allowed: router, vlan",
                "flow-accept | ttl | 5 | ttl \"5\" is not a whole number in 1..86400",
            })
    void badRequestsSayWhatIsAllowed(String command, String field, String value, String message) {
        assertThatThrownBy(() -> client().request(command, flow(field, value))).hasMessageContaining(message);
    }

    @Test
    void rebalancingIsAskedForByChainOrInstanceAndShownInTheStatus() throws Exception {
        assertThat(comesOut("fw-1-in")).isTrue();
        for (String name : List.of("inspect", "fw-1")) {
            assertThat(client().request("flow-rebalance", Map.of("name", name, "flowsPerSecond", 7))
                            .path("chains")
                            .path(0)
                            .asString(""))
                    .isEqualTo("inspect");
            MemoryNode.await(
                    () -> node.runner.status().rebalances().getLast().state().equals("even"));
            assertThat(node.runner.status().rebalances())
                    .containsExactly(new RebalanceReport("inspect", "even", "asked for", 7, 0, 0));
        }
        assertThat(client().request("flow-rebalance", Map.of("name", "fw-1", "stop", true))
                        .path("chains")
                        .isEmpty())
                .isTrue();
        assertThatThrownBy(() -> client().request("flow-rebalance", Map.of("name", "nobody")))
                .hasMessageContaining(
                        "name nobody: there is no such chain or service instance; allowed: fw-1, inspect");
        assertThatThrownBy(() -> client().request("flow-rebalance", Map.of())).hasMessageContaining("name is missing");
        assertThatThrownBy(
                        () -> client().request("flow-rebalance", Map.of("name", "inspect", "flowsPerSecond", 10_001)))
                .hasMessageContaining("flowsPerSecond 10001 is not a whole number in 1..10000");
        client().administer("fw-1", "drain");
        assertThatThrownBy(() -> client().request("flow-rebalance", Map.of("name", "inspect")))
                .hasMessageContaining("no path takes flows now");
    }

    /** Without an identifier it is for what is no echo, as errors about flows that are not known. */
    @Test
    void protocolsWithoutPortsAreNamedWithoutPorts() throws Exception {
        for (String protocol : List.of("icmp", "gre", "89")) {
            client().request("flow-drop", flow("protocol", protocol, "source", "10.0.0.2", "destination", "10.0.0.1"));
        }
        client().request("flow-drop", flow("protocol", "icmp", "source", "10.0.0.2:7", "destination", "10.0.0.1"));
        assertThat(list())
                .extracting(one -> one.protocol() + " " + one.sourcePort() + " " + one.destinationPort())
                .containsExactlyInAnyOrder("icmp 0 0", "icmp 7 7", "gre 0 0", "89 0 0");
    }

    @Test
    void missingFieldsAreNamed() {
        assertThatThrownBy(() -> client().request("flow-path", flow())).hasMessageContaining("say either skip");
        assertThatThrownBy(() -> client().request("flow-drop", Map.of())).hasMessageContaining("source is missing");
        assertThatThrownBy(() -> client().request("flow-drop", flow("ttl", 86_401)))
                .hasMessageContaining("ttl 86401 is not a whole number in 1..86400");
    }
}
