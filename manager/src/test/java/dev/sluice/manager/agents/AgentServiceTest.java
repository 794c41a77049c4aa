package dev.sluice.manager.agents;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.manager.objects.Caller;
import dev.sluice.manager.objects.Edit;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.objects.Trees;
import dev.sluice.manager.store.MemoryStore;
import dev.sluice.model.Kind;
import dev.sluice.model.WrittenObject;
import dev.sluice.southbound.Answer;
import dev.sluice.southbound.Fault;
import dev.sluice.southbound.FromAgent;
import dev.sluice.southbound.PortState;
import dev.sluice.southbound.Report;
import dev.sluice.southbound.Update;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;

/** From objects over a real stream to an agent, and from its answers to the status of objects. */
@Timeout(60)
class AgentServiceTest {
    private static final String PORT =
            "{apiVersion: sluice.dev/v1, kind: Port, metadata: {name: left}, spec: {node: a, interface: left}}";
    private static final Caller USER = new Caller("user", "sluice");

    @SuppressWarnings("NullAway.Init") // set before each test
    private Inventory inventory;

    @SuppressWarnings("NullAway.Init") // set before each test
    private AgentService service;

    @BeforeEach
    void start() {
        InstantSource clock = InstantSource.fixed(Instant.parse("2026-01-01T00:00:00Z"));
        inventory = new Inventory(new MemoryStore(), clock);
        service = AgentService.start(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), inventory, clock, Duration.ZERO);
    }

    @AfterEach
    void stop() {
        service.close();
    }

    private void apply(String yaml) {
        List<Edit> edits = WrittenObject.read("test", yaml).objects().stream()
                .<Edit>map(object -> new Edit.Apply(object, false))
                .toList();
        inventory.change(edits, USER, false);
    }

    private static String rule(String action) {
        return "{apiVersion: sluice.dev/v1, kind: ServicePolicy, metadata: {name: web}, spec: {appliedTo: [a/left], rules: [{name: r, action: {"
                + action + "}}]}}";
    }

    private static Answer.Builder accepts(Update update) {
        return Answer.newBuilder().setNonce(update.getNonce()).setAccepted(true);
    }

    private JsonNode condition(Kind kind, String name) {
        JsonNode conditions =
                inventory.get(kind, name).orElseThrow().tree().path("status").path("conditions");
        return conditions.isEmpty() ? MissingNode.getInstance() : conditions.get(0);
    }

    private JsonNode awaitCondition(Kind kind, String name, Predicate<JsonNode> holds) throws InterruptedException {
        while (!holds.test(condition(kind, name))) {
            inventory.await(inventory.revision(), 100);
        }
        return condition(kind, name);
    }

    private static Predicate<JsonNode> reason(String reason) {
        return condition -> condition.path("reason").asString("").equals(reason);
    }

    @Test
    void statusFollowsWhatAgentsAnswer() throws InterruptedException {
        apply(PORT);
        JsonNode away = awaitCondition(Kind.PORT, "left", reason("NotConnected"));
        assertThat(away.path("message").asString(""))
                .isEqualTo("in force on 0 of 1 node; a: no agent of this name has connected yet");
        try (RawAgent agent = new RawAgent(service.port()).hello("a", Map.of())) {
            Update first = agent.update();
            awaitCondition(Kind.PORT, "left", reason("UnderWay"));
            agent.answer(accepts(first));
            JsonNode applied = awaitCondition(Kind.PORT, "left", reason("Applied"));
            assertThat(applied.path("status").asString("")).isEqualTo("True");
            assertThat(applied.path("message").asString("")).isEqualTo("in force on 1 of 1 node");
            apply(rule("drop: true"));
            agent.answer(accepts(agent.update()));
            awaitCondition(Kind.SERVICE_POLICY, "web", reason("Applied"));
            apply(rule("noService: true"));
            Update refused = agent.update();
            agent.answer(Answer.newBuilder()
                    .setNonce(refused.getNonce())
                    .addFaults(Fault.newBuilder()
                            .setObject("ServicePolicy/web")
                            .setField("spec.rules[0]")
                            .setMessage("there is no room")));
            JsonNode no = awaitCondition(Kind.SERVICE_POLICY, "web", reason("Refused"));
            assertThat(no.path("message").asString(""))
                    .isEqualTo("in force on 0 of 1 node; a: spec.rules[0]: there is no room");
            assertThat(no.path("observedGeneration").asLong(0)).isEqualTo(2);
            JsonNode status = inventory
                    .get(Kind.SERVICE_POLICY, "web")
                    .orElseThrow()
                    .tree()
                    .path("status");
            assertThat(status.path("observedGeneration").asLong(0)).isEqualTo(1);
            assertThat(status.path("nodes").get(0).path("state").asString("")).isEqualTo("refused");
            assertThat(condition(Kind.PORT, "left").path("reason").asString("")).isEqualTo("Applied");
        }
    }

    @Test
    void reportsOfNodesAreShownWithTheirObjects() throws InterruptedException {
        apply(PORT + "\n---\n{apiVersion: sluice.dev/v1, kind: Node, metadata: {name: a}}");
        try (RawAgent agent = new RawAgent(service.port()).hello("a", Map.of())) {
            agent.answer(accepts(agent.update()));
            PortState.Builder port = PortState.newBuilder().setName("left").setUp(true);
            agent.report(Report.newBuilder().addPorts(port).setConnections(7).putDrops("RULE_DROP", 3));
            awaitCondition(Kind.PORT, "left", "Up", "True");
            awaitCondition(Kind.NODE, "a", "Connected", "True");
            agent.report(Report.newBuilder().addPorts(port.setUp(false).setDescription("the link is down")));
            JsonNode down = awaitCondition(Kind.PORT, "left", "Up", "False");
            assertThat(down.path("message").asString("")).isEqualTo("a: the link is down");
            JsonNode figures = inventory
                    .get(Kind.NODE, "a")
                    .orElseThrow()
                    .tree()
                    .path("status")
                    .path("figures");
            assertThat(figures.path("connections").asInt(0)).isEqualTo(7);
            assertThat(figures.path("drops").path("RULE_DROP").asInt(0)).isEqualTo(3);
        }
        assertThat(awaitCondition(Kind.NODE, "a", "Connected", "False")
                        .path("message")
                        .asString(""))
                .isEqualTo("a: its agent is not connected");
        awaitCondition(Kind.PORT, "left", "Up", "Unknown");
        assertThat(condition(Kind.PORT, "left").path("type").asString("")).isEqualTo("Applied");
    }

    private JsonNode awaitCondition(Kind kind, String name, String type, String truth) throws InterruptedException {
        while (true) {
            for (JsonNode each : inventory
                    .get(kind, name)
                    .orElseThrow()
                    .tree()
                    .path("status")
                    .path("conditions")) {
                if (each.path("type").asString("").equals(type)
                        && each.path("status").asString("").equals(truth)) {
                    return each;
                }
            }
            inventory.await(inventory.revision(), 100);
        }
    }

    @Test
    void statusOfOthersStays() throws InterruptedException {
        apply(PORT);
        JsonNode theirs = Trees.tree(
                Map.of("note", "theirs", "conditions", List.of(Map.of("type", "Checked", "status", "True"))));
        inventory.change(List.of(new Edit.SetStatus(Kind.PORT, "left", 0, theirs)), USER, false);
        try (RawAgent agent = new RawAgent(service.port()).hello("a", Map.of())) {
            agent.answer(accepts(agent.update()));
            awaitCondition(Kind.PORT, "left", reason("Applied"));
            JsonNode status =
                    inventory.get(Kind.PORT, "left").orElseThrow().tree().path("status");
            assertThat(status.path("note").asString("")).isEqualTo("theirs");
            assertThat(status.path("conditions")).hasSize(2);
        }
    }

    @Test
    void nonsenseFromAgentsIsTurnedAway() throws InterruptedException {
        apply(PORT);
        try (RawAgent agent = new RawAgent(service.port())) {
            agent.say(FromAgent.newBuilder()
                    .setReport(Report.getDefaultInstance())
                    .build());
            assertThat(agent.next().orElseThrow().getRefusal()).contains("says Hello first");
            assertThat(agent.next()).isEmpty();
        }
        try (RawAgent agent = new RawAgent(service.port()).hello("../etc", Map.of())) {
            assertThat(agent.next().orElseThrow().getRefusal()).contains("no name that a node can have");
            assertThat(agent.next()).isEmpty();
        }
        try (RawAgent agent = new RawAgent(service.port()).hello("a", Map.of("nonsense", "x"))) {
            Update update = agent.update();
            assertThat(update.getRemovedList()).containsExactly("nonsense");
            agent.say(FromAgent.getDefaultInstance());
            agent.answer(Answer.newBuilder().setNonce(77));
            agent.answer(accepts(update));
            awaitCondition(Kind.PORT, "left", reason("Applied"));
        }
    }

    @Test
    void secondManagerGoesOnWhereTheFirstEnded() throws InterruptedException {
        apply(PORT);
        Map<String, String> held = new TreeMap<>();
        try (RawAgent agent = new RawAgent(service.port()).hello("a", Map.of())) {
            Update first = agent.update();
            first.getResourcesList().forEach(each -> held.put(each.getName(), each.getVersion()));
            agent.answer(accepts(first));
        }
        service.close();
        service = AgentService.start(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                inventory,
                InstantSource.system(),
                Duration.ofSeconds(30));
        try (RawAgent agent = new RawAgent(service.port()).hello("a", held)) {
            awaitCondition(Kind.PORT, "left", reason("Applied"));
            apply(rule("drop: true"));
            assertThat(agent.update().getResourcesList())
                    .extracting(each -> each.getName())
                    .containsExactly("servicepolicies/web");
        }
    }
}
