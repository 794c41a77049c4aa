package dev.sluice.manager.traces;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.sluice.manager.access.Accounts;
import dev.sluice.manager.objects.Caller;
import dev.sluice.manager.objects.Edit;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.objects.ManagedObject;
import dev.sluice.manager.store.MemoryStore;
import dev.sluice.model.Kind;
import dev.sluice.model.WrittenObject;
import dev.sluice.southbound.CapturePackets;
import dev.sluice.southbound.Captured;
import dev.sluice.southbound.Question;
import dev.sluice.southbound.Reply;
import dev.sluice.wire.capture.CaptureReader;
import dev.sluice.wire.capture.PcapngWriter;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
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

/** Captures as objects (X3): who is asked for what, what becomes of files, when captures end. */
@Timeout(60)
class CaptureServiceTest {
    private static final Caller USER = new Caller("user", "sluice");

    private record Asked(String node, String word, Question question, Consumer<String> problem) {
        CapturePackets packets() {
            return question.getCapture();
        }
    }

    private volatile Instant now = Instant.parse("2026-01-01T00:00:00Z");
    private final MemoryStore store = new MemoryStore();
    private final Inventory inventory = new Inventory(store, () -> now);
    private final LinkedBlockingQueue<Asked> asked = new LinkedBlockingQueue<>();
    private final CaptureFiles files = new CaptureFiles();

    @SuppressWarnings("NullAway.Init") // set before each test
    private CaptureService service;

    @BeforeEach
    void start() {
        service = CaptureService.start(
                inventory,
                List.of(),
                () -> now,
                (node, word, question, problem) -> asked.add(new Asked(node, word, question, problem)),
                files);
    }

    @AfterEach
    void stop() {
        service.close();
    }

    private void apply(String name, String spec) {
        List<Edit> edits = WrittenObject.read("test", """
            {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: left}, spec: {node: host-a, interface: eth0}}
            ---
            {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: acme.p}, spec: {node: host-b, interface: eth0}}
            ---
            {apiVersion: sluice.dev/v1, kind: Capture, metadata: {name: %s}, spec: {%s}}
            """.formatted(name, spec)).objects().stream()
                .<Edit>map(object -> new Edit.Apply(object, true))
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

    private static byte[] file(String node, int packets) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(PcapngWriter.section("node " + node));
        out.writeBytes(PcapngWriter.networkInterface("left", ""));
        for (int i = 0; i < packets; i++) {
            out.writeBytes(PcapngWriter.packet(0, 1, new byte[20], 1_500, PcapngWriter.INBOUND, "in"));
        }
        return out.toByteArray();
    }

    private static Reply.Builder captured(byte[] file) {
        return Reply.newBuilder()
                .setCaptured(Captured.newBuilder()
                        .setPcapng(ByteString.copyFrom(file))
                        .setFrames(99)
                        .setLost(4)
                        .setEnd("packets"));
    }

    private ManagedObject object(String name) {
        return inventory.get(Kind.CAPTURE, name).orElseThrow();
    }

    private static String message(JsonNode status) {
        JsonNode condition = status.path("conditions").path(0);
        return condition.path("status").asString("") + " "
                + condition.path("reason").asString("") + ": "
                + condition.path("message").asString("");
    }

    private JsonNode await(String name, String message) throws InterruptedException {
        while (true) {
            long revision = inventory.revision();
            Optional<ManagedObject> capture = inventory.get(Kind.CAPTURE, name);
            JsonNode status = capture.orElseThrow().tree().path("status");
            if (message(status).startsWith(message)
                    && status.path("observedGeneration").asLong(0)
                            == capture.get().generation()) {
                return status;
            }
            inventory.await(revision, 100);
        }
    }

    @Test
    void hostOfThePortIsAskedAndItsPacketsAreKeptBesideTheObject() throws Exception {
        apply("c", "port: left, stage: out, address: 10.0.0.1, portNumber: 0, packets: 7, duration: 1500ms");
        Asked first = asked();
        assertThat(first.node()).isEqualTo("host-a");
        assertThat(first.word()).isEqualTo("capture");
        assertThat(first.packets())
                .isEqualTo(CapturePackets.newBuilder()
                        .setPort("left")
                        .setStage("out")
                        .setAddress("10.0.0.1")
                        .setPortNumber(0)
                        .setPackets(7)
                        .setSeconds(2)
                        .setPacketBytes(256)
                        .setFileBytes(CaptureFiles.FILE_BYTES_MAX)
                        .build());
        await("c", "False Running");
        assertThat(files.file(object("c"), "")).isEmpty();
        byte[] file = file("a", 3);
        reply(first, captured(file));
        JsonNode status = await("c", "True Complete: 3 packets");
        assertThat(status.path("hosts").toString())
                .isEqualTo("[{\"node\":\"host-a\",\"packets\":3,\"lost\":4,\"bytes\":" + file.length
                        + ",\"end\":\"packets\"}]");
        assertThat(status.path("file").path("bytes").asInt(0)).isEqualTo(file.length);
        assertThat(files.file(object("c"), ""))
                .hasValueSatisfying(kept -> assertThat(kept).isEqualTo(file));
        assertThat(new String(inventory.backup(), StandardCharsets.ISO_8859_1))
                .contains("captures/c")
                .doesNotContain("node a");
    }

    @Test
    void hostsCaptureTogetherAndThoseThatCannotAreNamed() throws Exception {
        apply("c", "nodes: [a, b, c, d]");
        List<Asked> all = List.of(asked(), asked(), asked(), asked());
        assertThat(all).extracting(Asked::node).containsExactly("a", "b", "c", "d");
        assertThat(all)
                .allSatisfy(
                        each -> assertThat(each.packets().getFileBytes()).isEqualTo(CaptureFiles.FILE_BYTES_MAX / 4));
        reply(all.get(3), captured(file("d", 1)));
        all.get(1).problem().accept("its agent (version 1.0) does not answer such questions");
        service.lost("c");
        // Not its question.
        service.reply(
                "b", captured(file("b", 9)).setId(all.get(0).question().getId()).build());
        reply(all.get(0), captured(file("a", 2)));
        JsonNode status = await("c", "True Partial: 3 packets; b: its agent (version 1.0)");
        assertThat(message(status)).endsWith("; c: its agent has gone");
        assertThat(status.path("hosts").get(2).toString())
                .isEqualTo("{\"node\":\"c\",\"reason\":\"NoAnswer\",\"message\":\"its agent has gone\"}");
        CaptureReader reader = new CaptureReader(
                new ByteArrayInputStream(files.file(object("c"), "").orElseThrow()));
        for (int i = 0; i < 3; i++) {
            assertThat(reader.frame()).isNotNull();
        }
        assertThat(reader.frame()).isNull();
    }

    @Test
    void whatCannotBeCapturedSaysWhy() throws Exception {
        apply("c", "port: nowhere");
        await("c", "False NoSuchPort: there is no Port nowhere with a node; name a Port, or write nodes too");
        apply("c", "port: eth9, nodes: a");
        reply(asked(), Reply.newBuilder().setProblem("port eth9 is not known; allowed: eth8"));
        await("c", "False Refused: a: port eth9 is not known; allowed: eth8");
        apply("c", "port: eth8, nodes: a");
        asked().problem().accept("its agent is not connected");
        await("c", "False NotAsked: a: its agent is not connected");
        assertThat(object("c").tree().path("status").has("file")).isFalse();
    }

    @Test
    void answersThatAreTooLargeOrNoCaptureAreRefused() throws Exception {
        apply("c", "nodes: [a, b, d, e]");
        List<Asked> all = List.of(asked(), asked(), asked(), asked());
        reply(all.get(0), captured(new byte[CaptureFiles.FILE_BYTES_MAX / 4 + 1]));
        byte[] cut = file("b", 1);
        reply(all.get(1), captured(Arrays.copyOf(cut, cut.length - 1)));
        reply(all.get(2), captured(new byte[0]));
        reply(all.get(3), Reply.newBuilder());
        JsonNode status = await("c", "False BadAnswer: a: it answers with 262145 bytes, more than the 262144");
        assertThat(message(status))
                .contains("b: what it answers is no capture: the capture file is cut off")
                .contains("d: what it answers is no capture: it does not begin as pcapng does")
                .contains("e: an answer that this manager does not know");
        assertThat(files.file(object("c"), "")).isEmpty();
    }

    @Test
    void anotherSpecOrNoObjectEndsItOnTheHostsToo() throws Exception {
        apply("c", "port: left");
        Asked first = asked();
        apply("c", "port: left, packets: 5");
        Asked end = asked();
        assertThat(end.node()).isEqualTo("host-a");
        assertThat(end.question().getEndCapture().getId())
                .isEqualTo(first.question().getId());
        Asked second = asked();
        assertThat(second.packets().getPackets()).isEqualTo(5);
        reply(first, captured(file("old", 9)));
        reply(second, captured(file("new", 1)));
        await("c", "True Complete: 1 packet");
        ManagedObject before = object("c");
        inventory.change(List.of(new Edit.Remove(Kind.CAPTURE, "c", 0)), USER, false);
        service.objectsChanged();
        apply("c", "port: left, packets: 5");
        Asked third = asked();
        assertThat(files.file(before, ""))
                .as("the packets went with the object")
                .isEmpty();
        inventory.change(List.of(new Edit.Remove(Kind.CAPTURE, "c", 0)), USER, false);
        service.objectsChanged();
        assertThat(asked().question().getEndCapture().getId())
                .isEqualTo(third.question().getId());
    }

    @Test
    void capturesEndByThemselves() throws Exception {
        apply("c", "port: left, duration: 1s, timeToLive: 10s");
        reply(asked(), captured(file("a", 1)));
        await("c", "True Complete");
        ManagedObject object = object("c");
        now = now.plusSeconds(10);
        while (inventory.get(Kind.CAPTURE, "c").isPresent()) {
            inventory.await(inventory.revision(), 100);
        }
        while (files.file(object, "").isPresent()) {
            Thread.onSpinWait();
        }
    }

    @Test
    void nextManagerSaysWhatItDoesNotHave() throws Exception {
        apply("ended", "port: left");
        reply(asked(), captured(file("a", 1)));
        await("ended", "True Complete");
        apply("running", "port: left");
        asked();
        await("running", "False Running");
        service.close();
        start();
        await("running", "False Interrupted: the manager that had begun it ended, or leads no longer");
        JsonNode status = await("ended", "False Lost: the manager that had its packets ended, or leads no longer");
        assertThat(status.has("file")).isFalse();
        assertThat(asked).as("nothing is asked again by itself").isEmpty();
    }

    @Test
    void packetsOfATenantComeWithoutNamesOfOthersAndStayItsOwn() throws Exception {
        Accounts accounts = new Accounts(store, inventory, () -> now);
        apply("bolt.c", "nodes: a");
        Asked shared = asked();
        assertThat(shared.packets().getBrief()).isFalse();
        reply(shared, captured(file("a", 1)));
        await("bolt.c", "True Complete");
        accounts.addTenant("acme", USER);
        accounts.addTenant("bolt", USER);
        assertThat(files.file(object("bolt.c"), "bolt"))
                .as("captured when it was shared")
                .isEmpty();
        apply("acme.c", "port: acme.p");
        Asked own = asked();
        assertThat(own.node()).isEqualTo("host-b");
        assertThat(own.packets().getBrief()).isTrue();
        reply(own, captured(file("b", 1)));
        await("acme.c", "True Complete");
        assertThat(files.file(object("acme.c"), "acme")).isPresent();
    }
}
