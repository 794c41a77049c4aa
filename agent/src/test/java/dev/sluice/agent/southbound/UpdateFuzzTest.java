package dev.sluice.agent.southbound;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.sluice.agent.Documented;
import dev.sluice.agent.NodeException;
import dev.sluice.agent.RefusedException;
import dev.sluice.agent.compile.IdRegistry;
import dev.sluice.agent.compile.InterfaceFacts;
import dev.sluice.agent.compile.SnapshotCompiler;
import dev.sluice.fuzz.Damage;
import dev.sluice.fuzz.FuzzTarget;
import dev.sluice.model.ExistingFlows;
import dev.sluice.model.Kind;
import dev.sluice.model.WrittenObject;
import dev.sluice.model.YamlText;
import dev.sluice.southbound.FromAgent;
import dev.sluice.southbound.FromController;
import dev.sluice.southbound.Protocol;
import dev.sluice.southbound.Resource;
import dev.sluice.southbound.Update;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Messages of a manager and the file of what it sent, damaged: an update is taken as a whole or not at all, and what is held afterwards is what its versions name. */
class UpdateFuzzTest {
    private static final int MESSAGES = 3_000;
    private static final int MESSAGES_OF_CHECK = 300;
    private static final int FILES = 2_000;
    private static final int FILES_OF_CHECK = 300;

    /** One message with each object of the documentation that has a name. */
    private static final List<Resource> RESOURCES = Documented.blocks().stream()
            .flatMap(block -> WrittenObject.read("documentation", block).objects().stream())
            .filter(object ->
                    object.name().isPresent() && Kind.named(object.kind()).isPresent())
            .map(object -> resource(
                    Kind.named(object.kind()).orElseThrow().plural() + "/"
                            + object.name().orElseThrow(),
                    YamlText.of(object.fields())))
            .toList();

    @TempDir
    private Path folder = Path.of("");

    private static Resource resource(String name, String text) {
        return Resource.newBuilder()
                .setName(name)
                .setVersion(Protocol.version(text))
                .setText(text)
                .build();
    }

    /** Objects in memory, and a node that compiles what it is sent. */
    private static final class Node implements KeptObjects {
        NavigableMap<String, Resource> kept = new TreeMap<>();
        final Following following = new Following("manager test", "edge", this, this::apply);

        @Override
        public NavigableMap<String, Resource> read() {
            return kept;
        }

        @Override
        public void write(NavigableMap<String, Resource> resources) {
            kept = new TreeMap<>(resources);
        }

        private void apply(Optional<ExistingFlows> flows) throws NodeException {
            var loaded = following.objects().load();
            if (!loaded.usable()) {
                throw new RefusedException(loaded.problems());
            }
            var compiled = new SnapshotCompiler("edge", new IdRegistry())
                    .compile(
                            loaded.configuration().orElseThrow(),
                            name -> new InterfaceFacts(name.hashCode() & 0xff, 1500));
            if (compiled.node().isEmpty()) {
                throw new RefusedException(compiled.problems());
            }
        }
    }

    private static long messages(long seed, int executions) {
        Random random = new Random(seed);
        Node node = new Node();
        int taken = 0;
        for (int i = 0; i < executions; i++) {
            if (i % 100 == 0) {
                node = new Node();
                node.following.begin();
            }
            byte[] bytes = message(random, node);
            Map<String, String> before = node.following.versions();
            try {
                FromController message = FromController.parseFrom(bytes);
                Optional<FromAgent> answer =
                        message.hasUpdate() ? node.following.take(message.getUpdate()) : Optional.empty();
                boolean accepted =
                        answer.isPresent() && answer.get().getAnswer().getAccepted();
                taken += accepted ? 1 : 0;
                if (accepted) {
                    assertThat(Protocol.fingerprint(new TreeMap<>(node.following.versions())))
                            .isEqualTo(message.getUpdate().getFingerprint());
                    assertThat(node.kept.values())
                            .allSatisfy(resource -> assertThat(Protocol.version(resource.getText()))
                                    .isEqualTo(resource.getVersion()));
                } else {
                    assertThat(node.following.versions()).isEqualTo(before);
                }
            } catch (InvalidProtocolBufferException e) {
                // gRPC ends a stream on which this comes, before anybody sees the message.
            } catch (RuntimeException | AssertionError | StackOverflowError e) {
                throw new AssertionError("message " + i + ": " + HexFormat.of().formatHex(bytes), e);
            }
        }
        assertThat(taken).as("updates that were taken").isPositive();
        return executions;
    }

    /** An update with a few objects whose texts are damaged but whose versions are right, or one whose bytes are damaged. */
    private static byte[] message(Random random, Node node) {
        Map<String, String> after = new TreeMap<>(node.following.versions());
        Update.Builder update = Update.newBuilder().setNonce(random.nextLong()).setMore(random.nextInt(8) == 0);
        for (int i = random.nextInt(4); i > 0; i--) {
            Resource resource = RESOURCES.get(random.nextInt(RESOURCES.size()));
            Resource sent = random.nextInt(3) == 0
                    ? resource(resource.getName(), Damage.text(random, List.of(resource.getText())))
                    : resource;
            update.addResources(sent);
            after.put(sent.getName(), sent.getVersion());
        }
        if (random.nextInt(3) == 0 && !after.isEmpty()) {
            String removed = List.copyOf(after.keySet()).get(random.nextInt(after.size()));
            boolean again = update.getResourcesList().stream()
                    .anyMatch(resource -> resource.getName().equals(removed));
            if (!again) {
                update.addRemoved(removed);
                after.remove(removed);
            }
        }
        byte[] bytes = FromController.newBuilder()
                .setUpdate(update.setFingerprint(Protocol.fingerprint(after)))
                .build()
                .toByteArray();
        return random.nextInt(3) == 0 ? Damage.bytes(random, bytes) : bytes;
    }

    private long files(long seed, int executions) throws IOException {
        Random random = new Random(seed);
        ReceivedFile received = new ReceivedFile(folder, "edge");
        NavigableMap<String, Resource> resources = new TreeMap<>();
        RESOURCES.subList(0, 5).forEach(resource -> resources.put(resource.getName(), resource));
        received.write(resources);
        Path file = folder.resolve("received");
        byte[] sound = Files.readAllBytes(file);
        for (int i = 0; i < executions; i++) {
            boolean sealed = random.nextBoolean();
            byte[] damaged = sealed ? sealed(random, sound) : Damage.bytes(random, sound);
            Files.write(file, damaged);
            try {
                NavigableMap<String, Resource> read = received.read();
                if (!sealed && !Arrays.equals(damaged, sound)) {
                    assertThat(read).isEmpty();
                }
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("file " + i + ": " + HexFormat.of().formatHex(damaged), e);
            }
        }
        return executions;
    }

    /** With a digest that fits what was damaged. */
    private static byte[] sealed(Random random, byte[] sound) {
        byte[] content = Damage.bytes(random, Arrays.copyOfRange(sound, 32, sound.length));
        byte[] all = Arrays.copyOf(Protocol.sha256().digest(content), 32 + content.length);
        System.arraycopy(content, 0, all, 32, content.length);
        return all;
    }

    private static FuzzTarget messageTarget(int executions) {
        return new FuzzTarget(
                "messages of a manager",
                "UpdateFuzzTest#damagedMessagesOfManySeeds",
                seed -> messages(seed, executions));
    }

    private FuzzTarget fileTarget(int executions) {
        return new FuzzTarget(
                "files of what a manager sent",
                "UpdateFuzzTest#damagedFilesOfManySeeds",
                seed -> files(seed, executions));
    }

    @Test
    void damagedMessagesAreTakenAsAWholeOrNotAtAll() {
        messageTarget(MESSAGES_OF_CHECK).once(1);
    }

    @Test
    void damagedFilesCountAsNone() {
        fileTarget(FILES_OF_CHECK).once(1);
    }

    @Test
    @Tag("campaign")
    void damagedMessagesOfManySeeds() {
        messageTarget(MESSAGES).run();
    }

    @Test
    @Tag("campaign")
    void damagedFilesOfManySeeds() {
        fileTarget(FILES).run();
    }
}
