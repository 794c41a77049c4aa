package dev.sluice.manager.traces;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.manager.objects.Caller;
import dev.sluice.manager.objects.Edit;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.objects.ManagedObject;
import dev.sluice.manager.store.MemoryStore;
import dev.sluice.model.Kind;
import dev.sluice.model.WrittenObject;
import dev.sluice.southbound.Foretold;
import dev.sluice.southbound.Leg;
import dev.sluice.southbound.Question;
import dev.sluice.southbound.Reply;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

/** Traces as objects (X3): who is asked, what becomes of answers, when traces end. */
@Timeout(60)
class TraceServiceTest {
    private static final Caller USER = new Caller("user", "sluice");

    private record Asked(String node, Question question, Consumer<String> problem) {}

    private volatile Instant now = Instant.parse("2026-01-01T00:00:00Z");
    private final Inventory inventory = new Inventory(new MemoryStore(), () -> now);
    private final LinkedBlockingQueue<Asked> asked = new LinkedBlockingQueue<>();

    @SuppressWarnings("NullAway.Init") // set before each test
    private TraceService service;

    @BeforeEach
    void start() {
        service = TraceService.start(
                inventory,
                List.of(),
                () -> now,
                (node, word, question, problem) -> asked.add(new Asked(node, question, problem)));
    }

    @AfterEach
    void stop() {
        service.close();
    }

    private void apply(String where) {
        List<Edit> edits = WrittenObject.read("test", """
            {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: left}, spec: {node: host-a, interface: eth0}}
            ---
            {apiVersion: sluice.dev/v1, kind: Traceflow, metadata: {name: t}, spec: {%s, packet: "icmp 10.0.0.1 > 10.0.0.2"}}
            """.formatted(where)).objects().stream()
                .<Edit>map(object -> new Edit.Apply(object, false))
                .toList();
        inventory.change(edits, USER, false);
        service.objectsChanged();
    }

    private Asked asked() throws InterruptedException {
        Asked next = asked.poll(30, TimeUnit.SECONDS);
        assertThat(next).as("a host is asked").isNotNull();
        return next;
    }

    private void reply(Asked to, Reply.Builder reply) {
        service.reply(to.node(), reply.setId(to.question().getId()).build());
    }

    private static Foretold.Builder told(String words) {
        return Foretold.newBuilder()
                .setEnd("sent")
                .setWords(words)
                .addAssumptions("nothing else happens")
                .addLegs(Leg.newBuilder()
                        .setReceived("in left: icmp")
                        .addSteps("rule web/all")
                        .addSteps("sent right"));
    }

    private JsonNode status() throws InterruptedException {
        while (true) {
            long revision = inventory.revision();
            Optional<ManagedObject> trace = inventory.get(Kind.TRACEFLOW, "t");
            if (trace.isPresent()
                    && trace.get()
                                    .tree()
                                    .path("status")
                                    .path("observedGeneration")
                                    .asLong(0)
                            == trace.get().generation()) {
                return trace.get().tree().path("status");
            }
            inventory.await(revision, 100);
        }
    }

    private static String message(JsonNode status) {
        JsonNode condition = status.path("conditions").get(0);
        return condition.path("status").asString() + " "
                + condition.path("reason").asString() + ": "
                + condition.path("message").asString();
    }

    @Test
    void hostOfThePortIsAskedAndItsStoryIsTheStatus() throws Exception {
        apply("port: left");
        Asked first = asked();
        assertThat(first.node()).isEqualTo("host-a");
        assertThat(first.question().getForetell().getPort()).isEqualTo("left");
        assertThat(first.question().getForetell().getPacket()).isEqualTo("icmp 10.0.0.1 > 10.0.0.2");
        reply(first, Reply.newBuilder().setForetold(told("leaves by right")));
        JsonNode status = status();
        assertThat(message(status)).isEqualTo("True Answered: leaves by right");
        assertThat(status.path("legs").toString())
                .isEqualTo("[{\"node\":\"host-a\",\"received\":\"in left: icmp\",\"steps\":[\"rule web/all\",\"sent"
                        + " right\"]}]");
        assertThat(status.path("assumptions").toString()).isEqualTo("[\"nothing else happens\"]");
    }

    @Test
    void packetIsFollowedToTheHostThatATunnelTakesItTo() throws Exception {
        apply("port: left");
        Asked first = asked();
        reply(
                first,
                Reply.newBuilder()
                        .setForetold(told("in a tunnel").setPeer("host-b").setFrame("00ff")));
        Asked second = asked();
        assertThat(second.node()).isEqualTo("host-b");
        assertThat(second.question().getForetell().getHex()).isEqualTo("00ff");
        assertThat(second.question().getForetell().getTunnel()).isTrue();
        assertThat(second.question().getForetell().getSession())
                .isEqualTo(first.question().getForetell().getSession());
        // What was asked before, or of another host, counts no more.
        reply(first, Reply.newBuilder().setForetold(told("nonsense")));
        service.reply(
                "host-a", Reply.newBuilder().setId(second.question().getId()).build());
        reply(
                second,
                Reply.newBuilder()
                        .setForetold(told("is dropped").setEnd("dropped").setReason("RULE_DROP")));
        JsonNode status = status();
        assertThat(message(status)).isEqualTo("True Answered: is dropped");
        assertThat(status.path("reason").asString()).isEqualTo("RULE_DROP");
        assertThat(status.path("node").asString()).isEqualTo("host-b");
        assertThat(status.path("legs"))
                .extracting(leg -> leg.path("node").asString())
                .containsExactly("host-a", "host-b");
    }

    @Test
    void packetThatGoesRoundIsNotFollowedForEver() throws Exception {
        apply("port: left");
        for (int i = 0; i < Trace.VISITS_MAX; i++) {
            reply(
                    asked(),
                    Reply.newBuilder().setForetold(told("on").setPeer("host-a").setFrame("00")));
        }
        assertThat(message(status())).isEqualTo("True Answered: on, without end");
    }

    @Test
    void whatCannotBeAskedOrAnsweredSaysWhyAndMayBeAskedAnew() throws Exception {
        apply("port: nowhere");
        assertThat(message(status()))
                .isEqualTo("False NoSuchPort: there is no Port nowhere with a node; name a Port, or write node too");
        apply("port: eth9, node: host-b");
        Asked old = asked();
        assertThat(old.node()).isEqualTo("host-b");
        old.problem().accept("its agent (version 1.0) does not answer such questions: upgrade it");
        assertThat(message(status()))
                .isEqualTo(
                        "False NotAsked: host-b: its agent (version 1.0) does not answer such questions: upgrade it");
        apply("port: eth8, node: host-b");
        reply(asked(), Reply.newBuilder().setProblem("port eth8 is not known; allowed: eth9"));
        assertThat(message(status())).isEqualTo("False Refused: host-b: port eth8 is not known; allowed: eth9");
        apply("port: eth7, node: host-b");
        asked();
        service.lost("host-b");
        assertThat(message(status())).isEqualTo("False NoAnswer: host-b: its agent has gone");
    }

    @Test
    void tracesEndByThemselves() throws Exception {
        apply("port: left, timeToLive: 10s");
        reply(asked(), Reply.newBuilder().setForetold(told("leaves by right")));
        status();
        now = now.plusSeconds(9);
        service.objectsChanged();
        apply("port: left, timeToLive: 11s");
        reply(asked(), Reply.newBuilder().setForetold(told("leaves by right")));
        status();
        now = now.plusSeconds(2);
        while (inventory.get(Kind.TRACEFLOW, "t").isPresent()) {
            inventory.await(inventory.revision(), 100);
        }
        assertThat(inventory.get(Kind.PORT, "left")).isPresent();
    }

    /** Somebody may delete a trace and make another of its name before the service hears of it. */
    @Test
    void timeOfATraceThatIsGoneDoesNotEndAnotherOfItsName() throws Exception {
        apply("port: left, timeToLive: 10s");
        asked();
        inventory.change(List.of(new Edit.Remove(Kind.TRACEFLOW, "t", 0)), USER, false);
        WrittenObject anew = WrittenObject.read(
                        "test",
                        "{apiVersion: sluice.dev/v1, kind: Traceflow, metadata: {name: t}, spec: {port: left,"
                                + " timeToLive: 1h, packet: icmp 10.0.0.1 > 10.0.0.2}}")
                .objects()
                .getFirst();
        inventory.change(List.of(new Edit.Create(anew)), USER, false);
        now = now.plusSeconds(11);
        reply(asked(), Reply.newBuilder().setForetold(told("leaves by right")));
        assertThat(message(status())).startsWith("True Answered");
    }

    @Test
    void whatHostsSayIsBounded() throws Exception {
        apply("port: left");
        Leg.Builder leg = Leg.newBuilder().setReceived("x".repeat(5_000));
        for (int i = 0; i < 1_000; i++) {
            leg.addSteps("y".repeat(1_000));
        }
        Foretold.Builder told = told("z".repeat(5_000));
        for (int i = 0; i < 200; i++) {
            told.addLegs(leg);
        }
        reply(asked(), Reply.newBuilder().setForetold(told));
        assertThat(status().toString()).hasSizeLessThan(5_000_000);
        assertThat(status().path("legs")).hasSize(64);
    }
}
