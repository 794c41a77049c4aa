package dev.sluice.manager.agents;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.fuzz.LaterVersion;
import dev.sluice.manager.events.EventLog;
import dev.sluice.manager.objects.Caller;
import dev.sluice.manager.objects.Edit;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.objects.ManagedObject;
import dev.sluice.manager.objects.Trees;
import dev.sluice.manager.paths.PathTraffic;
import dev.sluice.manager.store.Election.Term;
import dev.sluice.manager.store.MemoryStore;
import dev.sluice.manager.traces.CaptureFiles;
import dev.sluice.model.Kind;
import dev.sluice.model.WrittenObject;
import dev.sluice.southbound.Answer;
import dev.sluice.southbound.FromAgent;
import dev.sluice.southbound.FromController;
import dev.sluice.southbound.Hello;
import dev.sluice.southbound.PathCount;
import dev.sluice.southbound.PortState;
import dev.sluice.southbound.Protocol;
import dev.sluice.southbound.Reply;
import dev.sluice.southbound.Report;
import dev.sluice.southbound.Update;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Agents of the version before and the one behind, over real streams to this manager. */
@Timeout(60)
class MixedVersionsTest {
    private static final String OBJECTS = """
            {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: left}, spec: {node: a, interface: left}}
            ---
            {apiVersion: sluice.dev/v1, kind: PortProfile, metadata: {name: found}, spec: {direction: both, chain: c, discover: {interfaces: ["vm*"]}}}
            ---
            {apiVersion: sluice.dev/v1, kind: ServiceChain, metadata: {name: c}, spec: {profiles: [fw]}}
            ---
            {apiVersion: sluice.dev/v1, kind: Service, metadata: {name: fw}, spec: {transport: raw}}
            """;

    private final Inventory inventory = new Inventory(new MemoryStore(), InstantSource.system());

    private final PathTraffic traffic = new PathTraffic(System::nanoTime);

    @SuppressWarnings("NullAway.Init") // set before each test
    private AgentService service;

    @BeforeEach
    void start() {
        inventory.change(
                WrittenObject.read("test", OBJECTS).objects().stream()
                        .<Edit>map(object -> new Edit.Apply(object, false))
                        .toList(),
                new Caller("user", "sluice"),
                false);
        service = AgentService.start(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                Optional.empty(),
                inventory,
                new EventLog(InstantSource.system()),
                new CaptureFiles(),
                traffic,
                InstantSource.system(),
                Duration.ZERO,
                new Term(0, List.of(), () -> true));
    }

    @AfterEach
    void stop() {
        service.close();
    }

    private static FromAgent hello(int protocol) {
        return FromAgent.newBuilder()
                .setHello(Hello.newBuilder().setNode("a").setProtocol(protocol))
                .build();
    }

    private static Update nextUpdate(RawAgent agent) throws InterruptedException {
        while (true) {
            FromController message = agent.next().orElseThrow();
            if (message.hasUpdate()) {
                return message.getUpdate();
            }
        }
    }

    private void awaitPort(String words) throws InterruptedException {
        while (true) {
            long revision = inventory.revision();
            JsonNode status =
                    inventory.get(Kind.PORT, "left").orElseThrow().tree().path("status");
            if (status.toString().contains(words)) {
                return;
            }
            inventory.await(revision, 100);
        }
    }

    /** A question that came with this version: one that does not know it is not asked, and one of the next version may answer more. */
    @Test
    void whatPathsCarryIsAskedOfAgentsThatKnowTheQuestionOnly() throws Exception {
        try (RawAgent knows = new RawAgent(service.port());
                RawAgent old = new RawAgent(service.port())) {
            Hello hello = Hello.newBuilder()
                    .setNode("a")
                    .setProtocol(Protocol.NUMBER + 1)
                    .addAnswers("count-path")
                    .build();
            knows.say(FromAgent.newBuilder().setHello(LaterVersion.of(hello)).build());
            old.say(FromAgent.newBuilder()
                    .setHello(Hello.newBuilder().setNode("b").setProtocol(Protocol.NUMBER - 1))
                    .build());
            var _ = knows.next().orElseThrow();
            var _ = old.next().orElseThrow();
            ObjectNode tree = Trees.object();
            tree.putObject("spec").put("chain", "c").put("path", "c[fw-1]");
            for (String node : List.of("a", "b")) {
                tree.withObject("status").withArray("nodes").addObject().put("name", node);
            }
            var carried = CompletableFuture.supplyAsync(() -> {
                try {
                    return traffic.of(new ManagedObject(Kind.SERVICE_PATH, "c-1", 1, tree))
                            .orElseThrow();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            });
            FromController message;
            do {
                message = knows.next().orElseThrow();
            } while (!message.hasQuestion());
            assertThat(message.getQuestion().getCountPath().getName()).isEqualTo("c[fw-1]");
            PathCount count = PathCount.newBuilder().setFlows(3).build();
            knows.say(FromAgent.newBuilder()
                    .setReply(LaterVersion.of(Reply.newBuilder()
                            .setId(message.getQuestion().getId())
                            .setPathCount(LaterVersion.of(count))
                            .build()))
                    .build());
            assertThat(carried.join().path("flows").asLong()).isEqualTo(3);
            assertThat(carried.join().at("/nodes/1/problem").asString())
                    .contains("does not answer such questions", "upgrade it");
        }
    }

    @Test
    void agentOfTheNextVersionMaySayWhatThisOneDoesNotKnow() throws Exception {
        try (RawAgent agent = new RawAgent(service.port())) {
            agent.say(LaterVersion.of(FromAgent.newBuilder()
                    .setHello(LaterVersion.of(Hello.newBuilder()
                            .setNode("a")
                            .setProtocol(Protocol.NUMBER + 1)
                            .build()))
                    .build()));
            Update update = nextUpdate(agent);
            // A message that is nothing here.
            agent.say(LaterVersion.of(FromAgent.getDefaultInstance()));
            agent.say(FromAgent.newBuilder()
                    .setAnswer(LaterVersion.of(Answer.newBuilder()
                            .setNonce(update.getNonce())
                            .setAccepted(true)
                            .build()))
                    .build());
            awaitPort("\"Applied\"");
            agent.say(FromAgent.newBuilder()
                    .setReport(LaterVersion.of(Report.newBuilder()
                            .addPorts(LaterVersion.of(PortState.newBuilder()
                                    .setName("left")
                                    .setUp(true)
                                    .build()))
                            .build()))
                    .build());
            awaitPort("\"Up\"");
        }
    }

    /** It knows neither lookouts nor loads and runtimes, and says no number that it did not have. */
    @Test
    void agentOfTheVersionBeforeIsServedByWhatItSays() throws Exception {
        try (RawAgent agent = new RawAgent(service.port())) {
            agent.say(hello(Protocol.NUMBER - 1));
            Update update = nextUpdate(agent);
            assertThat(update.getResourcesList())
                    .extracting(each -> each.getName())
                    .contains("ports/left");
            agent.answer(Answer.newBuilder().setNonce(update.getNonce()).setAccepted(true));
            agent.report(Report.newBuilder()
                    .setGeneration(1)
                    .addPorts(PortState.newBuilder().setName("left").setDescription("no carrier")));
            awaitPort("\"Applied\"");
            awaitPort("no carrier");
        }
    }

    @Test
    void agentsThatAreFurtherAwayAreRefusedWithWhatToDo() throws Exception {
        for (int protocol : List.of(Protocol.NUMBER + 2, 1_000_000, -1)) {
            try (RawAgent agent = new RawAgent(service.port())) {
                agent.say(hello(protocol));
                assertThat(agent.next().orElseThrow().getRefusal())
                        .as("protocol " + protocol)
                        .contains("the agent speaks version", "they may differ by one: upgrade the older one");
                assertThat(agent.next()).as("the stream ends").isEqualTo(Optional.empty());
            }
        }
    }
}
